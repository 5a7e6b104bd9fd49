"""The vocabulary: one spec class per component, joined in one union per family. The unions are the registry.

A new layer, loss, optimizer, schedule or initializer joins by a class and its name in the union, here and nowhere else.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field, SerializeAsAny, ValidationError, ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from framework import activations, initializers, losses, optimizers, schedules
from framework.data import augmentation
from framework.errors import SpecError, quoted
from framework.layers import Dense, Dropout, Layer, Rescale
from framework.optimizers import SMALLEST_EPSILON
from framework.specs.base import (
    AugmentationSpec,
    ComponentSpec,
    Dimension,
    Flag,
    Fraction,
    InitializerSpec,
    LayerSpec,
    LossSpec,
    NonNegative,
    Number,
    OptimizerSpec,
    Positive,
    ScheduleSpec,
)

Extra: TypeAlias = Sequence[type[ComponentSpec]]
"""Spec classes of a user's own components, handed over in code."""

COMPONENTS = (Layer, losses.Loss, optimizers.Optimizer, schedules.Schedule, initializers.Initializer)


def _or_extra(family: type[ComponentSpec]) -> WrapValidator:
    """Take a ready spec of the family as it is, and an `extra` type by its own class; the union judges the rest."""

    def validate(value: object, built_in: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        if isinstance(value, family):
            return value
        extra: Extra = (info.context or {}).get("extra", ())
        if isinstance(value, dict):
            for spec in extra:
                if issubclass(spec, family) and value.get("type") == spec.type_name():
                    return spec.model_validate(value, context=info.context)
            # pydantic says so itself where there are several types to tell apart
            if "type" not in value:
                raise PydanticCustomError("union_tag_not_found", "expected a type")
            if value["type"] not in [spec.type_name() for spec in BUILT_IN if issubclass(spec, family)]:
                raise PydanticCustomError("union_tag_invalid", "expected another type")
        return built_in(value)

    return WrapValidator(validate)


class HeNormalSpec(InitializerSpec):
    type: Literal["he_normal"] = "he_normal"
    component = initializers.HeNormal


class HeUniformSpec(InitializerSpec):
    type: Literal["he_uniform"] = "he_uniform"
    component = initializers.HeUniform


class GlorotNormalSpec(InitializerSpec):
    type: Literal["glorot_normal"] = "glorot_normal"
    component = initializers.GlorotNormal


class GlorotUniformSpec(InitializerSpec):
    type: Literal["glorot_uniform"] = "glorot_uniform"
    component = initializers.GlorotUniform


class NormalSpec(InitializerSpec):
    type: Literal["normal"] = "normal"
    component = initializers.Normal
    mean: Number = 0.0
    deviation: Annotated[Number, Field(ge=0)] = 0.05


class UniformSpec(InitializerSpec):
    type: Literal["uniform"] = "uniform"
    component = initializers.Uniform
    low: Number = -0.05
    high: Number = 0.05


class ConstantSpec(InitializerSpec):
    type: Literal["constant"] = "constant"
    component = initializers.Constant
    value: Number = 0.0


InitializerUnion: TypeAlias = (
    HeNormalSpec | HeUniformSpec | GlorotNormalSpec | GlorotUniformSpec | NormalSpec | UniformSpec | ConstantSpec
)
AnyInitializer: TypeAlias = Annotated[
    SerializeAsAny[Annotated[InitializerUnion, Field(discriminator="type")]], _or_extra(InitializerSpec)
]


class RescaleSpec(LayerSpec):
    type: Literal["rescale"] = "rescale"
    component = Rescale
    scale: Number


class DenseSpec(LayerSpec):
    type: Literal["dense"] = "dense"
    component = Dense
    out_features: Dimension
    use_bias: Flag = True
    weight_initializer: AnyInitializer = HeNormalSpec()
    bias_initializer: AnyInitializer = ConstantSpec()


class DropoutSpec(LayerSpec):
    type: Literal["dropout"] = "dropout"
    component = Dropout
    rate: Fraction


class ReLUSpec(LayerSpec):
    type: Literal["relu"] = "relu"
    component = activations.ReLU


class LeakyReLUSpec(LayerSpec):
    type: Literal["leaky_relu"] = "leaky_relu"
    component = activations.LeakyReLU
    negative_slope: Annotated[float, Field(strict=True, ge=0, le=1)] = 0.01


class SigmoidSpec(LayerSpec):
    type: Literal["sigmoid"] = "sigmoid"
    component = activations.Sigmoid


class TanhSpec(LayerSpec):
    type: Literal["tanh"] = "tanh"
    component = activations.Tanh


LayerUnion: TypeAlias = RescaleSpec | DenseSpec | DropoutSpec | ReLUSpec | LeakyReLUSpec | SigmoidSpec | TanhSpec
AnyLayer: TypeAlias = Annotated[
    SerializeAsAny[Annotated[LayerUnion, Field(discriminator="type")]], _or_extra(LayerSpec)
]


class SoftmaxCrossEntropySpec(LossSpec):
    type: Literal["softmax_cross_entropy"] = "softmax_cross_entropy"
    component = losses.SoftmaxCrossEntropy
    label_smoothing: Fraction = 0.0


class MeanSquaredErrorSpec(LossSpec):
    type: Literal["mean_squared_error"] = "mean_squared_error"
    component = losses.MeanSquaredError


LossUnion: TypeAlias = SoftmaxCrossEntropySpec | MeanSquaredErrorSpec
AnyLoss: TypeAlias = Annotated[SerializeAsAny[Annotated[LossUnion, Field(discriminator="type")]], _or_extra(LossSpec)]


class SGDSpec(OptimizerSpec):
    type: Literal["sgd"] = "sgd"
    component = optimizers.SGD
    learning_rate: NonNegative = 0.1
    momentum: Fraction = 0.0
    nesterov: Flag = False
    weight_decay: NonNegative = 0.0


class AdamSpec(OptimizerSpec):
    type: Literal["adam"] = "adam"
    component = optimizers.Adam
    learning_rate: NonNegative = 0.001
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: Annotated[Positive, Field(ge=SMALLEST_EPSILON, le=1)] = 1e-8


class AdamWSpec(OptimizerSpec):
    type: Literal["adamw"] = "adamw"
    component = optimizers.AdamW
    learning_rate: NonNegative = 0.001
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: Annotated[Positive, Field(ge=SMALLEST_EPSILON, le=1)] = 1e-8
    weight_decay: NonNegative = 0.01


OptimizerUnion: TypeAlias = SGDSpec | AdamSpec | AdamWSpec
AnyOptimizer: TypeAlias = Annotated[
    SerializeAsAny[Annotated[OptimizerUnion, Field(discriminator="type")]], _or_extra(OptimizerSpec)
]


class ConstantScheduleSpec(ScheduleSpec):
    type: Literal["constant"] = "constant"
    component = schedules.ConstantSchedule
    warmup: Fraction = 0.0


class CosineScheduleSpec(ScheduleSpec):
    type: Literal["cosine"] = "cosine"
    component = schedules.CosineSchedule
    warmup: Fraction = 0.0
    final: Fraction = 0.0


class OneCycleScheduleSpec(ScheduleSpec):
    type: Literal["one_cycle"] = "one_cycle"
    component = schedules.OneCycleSchedule
    warmup: Fraction = 0.3
    initial: Fraction = 0.04
    final: Fraction = 0.0001


ScheduleUnion: TypeAlias = ConstantScheduleSpec | CosineScheduleSpec | OneCycleScheduleSpec
AnySchedule: TypeAlias = Annotated[
    SerializeAsAny[Annotated[ScheduleUnion, Field(discriminator="type")]], _or_extra(ScheduleSpec)
]


class AffineSpec(AugmentationSpec):
    type: Literal["affine"] = "affine"
    component = augmentation.Affine
    rotation: NonNegative = 10.0
    scale: Fraction = 0.1
    shear: NonNegative = 0.1
    shift: NonNegative = 1.0


AugmentationUnion: TypeAlias = AffineSpec
AnyAugmentation: TypeAlias = Annotated[SerializeAsAny[AugmentationUnion], _or_extra(AugmentationSpec)]

BUILT_IN: tuple[type[ComponentSpec], ...] = tuple(
    spec
    for union in (InitializerUnion, LayerUnion, LossUnion, OptimizerUnion, ScheduleUnion, AugmentationUnion)
    for spec in get_args(union) or (union,)
)


def checked_extra(extra: Extra) -> tuple[type[ComponentSpec], ...]:
    """`extra`, once it is sure that no name in it is in use already."""
    if isinstance(extra, type):
        raise SpecError(f"extra: got the class {extra.__name__}; expected a list of spec classes", hint="extra=[...]")
    taken = {spec.type_name() for spec in BUILT_IN}
    for spec in extra:
        if not (isinstance(spec, type) and issubclass(spec, ComponentSpec)):
            raise SpecError(f"extra: got {getattr(spec, '__name__', spec)}; expected a spec class, such as a LayerSpec")
        if spec.type_name() in taken:
            raise SpecError(f"extra: {spec.__name__}: got type {quoted(spec.type_name())}; expected a name not in use")
        taken.add(spec.type_name())
    return tuple(extra)


def describe(component: object, extra: Extra = ()) -> ComponentSpec:
    """The spec of `component`, read off its attributes. Raises SpecError for a class neither we nor `extra` know."""
    for spec in (*extra, *BUILT_IN):
        if spec.component is type(component):
            values = {name: getattr(component, name) for name in spec.model_fields if name != "type"}
            for name, value in values.items():
                if isinstance(value, COMPONENTS):
                    values[name] = describe(value, extra)
            try:
                return spec.model_validate(values)
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                field = ".".join(map(str, first["loc"]))
                raise SpecError(f"{component!r}: {field}: {first['msg'].lower()}, as specs have limits") from None
    name = type(component).__name__
    raise SpecError(
        f"got a {name}; expected a component with a spec", hint=f"hand over its spec class: extra=[{name}Spec]"
    )
