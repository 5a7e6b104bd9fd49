"""The initializers in files: one spec class each, joined in a union."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SerializeAsAny

from framework import initializers
from framework.specs.base import InitializerSpec, Number
from framework.specs.extra import or_extra

__all__ = [
    "ConstantSpec",
    "GlorotNormalSpec",
    "GlorotUniformSpec",
    "HeNormalSpec",
    "HeUniformSpec",
    "LeCunNormalSpec",
    "LeCunUniformSpec",
    "NormalSpec",
    "OrthogonalSpec",
    "UniformSpec",
]


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


class LeCunNormalSpec(InitializerSpec):
    type: Literal["lecun_normal"] = "lecun_normal"
    component = initializers.LeCunNormal


class LeCunUniformSpec(InitializerSpec):
    type: Literal["lecun_uniform"] = "lecun_uniform"
    component = initializers.LeCunUniform


class OrthogonalSpec(InitializerSpec):
    type: Literal["orthogonal"] = "orthogonal"
    component = initializers.Orthogonal


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
    HeNormalSpec
    | HeUniformSpec
    | GlorotNormalSpec
    | GlorotUniformSpec
    | LeCunNormalSpec
    | LeCunUniformSpec
    | OrthogonalSpec
    | NormalSpec
    | UniformSpec
    | ConstantSpec
)
AnyInitializer: TypeAlias = Annotated[
    SerializeAsAny[Annotated[InitializerUnion, Field(discriminator="type")]], or_extra(InitializerSpec)
]
