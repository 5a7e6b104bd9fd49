"""MeanSquaredError: for numbers to be met, where twice as far off is four times as wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from framework.losses.base import Loss, weighted_mean
from framework.losses.targets import target_rows
from framework.types import Array


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
        difference: Array = outputs - target_rows(outputs, targets)
        k = outputs.shape[1]
        losses = np.einsum("ij,ij->i", difference, difference) / k
        difference *= 2 / k
        return weighted_mean(losses, difference, sample_weight)
