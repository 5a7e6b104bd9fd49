"""The losses in files: one spec class each, joined in a union."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SerializeAsAny

from framework import losses
from framework.specs.base import Fraction, LossSpec
from framework.specs.extra import or_extra


class SoftmaxCrossEntropySpec(LossSpec):
    type: Literal["softmax_cross_entropy"] = "softmax_cross_entropy"
    component = losses.SoftmaxCrossEntropy
    label_smoothing: Fraction = 0.0


class MeanSquaredErrorSpec(LossSpec):
    type: Literal["mean_squared_error"] = "mean_squared_error"
    component = losses.MeanSquaredError


LossUnion: TypeAlias = SoftmaxCrossEntropySpec | MeanSquaredErrorSpec
AnyLoss: TypeAlias = Annotated[SerializeAsAny[Annotated[LossUnion, Field(discriminator="type")]], or_extra(LossSpec)]
