"""The optimizers in files: one spec class each, joined in a union."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SerializeAsAny

from framework import optimizers
from framework.optimizers.base import SMALLEST_EPSILON
from framework.specs.base import Flag, Fraction, NonNegative, OptimizerSpec, Positive
from framework.specs.extra import or_extra

__all__ = ["AdamSpec", "AdamWSpec", "RMSpropSpec", "SGDSpec"]


class SGDSpec(OptimizerSpec):
    type: Literal["sgd"] = "sgd"
    component = optimizers.SGD
    learning_rate: NonNegative = 0.1
    momentum: Fraction = 0.0
    nesterov: Flag = False
    weight_decay: NonNegative = 0.0


class RMSpropSpec(OptimizerSpec):
    type: Literal["rmsprop"] = "rmsprop"
    component = optimizers.RMSprop
    learning_rate: NonNegative = 0.001
    decay: Fraction = 0.9
    epsilon: Annotated[Positive, Field(ge=SMALLEST_EPSILON, le=1)] = 1e-8
    momentum: Fraction = 0.0


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


OptimizerUnion: TypeAlias = SGDSpec | AdamSpec | AdamWSpec | RMSpropSpec
AnyOptimizer: TypeAlias = Annotated[
    SerializeAsAny[Annotated[OptimizerUnion, Field(discriminator="type")]], or_extra(OptimizerSpec)
]
