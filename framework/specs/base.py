"""What every spec is: frozen data with strict fields, that can build what it describes and be read off it again.

A spec class names its `component`; its fields are that class's constructor arguments, except those the component
infers from the input shape. So building is one call of the constructor, and describing is reading attributes back
(`describe` in components.py).
"""

from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from framework.data.augmentation import Augmentation
from framework.errors import InputError
from framework.initializers import LARGEST, Initializer
from framework.layers.base import Layer
from framework.losses import Loss
from framework.optimizers import Optimizer
from framework.schedules import Schedule
from framework.specs.limits import MAX_DIMENSION

Count: TypeAlias = Annotated[int, Field(strict=True, ge=1)]
Dimension: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=MAX_DIMENSION)]
Number: TypeAlias = Annotated[float, Field(strict=True, ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
Positive: TypeAlias = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
NonNegative: TypeAlias = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Fraction: TypeAlias = Annotated[float, Field(strict=True, ge=0, lt=1, allow_inf_nan=False)]
Flag: TypeAlias = Annotated[bool, Field(strict=True)]


def _exactly_an_integer(value: object) -> object:
    """For a Literal of integers, which would take true and 1.0 for 1."""
    if type(value) is not int:
        raise PydanticCustomError("literal_error", "expected 1", {"expected": "1"})
    return value


Format: TypeAlias = Annotated[Literal[1], BeforeValidator(_exactly_an_integer)]
"""The version of the file format."""


def _type_is_required(schema: JsonDict) -> None:
    """In a file a component always says its type; in Python the class does."""
    required = schema.get("required")
    schema["required"] = ["type", *(required if isinstance(required, list) else [])]


class Spec(BaseModel):
    """Frozen, complete, and without a word too many."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class ComponentSpec(Spec):
    """Describes one object of class `component`. `type` is its permanent name in files."""

    model_config = ConfigDict(json_schema_extra=_type_is_required)

    component: ClassVar[type]
    type: str

    def arguments(self) -> dict[str, object]:
        """The constructor's arguments, with nested specs already built."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name != "type"}
        return {name: value.build() if isinstance(value, ComponentSpec) else value for name, value in values.items()}

    def build(self) -> object:
        """A new object as described."""
        return self.component(**self.arguments())

    @classmethod
    def type_name(cls) -> str:
        """The permanent name in files."""
        return str(cls.model_fields["type"].default)

    def _misfit(self, error: TypeError, hint: str) -> InputError:
        """What to say when the constructor of `component` does not take the arguments it is given."""
        name = self.component.__name__
        return InputError(f"{name}: {error}; expected all arguments in {type(self).__name__} or inferred()", hint=hint)


class LayerSpec(ComponentSpec):
    """Describes a Layer. A layer of your own joins by a subclass, handed over in `extra=[...]`."""

    component: ClassVar[type[Layer]]

    def build_for(self, input_shape: tuple[int, ...]) -> Layer:
        """The layer for samples of `input_shape`."""
        inferred = self.component.inferred(input_shape)
        try:
            return self.component(**self.arguments(), **inferred)
        except TypeError as error:
            hint = "inferred(input_shape) returns the arguments that follow from it, such as in_features"
            raise self._misfit(error, hint) from None


class BuildableSpec(ComponentSpec):
    """Describes a component that needs no input shape. Making the spec builds it once, to see that it can be built."""

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        self.build()
        return self


class LossSpec(BuildableSpec):
    component: ClassVar[type[Loss]]

    def build(self) -> Loss:
        return self.component(**self.arguments())


class OptimizerSpec(BuildableSpec):
    component: ClassVar[type[Optimizer]]

    def build(self) -> Optimizer:
        return self.component(**self.arguments())


class ScheduleSpec(BuildableSpec):
    component: ClassVar[type[Schedule]]

    def build(self) -> Schedule:
        return self.component(**self.arguments())


class AugmentationSpec(ComponentSpec):
    component: ClassVar[type[Augmentation]]

    def build_for(self, image_shape: tuple[int, int] | None) -> Augmentation:
        """The augmentation for images of that shape."""
        inferred = self.component.inferred(image_shape)
        try:
            return self.component(**self.arguments(), **inferred)
        except TypeError as error:
            hint = "inferred(image_shape) returns the arguments that follow from it"
            raise self._misfit(error, hint) from None


class InitializerSpec(BuildableSpec):
    component: ClassVar[type[Initializer]]

    def build(self) -> Initializer:
        return self.component(**self.arguments())
