"""Flatten: an image as one row of numbers, which is what a Dense layer takes."""

import math
from typing import final

from framework.layers.base import Layer
from framework.randomness import Step
from framework.types import Array, Shape


@final
class Flatten(Layer):
    """y is (n, features) and a view of x (n, ...), the last dimension counting fastest; dx is dy put back."""

    def formula(self, x: str, number: int) -> str:
        return f"flatten({x})"

    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None:
            self.keep(x=x)
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy.reshape(self.kept("x").shape) if need_dx else None
