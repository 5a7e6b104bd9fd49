"""How wrong is the network? A Loss turns scores and targets into one number, and that number's slope."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from framework.arguments import fraction
from framework.errors import InputError
from framework.types import Array, Integers

Weights = NDArray[np.floating]


class Loss(ABC):
    """The mean over the batch of each sample's loss: Σ wᵢ lᵢ / Σ wᵢ, with weights w of 1 unless given.

    outputs is (n, k), what the model's last layer gives; targets is (n,) or (n, k). The gradient is the derivative of
    exactly the number reported, the division by n included. In training a large batch is put together from the means of
    its parts, so a loss must be a mean over rows that do not know of each other.
    """

    @abstractmethod
    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """The mean loss. Raises InputError for targets that do not fit the outputs, or an empty batch."""

    @abstractmethod
    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        """The mean loss and ∂loss/∂outputs, a new array of the shape of outputs."""

    def formulas(self, z: str, number: int) -> tuple[str, ...]:
        """The loss as the lesson writes it, for k outputs called `z`, after so many Zs; m is the number of samples."""
        return (f"L = {type(self).__name__}({z}, Y)",)


@final
@dataclass(frozen=True)
class SoftmaxCrossEntropy(Loss):
    """lᵢ = −Σₖ qᵢₖ log softmax(zᵢ)ₖ for scores z (logits) and integer labels; ∂l/∂z = softmax(z) − q.

    q is 1 for the true class and else 0; with `label_smoothing` ε it is (1 − ε) of that plus ε/k everywhere
    (Szegedy et al. 2016, arXiv:1512.00567). Softmax belongs to the loss because the two together are stable: no
    score overflows, and a loss as small as 10⁻³⁰ is still told from 0.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        fraction("SoftmaxCrossEntropy: label_smoothing", self.label_smoothing)

    def formulas(self, z: str, number: int) -> tuple[str, ...]:
        a, smoothing = f"A{number}", self.label_smoothing
        smoothed = (f"Y ← {1 - smoothing:.4g}·Y + {smoothing:.4g} / k",) if smoothing else ()
        return f"{a} {'←' if a == z else '='} softmax({z})", *smoothed, f"L = −Σ Y ⊙ log {a} / m"

    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return self.value_and_grad(outputs, targets, sample_weight)[0]

    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        labels = _checked_labels(outputs, targets)
        rows = np.arange(len(outputs))
        top = outputs.argmax(axis=1)
        # log Σ e^z = max z + log1p(Σ over the others of e^(z − max z)): the others' sum may be tiny, 1 + it may not.
        below: Array = outputs - outputs[rows, top][:, np.newaxis]
        p = np.exp(below)
        p[rows, top] = 0
        rest = np.einsum("ij->i", p)  # a sum along short rows, four times as fast as np.sum
        p[rows, top] = 1
        p /= 1 + rest[:, np.newaxis]

        smoothing = self.label_smoothing
        losses = np.log1p(rest) - (1 - smoothing) * below[rows, labels]
        p[rows, labels] -= 1 - smoothing
        if smoothing:
            losses -= smoothing * below.mean(axis=1)
            p -= smoothing / outputs.shape[1]
        return _mean(losses, p, sample_weight)


@final
@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """lᵢ = Σₖ (yᵢₖ − tᵢₖ)² / k for outputs y and targets t of the same shape; ∂l/∂y = 2 (y − t) / k.

    Targets (n,) go with outputs (n, 1). Integer labels (n,) with k > 1 outputs stand for their one-hot rows, so a
    classifier may swap this loss in.
    """

    def formulas(self, z: str, number: int) -> tuple[str, ...]:
        return (f"L = Σ ({z} − Y)² / (k m)",)

    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return self.value_and_grad(outputs, targets, sample_weight)[0]

    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        difference: Array = outputs - self._target_rows(outputs, np.asarray(targets))
        k = outputs.shape[1]
        losses = np.einsum("ij,ij->i", difference, difference) / k
        difference *= 2 / k
        return _mean(losses, difference, sample_weight)

    def _target_rows(self, outputs: Array, targets: NDArray[np.generic]) -> Array:
        if outputs.ndim != 2 or not len(outputs):
            raise InputError(f"outputs: got shape {outputs.shape}; expected (n, k) with n of 1 or more")
        if targets.dtype.kind in "iu" and targets.ndim == 1 and outputs.shape[1] > 1:
            one_hot = np.zeros_like(outputs)
            one_hot[np.arange(len(outputs)), _checked_labels(outputs, targets)] = 1
            return one_hot
        if targets.shape == (len(outputs),) and outputs.shape[1] == 1:
            targets = targets[:, np.newaxis]
        if targets.dtype.kind not in "fiu" or targets.shape != outputs.shape:
            raise InputError(
                f"targets: got {targets.dtype} of shape {targets.shape}; expected numbers of shape {outputs.shape}"
            )
        return targets.astype(outputs.dtype, copy=False)


def softmax(scores: ArrayLike) -> Array:
    """e^zₖ / Σ e^z along the last axis: scores as probabilities, without overflow."""
    z = np.asarray(scores)
    if z.dtype.kind != "f":
        z = z.astype(np.float64)
    e: Array = np.exp(z - z.max(axis=-1, keepdims=True))
    e /= e.sum(axis=-1, keepdims=True)
    return e


def _checked_labels(outputs: Array, targets: ArrayLike) -> Integers:
    """`targets` as integer labels for the rows of `outputs`. A label of −1 must not mean the last class."""
    labels = np.asarray(targets)
    if outputs.ndim != 2 or not len(outputs) or outputs.shape[1] < 2:
        raise InputError(f"outputs: got shape {outputs.shape}; expected (n, classes) with n of 1 or more, classes of 2")
    if labels.dtype.kind not in "iu" or labels.shape != (len(outputs),):
        raise InputError(
            f"labels: got {labels.dtype} of shape {labels.shape}; expected integers of shape ({len(outputs)},)",
            hint="of one-hot rows, y.argmax(axis=1) are the labels" if labels.ndim == 2 else None,
        )
    classes = outputs.shape[1]
    if labels.max() >= classes or (labels.dtype.kind == "i" and labels.min() < 0):
        index = int(np.flatnonzero((labels < 0) | (labels >= classes))[0])
        raise InputError(f"labels: index {index}: got {labels[index]}; expected an integer from 0 to {classes - 1}")
    return labels


def _mean(losses: Array, grad: Array, sample_weight: ArrayLike | None) -> tuple[float, Array]:
    """The weighted mean of per-sample losses, summed in float64, and `grad` scaled in place to its derivative."""
    n = len(losses)
    if sample_weight is None:
        grad /= n
        return float(losses.sum(dtype=np.float64)) / n, grad
    weights: Weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n,) or not np.isfinite(weights).all() or weights.min() < 0 or not weights.sum() > 0:
        raise InputError(
            f"sample_weight: got shape {weights.shape}, from {weights.min(initial=0)} to {weights.max(initial=0)}; "
            f"expected {n} finite numbers of 0 or more, not all 0"
        )
    weights = weights / weights.sum()
    grad *= weights.astype(grad.dtype)[:, np.newaxis]
    return float(losses @ weights), grad
