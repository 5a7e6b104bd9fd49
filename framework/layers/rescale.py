"""Rescale: brings raw numbers, such as pixels from 0 to 255, into the range a network learns well in."""

from typing import final

import numpy as np

from framework.errors import InputError, quoted
from framework.layers.base import Layer
from framework.randomness import Step
from framework.types import Array, Numbers

SMALLEST = 1e-30
"""Scale and divisor both stay well inside float32."""


@final
class Rescale(Layer):
    """y = scale · x, in the model's dtype whatever the dtype of x; dx = scale · dy.

    First in a model, it makes the scale a part of what is saved: the model eats raw uint8 pixels, and nobody can feed
    it the wrong range.
    """

    casts_input = True

    def __init__(self, scale: float) -> None:
        if not SMALLEST <= abs(scale) <= 1 / SMALLEST:
            raise InputError(
                f"Rescale: scale: got {quoted(scale)}; expected {SMALLEST} to {1 / SMALLEST:.0e} or minus that"
            )
        self.scale = scale

    def forward(self, x: Numbers, *, step: Step | None = None) -> Array:
        out = None if step is None else self.scratch("y", x.shape, self.dtype)
        # Dividing rounds once: Rescale(1/255) gives exactly v/255 for every pixel, multiplying misses 126 of 256.
        return np.divide(x, self.dtype.type(1 / self.scale), out=out, dtype=self.dtype, casting="same_kind")

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        if not need_dx:
            return None
        dy *= self.dtype.type(self.scale)
        return dy
