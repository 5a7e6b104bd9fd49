"""Partial: a Dense layer of which each rank has some columns or some rows, and what it passes on is whole."""

from typing import final

import numpy as np

from framework.layers import Dense
from framework.layers.base import Layer
from framework.randomness import Step
from framework.sharing.meeting import Sum
from framework.types import Array, Shape


@final
class Partial(Layer):
    """y = Σᵣ xᵣ Wᵣ + b where ranks have rows of W, and so a part of x; dx = Σᵣ dyᵣ Wᵣᵀ where they have columns.

    `dense` is what this rank has; `y` or `dx` adds up over all ranks, in place.
    """

    def __init__(self, dense: Dense, *, y: Sum | None = None, dx: Sum | None = None) -> None:
        self.dense, self.y, self.dx = dense, y, dx
        self.parameters = dense.parameters

    def output_shape(self, input_shape: Shape) -> Shape:
        return self.dense.output_shape(input_shape)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        y = self.dense.forward(x, step=step)
        if self.y is not None:
            self.y(y)
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        dx = self.dense.backward(dy, need_dx=need_dx)
        if dx is not None and self.dx is not None:
            self.dx(dx)
        return dx

    def adopt(self, path: str, dtype: np.dtype[np.floating]) -> None:
        super().adopt(path, dtype)
        self.dense.adopt(path, dtype)
