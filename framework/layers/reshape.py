"""Reshape: the same numbers in another arrangement, as when the 784 columns of a table become an image again."""

import math
from collections.abc import Sequence
from typing import final

from framework.arguments import whole_number
from framework.errors import InputError, as_given
from framework.layers.base import Layer
from framework.randomness import Step
from framework.types import Array, Shape


@final
class Reshape(Layer):
    """y is x with samples of another shape, the last dimension counting fastest in both; dx is dy put back.

    x is (n, ...), y is (n, *shape) and a view of x. Raises InputError where samples have another number of numbers.
    """

    def __init__(self, shape: Shape) -> None:
        if not isinstance(shape, Sequence) or isinstance(shape, str) or not shape:
            raise InputError(
                f"Reshape: shape: got {as_given(shape)}; expected a tuple of integers, such as (28, 28, 1)"
            )
        self.shape = tuple(whole_number(f"Reshape: shape[{place}]", size) for place, size in enumerate(shape))

    def formula(self, x: str, number: int) -> str:
        return f"{x} as {' × '.join(map(str, self.shape))}"

    def output_shape(self, input_shape: Shape) -> Shape:
        came, expected = math.prod(input_shape), math.prod(self.shape)
        if came != expected:
            raise InputError(f"{self!r}: got samples of shape {input_shape}, {came:,} numbers; expected {expected:,}")
        return self.shape

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None:
            self.keep(x=x)
        return x.reshape(len(x), *self.shape)

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy.reshape(self.kept("x").shape) if need_dx else None
