"""Loss, the contract of all losses, and the one place where losses of samples become their mean."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from framework.errors import InputError
from framework.types import Array, Numbers

Weights = NDArray[np.floating]


class Loss(ABC):
    """The mean over the batch of each sample's loss: Σ wᵢ lᵢ / Σ wᵢ, with weights w of 1 unless given.

    outputs is (n, k), what the model's last layer gives; targets is (n,) or (n, k). The gradient is the derivative of
    exactly the number reported, the division by Σ w included. In training a large batch is put together from the means
    of its parts, so a loss must be a mean over rows that do not know of each other; where rows weigh by themselves, as
    with weights for classes, `total_weight` says so.
    """

    @abstractmethod
    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """The mean loss. Raises InputError for targets that do not fit the outputs, or an empty batch."""

    @abstractmethod
    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        """The mean loss and ∂loss/∂outputs, a new array of the shape of outputs."""

    def for_training(
        self, outputs: Array, targets: Numbers, sample_weight: Array | None = None
    ) -> tuple[float, Array, int | None]:
        """As `value_and_grad`, for targets that are known to fit; and how many outputs are highest at their label.

        None for the latter where the loss does not happen to know it. A loss that has much to check overrides it.
        """
        return *self.value_and_grad(outputs, targets, sample_weight), None

    def total_weight(self, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Σ w of rows with these targets, above 0: how much their mean counts beside that of others. A row counts 1."""
        return float(np.shape(targets)[0] if sample_weight is None else np.sum(sample_weight))

    def formulas(self, z: str, number: int) -> tuple[str, ...]:
        """The loss as the lesson writes it, for k outputs called `z`, after so many Zs; m is the number of samples."""
        return (f"L = {type(self).__name__}({z}, Y)",)


def weighted_mean(
    losses: Array, grad: Array, sample_weight: ArrayLike | None, row_weights: Weights | None = None
) -> tuple[float, Array]:
    """The mean of per-sample losses, summed in float64, and `grad` scaled in place to its derivative.

    A row's weight is its sample weight times its row weight, each 1 unless given.
    """
    fraction = fractions(len(losses), sample_weight, row_weights)
    grad *= fraction if isinstance(fraction, float) else fraction.astype(grad.dtype)[:, np.newaxis]
    return mean(losses, fraction), grad


def fractions(n: int, sample_weight: ArrayLike | None, row_weights: Weights | None = None) -> float | Weights:
    """wᵢ / Σ w of each of n rows, or the one number it is for all; weights are 1 unless given, and multiplied."""
    if sample_weight is None and row_weights is None:
        return 1 / n
    weights = np.ones(n) if sample_weight is None else _checked_weights(sample_weight, n)
    if row_weights is not None:
        weights = weights * row_weights
    whole: Weights = weights / weights.sum()
    return whole


def mean(losses: Array, fraction: float | Weights) -> float:
    """Σ fractionᵢ lossᵢ, summed in float64."""
    return float(losses.sum(dtype=np.float64) * fraction if isinstance(fraction, float) else losses @ fraction)


def _checked_weights(sample_weight: ArrayLike, n: int) -> Weights:
    weights: Weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (n,) or not np.isfinite(weights).all() or weights.min() < 0 or not weights.sum() > 0:
        raise InputError(
            f"sample_weight: got shape {weights.shape}, from {weights.min(initial=0)} to {weights.max(initial=0)}; "
            f"expected {n} finite numbers of 0 or more, not all 0"
        )
    return weights
