"""Layers in a row: shapes and values flow forward through them, gradients backward."""

from collections.abc import Sequence

from framework.errors import InputError
from framework.layers.base import Layer
from framework.parameters import Parameter
from framework.randomness import Step
from framework.types import Array, Shape


def named_parameters(layers: Sequence[Layer]) -> dict[str, Parameter]:
    """Every parameter by its path, 'layers.1.weight'. Raises InputError where one is hidden or a name is used twice."""
    named: dict[str, Parameter] = {}
    for index, layer in enumerate(layers):
        hidden = [value for value in vars(layer).values() if isinstance(value, Parameter)]
        for parameter in hidden:
            if not any(parameter is listed for listed in layer.parameters):
                raise InputError(
                    f"layers.{index}: {parameter.name} of {layer!r} is not in its parameters; expected every Parameter",
                    hint="set self.parameters = (self.weight, ...) in the constructor",
                )
        for parameter in layer.parameters:
            path = f"layers.{index}.{parameter.name}"
            if path in named:
                raise InputError(f"{path}: {layer!r} has two parameters of this name; expected names of their own")
            named[path] = parameter
    return named


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
