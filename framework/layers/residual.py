"""Residual: layers that learn what to add to x, so that a deep network starts close to a shallow one.

The gradient has a way past the layers, on which nothing makes it fade.
"""

from collections.abc import Iterable
from typing import final

import numpy as np

from framework.arguments import check_instance
from framework.chain import backward_through, fixed_shape, forward_through, shapes_through
from framework.errors import InputError, printable
from framework.layers.base import Layer
from framework.randomness import Step
from framework.types import Array, Shape

LONGEST = 80
"""Characters of the layers inside, in a message: there may be hundreds."""


@final
class Residual(Layer):
    """y = x + f(x), f being `layers` in a row, which give samples of the shape they take.

    x and y have one shape, whatever f has in between. Backward: dx = dy + what f's backward makes of dy. Parameters,
    buffers and random numbers of the inner layers go by their paths, such as 'layers.3.layers.0.weight'. Raises
    InputError where f changes the shape. He et al. 2016, arXiv:1512.03385.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        if not isinstance(layers, Iterable):
            raise InputError(f"Residual: layers: got {type(layers).__name__}; expected a list of layers")
        self.layers = tuple(layers)
        if not self.layers:
            raise InputError("Residual: layers: got none; expected one or more")
        for index, layer in enumerate(self.layers):
            check_instance(f"Residual: layers.{index}", layer, Layer)
        self.parameters = tuple(parameter for layer in self.layers for parameter in layer.parameters)
        self.buffers = tuple(buffer for layer in self.layers for buffer in layer.buffers)
        self.rows_are_independent = all(layer.rows_are_independent for layer in self.layers)
        self.input_shape = fixed_shape(self.layers)
        if self.input_shape is not None:
            self.output_shape(self.input_shape)

    def formula(self, x: str, number: int) -> str:
        return f"{x} + f({x})"

    def output_shape(self, input_shape: Shape) -> Shape:
        shape = shapes_through(self.layers, input_shape)[-1]
        if shape != input_shape:
            name = printable(self, LONGEST)
            raise InputError(
                f"{name}: got layers that make {shape} of samples of shape {input_shape}; expected {input_shape}",
                hint="x and f(x) are added, so they have one shape",
            )
        return input_shape

    def multiply_adds(self, input_shape: Shape) -> int:
        shapes = (input_shape, *shapes_through(self.layers, input_shape))
        return sum(layer.multiply_adds(shape) for layer, shape in zip(self.layers, shapes, strict=False))

    def adopt(self, path: str, dtype: np.dtype[np.floating]) -> None:
        super().adopt(path, dtype)
        for index, layer in enumerate(self.layers):
            layer.adopt(f"{path}.layers.{index}", dtype)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        out = None if step is None else self.scratch("y", x.shape, x.dtype)
        # not into f(x): backward of an inner layer may need what it gave, and Dropout may have given x itself
        return np.add(x, forward_through(self.layers, x, step), out=out)

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        if not need_dx:
            backward_through(self.layers, dy, need_dx=False)
            return None
        copied = self.scratch("dy", dy.shape, dy.dtype)
        np.copyto(copied, dy)  # f may write into what it is handed
        around = backward_through(self.layers, copied, need_dx=True)
        if around is None:
            place = self.path or type(self).__name__
            raise InputError(f"{place}: layers.0: backward with need_dx=True returned None; expected dx")
        dy += around
        return dy

    def __repr__(self) -> str:
        return f"Residual([{', '.join(map(repr, self.layers))}])"
