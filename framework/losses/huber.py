"""Huber: for numbers to be met when some of them are outliers, which must not pull as hard as their distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from framework.arguments import real_number
from framework.losses.base import Loss, weighted_mean
from framework.losses.targets import target_rows
from framework.types import Array

SMALLEST_DELTA, LARGEST_DELTA = 1e-30, 1e30
"""Both stay well inside float32."""


@final
@dataclass(frozen=True)
class Huber(Loss):
    """lᵢ = Σₖ h(yᵢₖ − tᵢₖ) / k for outputs y and targets t; h(d) = d²/2 up to |d| = δ, and δ (|d| − δ/2) from there.

    With c = d cut off at −δ and δ both are h = c (d − c/2), and ∂l/∂y = c / k: no sample pulls harder than `delta` δ.
    Targets are as in MeanSquaredError: (n,) for outputs (n, 1), and labels stand for one-hot rows. Huber 1964.
    """

    delta: float = 1.0

    def __post_init__(self) -> None:
        expected = f"a number from {SMALLEST_DELTA} to {LARGEST_DELTA}"
        real_number("Huber: delta", self.delta, expected, fits=lambda delta: SMALLEST_DELTA <= delta <= LARGEST_DELTA)

    def formulas(self, z: str, number: int) -> tuple[str, ...]:
        cut = f"C = max({-self.delta:.4g}, min({self.delta:.4g}, {z} − Y))"
        return cut, f"L = Σ C ⊙ ({z} − Y − C/2) / (k m)"

    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return self.value_and_grad(outputs, targets, sample_weight)[0]

    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        difference: Array = outputs - target_rows(outputs, targets)
        cut = np.clip(difference, -self.delta, self.delta)
        difference -= cut / 2
        k = outputs.shape[1]
        losses = np.einsum("ij,ij->i", cut, difference) / k
        cut /= k
        return weighted_mean(losses, cut, sample_weight)
