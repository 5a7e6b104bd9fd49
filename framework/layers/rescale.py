"""Rescale: brings raw numbers, such as pixels from 0 to 255, into the range a network learns well in."""

from typing import final

import numpy as np

from framework.arguments import real_number
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
        expected = f"{SMALLEST} to {1 / SMALLEST:.0e} or minus that"
        self.scale = real_number(
            "Rescale: scale", scale, expected, fits=lambda number: SMALLEST <= abs(number) <= 1 / SMALLEST
        )

    def formula(self, x: str, number: int) -> str:
        return f"{x} · {self.scale:.4g}" if abs(self.scale) >= 1 else f"{x} / {1 / self.scale:.4g}"

    def forward(self, x: Numbers, *, step: Step | None = None) -> Array:
        out = None if step is None else self.scratch("y", x.shape, self.dtype)
        if abs(self.scale) >= 1:
            return np.multiply(x, self.dtype.type(self.scale), out=out, dtype=self.dtype, casting="same_kind")
        # Dividing rounds once where 1/scale is whole: v/255 is exact for every pixel, multiplying misses 126 of 256.
        return np.divide(x, self.dtype.type(1 / self.scale), out=out, dtype=self.dtype, casting="same_kind")

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        if not need_dx:
            return None
        dy *= self.dtype.type(self.scale)
        return dy
