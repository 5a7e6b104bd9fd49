"""Rescale: brings raw numbers, such as pixels from 0 to 255, into the range a network learns well in."""

import math
from typing import final

import numpy as np

from framework.errors import InputError, quoted
from framework.layers.base import Layer
from framework.randomness import Step
from framework.types import Array, Numbers


@final
class Rescale(Layer):
    """y = scale · x, in the model's dtype whatever the dtype of x; dx = scale · dy.

    First in a model, it makes the scale a part of what is saved: the model eats raw uint8 pixels, and nobody can feed
    it the wrong range.
    """

    casts_input = True

    def __init__(self, scale: float) -> None:
        if not (math.isfinite(scale) and scale != 0 and math.isfinite(1 / scale)):
            raise InputError(f"Rescale: scale: got {quoted(scale)}; expected a finite number other than 0")
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
