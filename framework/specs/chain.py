"""Layer specs in a row: each is built for the shape that reaches it, and one that does not fit is named by place."""

import math
from collections.abc import Iterable, Iterator

from framework.errors import InputError
from framework.layers.base import Layer
from framework.specs.base import LayerSpec
from framework.specs.limits import MAX_VALUES


class Misfit(InputError):
    """A layer that does not fit where it stands; the JSON `pointer` leads there from what holds the layers."""

    def __init__(self, pointer: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.pointer = pointer


def built_in_a_row(specs: Iterable[LayerSpec], input_shape: tuple[int, ...]) -> Iterator[Layer]:
    """Each layer, sized by the shape that reaches it. A Parameter draws nothing until it is looked at."""
    shape, before = input_shape, ""
    for index, spec in enumerate(specs):
        try:
            layer = spec.build_for(shape)
            shape = layer.output_shape(shape)
        except InputError as error:
            if isinstance(error, Misfit):  # of layers inside this one
                raise Misfit(f"/layers/{index}{error.pointer}", str(error), hint=error.hint) from None
            raise Misfit(f"/layers/{index}", str(error), hint=error.hint or before or None) from None
        if math.prod(shape) > MAX_VALUES:
            message = f"got {math.prod(shape):,} numbers a sample after it; expected at most {MAX_VALUES:,}"
            raise Misfit(f"/layers/{index}", message)
        before = f"layers.{index} ({type(layer).__name__}) makes samples of shape {shape}"
        yield layer
