"""The layers in files: one spec class each, joined in a union. A new layer joins here, by its class and its name."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SerializeAsAny

from framework import activations, layers
from framework.layers import Residual
from framework.layers.normalizing import SMALLEST_EPSILON
from framework.layers.windows import Padding
from framework.specs.base import Dimension, Flag, Fraction, LayerSpec, Number, Positive
from framework.specs.chain import built_in_a_row
from framework.specs.extra import or_extra
from framework.specs.initializers import AnyInitializer, ConstantSpec, HeNormalSpec
from framework.specs.limits import MAX_LAYERS

__all__ = [
    "AveragePool2DSpec",
    "BatchNormSpec",
    "Conv2DSpec",
    "DenseSpec",
    "DropoutSpec",
    "ELUSpec",
    "FlattenSpec",
    "GELUSpec",
    "GaussianNoiseSpec",
    "GlobalAveragePool2DSpec",
    "LayerNormSpec",
    "LeakyReLUSpec",
    "MaxPool2DSpec",
    "ReLUSpec",
    "RescaleSpec",
    "ReshapeSpec",
    "ResidualSpec",
    "SiLUSpec",
    "SigmoidSpec",
    "SoftplusSpec",
    "TanhSpec",
]


class RescaleSpec(LayerSpec):
    type: Literal["rescale"] = "rescale"
    component = layers.Rescale
    scale: Number


class DenseSpec(LayerSpec):
    type: Literal["dense"] = "dense"
    component = layers.Dense
    out_features: Dimension
    use_bias: Flag = True
    weight_initializer: AnyInitializer = HeNormalSpec()
    bias_initializer: AnyInitializer = ConstantSpec()


class DropoutSpec(LayerSpec):
    type: Literal["dropout"] = "dropout"
    component = layers.Dropout
    rate: Fraction


class GaussianNoiseSpec(LayerSpec):
    type: Literal["gaussian_noise"] = "gaussian_noise"
    component = layers.GaussianNoise
    deviation: Annotated[Number, Field(ge=0)]


class ReshapeSpec(LayerSpec):
    type: Literal["reshape"] = "reshape"
    component = layers.Reshape
    shape: Annotated[tuple[Dimension, ...], Field(min_length=1, max_length=4, fail_fast=True)]


class FlattenSpec(LayerSpec):
    type: Literal["flatten"] = "flatten"
    component = layers.Flatten


class Conv2DSpec(LayerSpec):
    type: Literal["conv2d"] = "conv2d"
    component = layers.Conv2D
    out_channels: Dimension
    kernel_size: Dimension = 3
    stride: Dimension = 1
    padding: Padding = "valid"
    use_bias: Flag = True
    weight_initializer: AnyInitializer = HeNormalSpec()
    bias_initializer: AnyInitializer = ConstantSpec()


class MaxPool2DSpec(LayerSpec):
    type: Literal["max_pool2d"] = "max_pool2d"
    component = layers.MaxPool2D
    pool_size: Dimension = 2
    stride: Dimension | None = None


class AveragePool2DSpec(LayerSpec):
    type: Literal["average_pool2d"] = "average_pool2d"
    component = layers.AveragePool2D
    pool_size: Dimension = 2
    stride: Dimension | None = None


class GlobalAveragePool2DSpec(LayerSpec):
    type: Literal["global_average_pool2d"] = "global_average_pool2d"
    component = layers.GlobalAveragePool2D


class BatchNormSpec(LayerSpec):
    type: Literal["batch_norm"] = "batch_norm"
    component = layers.BatchNorm
    momentum: Fraction = 0.9
    epsilon: Annotated[Positive, Field(ge=SMALLEST_EPSILON, le=1)] = 1e-5


class LayerNormSpec(LayerSpec):
    type: Literal["layer_norm"] = "layer_norm"
    component = layers.LayerNorm
    epsilon: Annotated[Positive, Field(ge=SMALLEST_EPSILON, le=1)] = 1e-5


class ResidualSpec(LayerSpec):
    type: Literal["residual"] = "residual"
    component = Residual
    layers: Annotated[tuple["AnyLayer", ...], Field(min_length=1, max_length=MAX_LAYERS, fail_fast=True)]

    def build_for(self, input_shape: tuple[int, ...]) -> Residual:
        return Residual(built_in_a_row(self.layers, input_shape))


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


class ELUSpec(LayerSpec):
    type: Literal["elu"] = "elu"
    component = activations.ELU
    alpha: Annotated[Number, Field(ge=0)] = 1.0


class SoftplusSpec(LayerSpec):
    type: Literal["softplus"] = "softplus"
    component = activations.Softplus


class SiLUSpec(LayerSpec):
    type: Literal["silu"] = "silu"
    component = activations.SiLU


class GELUSpec(LayerSpec):
    type: Literal["gelu"] = "gelu"
    component = activations.GELU


LayerUnion: TypeAlias = (
    RescaleSpec
    | DenseSpec
    | DropoutSpec
    | GaussianNoiseSpec
    | ReshapeSpec
    | FlattenSpec
    | Conv2DSpec
    | MaxPool2DSpec
    | AveragePool2DSpec
    | GlobalAveragePool2DSpec
    | BatchNormSpec
    | LayerNormSpec
    | ResidualSpec
    | ReLUSpec
    | LeakyReLUSpec
    | SigmoidSpec
    | TanhSpec
    | ELUSpec
    | SoftplusSpec
    | SiLUSpec
    | GELUSpec
)
AnyLayer: TypeAlias = Annotated[SerializeAsAny[Annotated[LayerUnion, Field(discriminator="type")]], or_extra(LayerSpec)]

ResidualSpec.model_rebuild()  # it holds layers of any kind, which were not known above
