"""ModelSpec: a model as data, from Python to JSON and back."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from framework.chain import named_parameters
from framework.errors import InputError, SpecError
from framework.layers import Layer
from framework.sequential import Sequential
from framework.specs.base import Dimension, Format, Spec
from framework.specs.components import checked_extra, describe
from framework.specs.extra import Extra
from framework.specs.layers import AnyLayer
from framework.specs.limits import MAX_LAYERS, MAX_PARAMETERS


class ModelSpec(Spec):
    """Layers and the shape of one sample. Sizes that follow from it, such as a Dense layer's inputs, are left out.

    Raises pydantic's ValidationError (`read_spec` makes it a SpecError) where layers do not fit together or the model
    would have too many parameters; nothing has been allocated by then.
    """

    format: Format = 1
    input_shape: Annotated[tuple[Dimension, ...], Field(min_length=1, max_length=4)]
    dtype: Literal["float32", "float64"] = "float32"
    layers: Annotated[tuple[AnyLayer, ...], Field(min_length=1, max_length=MAX_LAYERS)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        total = 0
        for index, layer in self._layers():
            total += sum(parameter.size for parameter in layer.parameters)
            if total > MAX_PARAMETERS:
                raise _fault(index, f"got {total:,} parameters so far; expected at most {MAX_PARAMETERS:,} in all")
        if total == 0:
            raise _fault(len(self.layers) - 1, "got no layer with parameters; expected something to train")
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
        layers = [layer for _, layer in self._layers()]
        return Sequential(layers, input_shape=self.input_shape, seed=seed, dtype=self.dtype)

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """The name and shape of every parameter, without drawing any."""
        parameters = named_parameters([layer for _, layer in self._layers()])
        return {path: parameter.shape for path, parameter in parameters.items()}

    def output_shape(self) -> tuple[int, ...]:
        """The shape of what the model gives for one sample."""
        shape = self.input_shape
        for _, layer in self._layers():
            shape = layer.output_shape(shape)
        return shape

    def _layers(self) -> Iterator[tuple[int, Layer]]:
        """Each layer, sized by the shape that reaches it. A Parameter draws nothing until it is looked at."""
        shape = self.input_shape
        for index, spec in enumerate(self.layers):
            try:
                layer = spec.build_for(shape)
                shape = layer.output_shape(shape)
            except InputError as error:
                raise _fault(index, str(error)) from None
            yield index, layer


def _fault(index: int, message: str) -> PydanticCustomError:
    """An error at layer `index`: validators of the whole model have no place of their own to name."""
    return PydanticCustomError("layer", "{message}", {"pointer": f"/layers/{index}", "message": message})
