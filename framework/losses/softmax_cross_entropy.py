"""SoftmaxCrossEntropy: the loss of a classifier, and softmax, which turns its scores into probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from framework.arguments import fraction, real_number
from framework.errors import InputError, as_given
from framework.losses.base import Loss, Weights, fractions, mean
from framework.losses.targets import checked_labels, checked_probabilities
from framework.sums import sum_along_rows
from framework.types import Array, Integers, Numbers

LIGHTEST, HEAVIEST = 1e-6, 1e6
"""The weights a class may have. All are above 0, so that no batch weighs nothing."""


@final
@dataclass(frozen=True)
class SoftmaxCrossEntropy(Loss):
    """lᵢ = −Σₖ qᵢₖ log softmax(zᵢ)ₖ for scores z (logits) and integer labels; ∂l/∂z = softmax(z) − q.

    q is 1 for the true class and else 0; with `label_smoothing` ε it is (1 − ε) of that plus ε/k everywhere
    (Szegedy et al. 2016, arXiv:1512.00567). Softmax belongs to the loss because the two together are stable: no
    score overflows, and a loss as small as 10⁻³⁰ is still told from 0.

    Targets may also be probabilities t (n, k) whose rows sum to 1, as one-hot rows do: then q is t, smoothed likewise.
    With `class_weights` c, one for each class, a row weighs c of its class, or Σₖ cₖ tᵢₖ, times its sample weight if it
    has one: the mean is Σ wᵢ lᵢ / Σ wᵢ. So it is in PyTorch for labels; there smoothed labels are weighed class by
    class, and a mean over probabilities is divided by n, so that labels and their one-hot rows differ.

    Raises InputError for labels that are no class, rows that are no probabilities, weights of other than k classes.
    """

    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        fraction("SoftmaxCrossEntropy: label_smoothing", self.label_smoothing)
        if self.class_weights is not None:
            object.__setattr__(self, "class_weights", _checked_weights(self.class_weights))

    def formulas(self, z: str, number: int) -> tuple[str, ...]:
        a, smoothing, weighted = f"A{number}", self.label_smoothing, self.class_weights is not None
        total = ("w = Σ c ⊙ Y",) if weighted else ()
        smoothed = (f"Y ← {1 - smoothing:.4g}·Y + {smoothing:.4g} / k",) if smoothing else ()
        mean = f"L = −Σ w ⊙ Y ⊙ log {a} / Σ w" if weighted else f"L = −Σ Y ⊙ log {a} / m"
        return f"{a} {'←' if a == z else '='} softmax({z})", *total, *smoothed, mean

    def total_weight(self, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        weights = None if self.class_weights is None else self._row_weights(np.asarray(targets))
        if weights is None:
            return super().total_weight(targets, sample_weight)
        return float(weights.sum() if sample_weight is None else weights @ np.asarray(sample_weight))

    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return self.value_and_grad(outputs, targets, sample_weight)[0]

    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        value, grad, _ = self.for_training(outputs, self._checked(outputs, np.asarray(targets)), sample_weight)
        return value, grad

    def for_training(
        self, outputs: Array, targets: Numbers, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array, int | None]:
        t, smoothing, right = targets, self.label_smoothing, None
        fraction = fractions(len(outputs), sample_weight, self._row_weights(t))
        first = _row_starts(*outputs.shape)
        top = outputs.argmax(axis=1)
        top += first
        # log Σ e^z = max z + log1p(Σ over the others of e^(z − max z)): the others' sum may be tiny, 1 + it may not.
        below = np.subtract(outputs, outputs.take(top)[:, np.newaxis], order="C")
        p: Array = np.exp(below)
        weight = fraction if isinstance(fraction, float) else fraction.astype(p.dtype)
        column = weight if isinstance(weight, float) else weight[:, np.newaxis]
        flat = p.reshape(-1)
        flat[top] = 0
        rest = sum_along_rows(p)
        flat[top] = 1
        losses = np.log1p(rest)
        rest += 1
        p *= np.divide(weight, rest, out=rest)[:, np.newaxis]
        sharp = 1 - smoothing
        if t.ndim == 1:  # labels: q has one entry in a row
            own = np.add(first, t, dtype=np.intp, casting="unsafe")
            right = int(np.count_nonzero(own == top))
            likely = below.take(own)
            losses -= sharp * likely if smoothing else likely
            flat[own] -= sharp * weight
        else:
            t = t.astype(p.dtype, copy=False)
            losses -= sharp * np.einsum("ij,ij->i", t, below)
            p -= sharp * t * column
        if smoothing:
            each = smoothing / outputs.shape[1]
            losses -= each * sum_along_rows(below)
            p -= each * column
        return mean(losses, fraction), p, right

    def _checked(self, outputs: Array, targets: Numbers) -> Numbers:
        """`targets` as labels (n,) or probabilities (n, k), and as many class weights as classes."""
        probable = targets.ndim == 2 and (targets.dtype.kind == "f" or targets.shape == outputs.shape)
        t: Numbers = checked_probabilities(outputs, targets) if probable else checked_labels(outputs, targets)
        if self.class_weights is not None and len(self.class_weights) != outputs.shape[1]:
            raise InputError(
                f"class_weights: got {len(self.class_weights)} of them; expected {outputs.shape[1]}, one for each class"
            )
        return t

    def _row_weights(self, targets: Numbers) -> Weights | None:
        if self.class_weights is None:
            return None
        weights: Weights = np.array(self.class_weights)
        return weights[targets.astype(np.intp)] if targets.ndim == 1 else targets @ weights


@lru_cache(maxsize=8)
def _row_starts(rows: int, columns: int) -> Integers:
    """Where each row of a matrix begins, in the matrix as one vector."""
    starts = np.arange(0, rows * columns, columns)
    starts.flags.writeable = False
    return starts


def softmax(scores: ArrayLike) -> Array:
    """e^zₖ / Σ e^z along the last axis: scores as probabilities, without overflow."""
    z = np.asarray(scores)
    if z.dtype.kind != "f":
        z = z.astype(np.float64)
    e: Array = np.exp(z - z.max(axis=-1, keepdims=True))
    e /= e.sum(axis=-1, keepdims=True)
    return e


def _checked_weights(weights: tuple[float, ...]) -> tuple[float, ...]:
    place = "SoftmaxCrossEntropy: class_weights"
    if isinstance(weights, str) or not isinstance(weights, Sequence) or len(weights) < 2:
        raise InputError(f"{place}: got {as_given(weights)}; expected a tuple of numbers, one for each class")
    expected = f"numbers from {LIGHTEST:.0e} to {HEAVIEST:.0e}"
    return tuple(real_number(place, weight, expected, fits=lambda w: LIGHTEST <= w <= HEAVIEST) for weight in weights)
