"""ModelSpec: a model as data, from Python to JSON and back."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from framework.buffers import Buffer
from framework.chain import every_layer, named_arrays, own_arrays, shapes_through
from framework.errors import SpecError
from framework.layers import Layer
from framework.parameters import Parameter
from framework.sequential import Sequential
from framework.specs.base import Dimension, Format, Spec
from framework.specs.chain import Misfit, built_in_a_row
from framework.specs.components import checked_extra, describe
from framework.specs.extra import Extra
from framework.specs.layers import AnyLayer
from framework.specs.limits import MAX_LAYERS, MAX_NESTING, MAX_PARAMETERS


class ModelSpec(Spec):
    """Layers and the shape of one sample. Sizes that follow from it, such as a Dense layer's inputs, are left out.

    Raises pydantic's ValidationError (`read_spec` makes it a SpecError) where layers do not fit together or the model
    would have too many of them, inner ones counted, or too many parameters; nothing has been allocated by then.
    """

    format: Format = 1
    input_shape: Annotated[tuple[Dimension, ...], Field(min_length=1, max_length=4, fail_fast=True)]
    dtype: Literal["float32", "float64"] = "float32"
    layers: Annotated[tuple[AnyLayer, ...], Field(min_length=1, max_length=MAX_LAYERS, fail_fast=True)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        count = total = learnt = 0
        try:
            for index, layer in enumerate(self._layers()):
                for place, part in every_layer([layer]):
                    count += 1
                    total += sum(array.size for array in own_arrays(part))
                    if place.count(".layers.") > MAX_NESTING:
                        raise _too_much(index, "layers inside layers", MAX_NESTING + 1, MAX_NESTING)
                learnt += len(layer.parameters)
                if count > MAX_LAYERS:
                    raise _too_much(index, "layers so far", count, MAX_LAYERS)
                if total > MAX_PARAMETERS:
                    raise _too_much(index, "parameters so far", total, MAX_PARAMETERS)
        except Misfit as error:
            raise _fault(error.pointer, str(error), error.hint) from None
        if not learnt:
            raise _fault(f"/layers/{len(self.layers) - 1}", "got no layer with parameters; expected something to train")
        return self

    @classmethod
    def of(cls, model: Sequential, *, extra: Extra = ()) -> Self:
        """The spec of a model composed in Python. `extra` names the specs of layers of your own."""
        layers, extra = [], checked_extra(extra)
        for index, layer in enumerate(model.layers):
            try:
                layers.append(describe(layer, extra))
            except SpecError as error:
                raise SpecError(f"layers.{index}: {error}", hint=error.hint) from None
        try:
            return cls.model_validate({"input_shape": model.input_shape, "dtype": model.dtype.name, "layers": layers})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise SpecError(f"model: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None

    def build(self, seed: int | None = None) -> Sequential:
        """A new model: Sequential with these layers. The same seed gives the same weights, to the bit."""
        return Sequential(self._layers(), input_shape=self.input_shape, seed=seed, dtype=self.dtype)

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """The name and shape of every parameter and buffer, without drawing any."""
        return {path: array.shape for path, array in self.arrays().items()}

    def arrays(self) -> dict[str, Parameter | Buffer]:
        """Every parameter and buffer by name, none of them drawn yet."""
        return named_arrays(list(self._layers()))

    def output_shape(self) -> tuple[int, ...]:
        """The shape of what the model gives for one sample."""
        return shapes_through(list(self._layers()), self.input_shape)[-1]

    def _layers(self) -> Iterator[Layer]:
        return built_in_a_row(self.layers, self.input_shape)


def _too_much(index: int, what: str, got: int, limit: int) -> PydanticCustomError:
    return _fault(f"/layers/{index}", f"got {got:,} {what}; expected at most {limit:,} in all")


def _fault(pointer: str, message: str, hint: str | None = None) -> PydanticCustomError:
    """An error at a layer: validators of the whole model have no place of their own to name."""
    return PydanticCustomError("layer", "{message}", {"pointer": pointer, "message": message, "hint": hint})
