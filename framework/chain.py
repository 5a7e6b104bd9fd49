"""Layers in a row: shapes and values flow forward through them, gradients backward."""

from collections.abc import Sequence

from framework.errors import InputError
from framework.layers.base import Layer
from framework.randomness import Step
from framework.types import Array, Shape


def shapes_through(layers: Sequence[Layer], input_shape: Shape) -> tuple[Shape, ...]:
    """The shape of one sample after each layer. Raises InputError that names the layer it does not fit."""
    shapes = []
    shape = input_shape
    for index, layer in enumerate(layers):
        try:
            shape = layer.output_shape(shape)
        except InputError as error:
            raise InputError(f"layers.{index}: {error}", hint=error.hint) from error
        shapes.append(shape)
    return tuple(shapes)


def forward_through(layers: Sequence[Layer], x: Array, step: Step | None) -> Array:
    for layer in layers:
        x = layer.forward(x, step=step)
    return x


def backward_through(layers: Sequence[Layer], dy: Array, need_dx: bool) -> Array | None:
    """Fill every gradient. Without `need_dx` the walk ends at the first layer that learns, one product earlier."""
    learning = (index for index, layer in enumerate(layers) if layer.parameters)
    first = 0 if need_dx else next(learning, len(layers))
    gradient: Array | None = dy
    for index in range(len(layers) - 1, first - 1, -1):
        if gradient is None:
            raise InputError(f"layers.{index + 1}: backward with need_dx=True returned None; expected dx")
        gradient = layers[index].backward(gradient, need_dx=need_dx or index > first)
    return gradient if need_dx else None
