"""The losses in files: one spec class each, joined in a union."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SerializeAsAny

from framework import losses
from framework.losses.huber import LARGEST_DELTA, SMALLEST_DELTA
from framework.losses.softmax_cross_entropy import HEAVIEST, LIGHTEST
from framework.specs.base import Fraction, LossSpec
from framework.specs.extra import or_extra
from framework.specs.limits import MAX_DIMENSION

__all__ = ["BinaryCrossEntropySpec", "HuberSpec", "MeanSquaredErrorSpec", "SoftmaxCrossEntropySpec"]

ClassWeight: TypeAlias = Annotated[float, Field(strict=True, ge=LIGHTEST, le=HEAVIEST)]
ClassWeights: TypeAlias = Annotated[
    tuple[ClassWeight, ...], Field(min_length=2, max_length=MAX_DIMENSION, fail_fast=True)
]


class SoftmaxCrossEntropySpec(LossSpec):
    type: Literal["softmax_cross_entropy"] = "softmax_cross_entropy"
    component = losses.SoftmaxCrossEntropy
    label_smoothing: Fraction = 0.0
    class_weights: ClassWeights | None = None


class MeanSquaredErrorSpec(LossSpec):
    type: Literal["mean_squared_error"] = "mean_squared_error"
    component = losses.MeanSquaredError


class BinaryCrossEntropySpec(LossSpec):
    type: Literal["binary_cross_entropy"] = "binary_cross_entropy"
    component = losses.BinaryCrossEntropy


class HuberSpec(LossSpec):
    type: Literal["huber"] = "huber"
    component = losses.Huber
    delta: Annotated[float, Field(strict=True, ge=SMALLEST_DELTA, le=LARGEST_DELTA)] = 1.0


LossUnion: TypeAlias = SoftmaxCrossEntropySpec | MeanSquaredErrorSpec | BinaryCrossEntropySpec | HuberSpec
AnyLoss: TypeAlias = Annotated[SerializeAsAny[Annotated[LossUnion, Field(discriminator="type")]], or_extra(LossSpec)]
