"""Dropout: in training, silence some inputs at random, so that no unit can lean on one other unit."""

from typing import final

import numpy as np

from framework.arguments import fraction
from framework.layers.base import Layer
from framework.randomness import Step
from framework.types import Array


@final
class Dropout(Layer):
    """Training: y = x ⊙ m / (1 − rate), m being 0 with probability `rate` and else 1. Inference: y = x.

    The division keeps the expected y equal to x, so inference needs no correction. The mask is a function of the
    run's seed, the layer's path and the step. Srivastava et al. 2014, JMLR 15.
    """

    def __init__(self, rate: float) -> None:
        self.rate = fraction("Dropout: rate", rate)

    def formula(self, x: str, number: int) -> str:
        return f"{x} ⊙ mask / {1 - self.rate:.4g}"

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is None:
            return x
        # Drawn in float32 whatever the model's dtype, so that its float64 twin drops the same units.
        chance = self.scratch("chance", x.shape, np.float32)
        step.rng(self.path).random(out=chance, dtype=np.float32)
        mask = np.greater_equal(chance, self.rate, out=self.scratch("mask", x.shape, x.dtype))
        mask *= 1 / (1 - self.rate)
        self.keep(mask=mask)
        return np.multiply(x, mask, out=self.scratch("y", x.shape, x.dtype))

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        if not need_dx:
            return None
        dy *= self.kept("mask")
        return dy
