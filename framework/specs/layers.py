"""The layers in files: one spec class each, joined in a union. A new layer joins here, by its class and its name."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SerializeAsAny

from framework import activations
from framework.layers import Dense, Dropout, Rescale
from framework.specs.base import Dimension, Flag, Fraction, LayerSpec, Number
from framework.specs.extra import or_extra
from framework.specs.initializers import AnyInitializer, ConstantSpec, HeNormalSpec


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
AnyLayer: TypeAlias = Annotated[SerializeAsAny[Annotated[LayerUnion, Field(discriminator="type")]], or_extra(LayerSpec)]
