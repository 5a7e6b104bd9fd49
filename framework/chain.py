"""Layers in a row: shapes and values flow forward through them, gradients backward."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

import numpy as np

from framework.buffers import Buffer
from framework.errors import InputError
from framework.layers.base import Layer
from framework.parameters import Parameter
from framework.randomness import Step
from framework.types import Array, Shape

FORWARD_ERRORS = (AttributeError, IndexError, TypeError, ValueError)
"""What comes up where an array is of another shape than a layer expects, or is none."""


def every_layer(layers: Iterable[Layer], place: str = "") -> Iterator[tuple[str, Layer]]:
    """Each layer by its path, 'layers.1', and after it those it is made of, 'layers.1.layers.0'."""
    for index, layer in enumerate(layers):
        path = f"{place}layers.{index}"
        yield path, layer
        yield from every_layer(layer.layers, f"{path}.")


def own_arrays(layer: Layer) -> list[Parameter | Buffer]:
    """The parameters and buffers of the layer itself, without those of the layers it is made of."""
    inner = {id(array) for part in layer.layers for array in _arrays(part)}
    return [array for array in _arrays(layer) if id(array) not in inner]


def named_arrays(layers: Sequence[Layer]) -> dict[str, Parameter | Buffer]:
    """Every parameter and buffer by its path, 'layers.1.weight', the parameters and buffers of a layer in its order.

    Raises InputError where one is hidden or a name is used twice.
    """
    named: dict[str, Parameter | Buffer] = {}
    for place, layer in every_layer(layers):
        _check_listed(place, layer)
        for array in own_arrays(layer):
            path = f"{place}.{array.name}"
            if path in named:
                raise InputError(f"{path}: {layer!r} has two arrays of this name; expected names of their own")
            named[path] = array
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


def fixed_shape(layers: Sequence[Layer]) -> Shape | None:
    """The input shape as the first layer that fixes one gives it, if those before it leave shapes alone."""
    fixing = next((index for index, layer in enumerate(layers) if layer.input_shape is not None), None)
    if fixing is not None:
        shape = layers[fixing].input_shape
        with suppress(InputError):  # a layer that takes no such shape, and so does not leave it alone
            if shape is not None and all(layer.output_shape(shape) == shape for layer in layers[:fixing]):
                return shape
    return None


def forward_through(layers: Sequence[Layer], x: Array, step: Step | None) -> Array:
    for layer in layers:
        x = layer.forward(x, step=step)
    return x


def name_the_layer(error: Exception, layers: Sequence[Layer], x: Array, step: Step | None) -> None:
    """What to do after `error` came up on the way of x through `layers`, or behind them: find out where.

    A layer that gives another shape than its `output_shape` says is found only by those after it, which fail in words
    of their own. So x goes forward once more, layer by layer; raises InputError for the first such layer, and otherwise
    notes at `error` which layer it is from.
    """
    if isinstance(error, InputError):
        return
    for layer, shape in zip(layers, shapes_through(layers, x.shape[1:]), strict=True):
        try:
            y = layer.forward(x, step=step)
        except FORWARD_ERRORS:
            name_the_layer(error, layer.layers, x, step)
            error.add_note(f"in {layer.path}, {layer!r}")
            return
        if np.shape(y) != (len(x), *shape):
            got, hint = f"shape {np.shape(y)}", "output_shape says what forward gives for one sample"
            if y is None:
                got, hint = "None", "forward has to return y"
            expected = (len(x), *shape)
            raise InputError(f"{layer.path}: got {got} from {layer!r}; expected shape {expected}", hint=hint) from error
        x = y


def backward_through(layers: Sequence[Layer], dy: Array, need_dx: bool) -> Array | None:
    """Fill every gradient. Without `need_dx` the walk ends at the first layer that learns, one product earlier."""
    first = 0
    while not need_dx and first < len(layers) and not layers[first].parameters:
        first += 1
    gradient: Array | None = dy
    for index in range(len(layers) - 1, first - 1, -1):
        if gradient is None:
            raise InputError(f"layers.{index + 1}: backward with need_dx=True returned None; expected dx")
        gradient = layers[index].backward(gradient, need_dx=need_dx or index > first)
    return gradient if need_dx else None


def _arrays(layer: Layer) -> list[Parameter | Buffer]:
    return [*layer.parameters, *layer.buffers]


def _check_listed(place: str, layer: Layer) -> None:
    """Raise InputError for a parameter or buffer the layer has and does not list: it would not belong to the model."""
    listed = set(map(id, _arrays(layer)))
    inner = [array for part in layer.layers for array in _arrays(part)]
    for array in (*vars(layer).values(), *inner):
        if isinstance(array, Parameter | Buffer) and id(array) not in listed:
            kind = type(array).__name__
            names = f"{kind.lower()}s"
            raise InputError(
                f"{place}: {array.name} of {layer!r} is not in its {names}; expected every {kind}",
                hint=f"set self.{names} = (...) to all of them in the constructor",
            )
