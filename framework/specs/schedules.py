"""The schedules in files: one spec class each, joined in a union."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SerializeAsAny

from framework import schedules
from framework.schedules import SMALLEST_STEP
from framework.specs.base import Fraction, ScheduleSpec
from framework.specs.extra import or_extra

__all__ = [
    "ConstantScheduleSpec",
    "CosineScheduleSpec",
    "ExponentialScheduleSpec",
    "OneCycleScheduleSpec",
    "StepScheduleSpec",
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


class StepScheduleSpec(ScheduleSpec):
    type: Literal["step"] = "step"
    component = schedules.StepSchedule
    warmup: Fraction = 0.0
    every: Annotated[float, Field(strict=True, ge=SMALLEST_STEP, lt=1)] = 0.3
    factor: Fraction = 0.1


class ExponentialScheduleSpec(ScheduleSpec):
    type: Literal["exponential"] = "exponential"
    component = schedules.ExponentialSchedule
    warmup: Fraction = 0.0
    final: Annotated[float, Field(strict=True, gt=0, lt=1)] = 0.01


ScheduleUnion: TypeAlias = (
    ConstantScheduleSpec | CosineScheduleSpec | OneCycleScheduleSpec | StepScheduleSpec | ExponentialScheduleSpec
)
AnySchedule: TypeAlias = Annotated[
    SerializeAsAny[Annotated[ScheduleUnion, Field(discriminator="type")]], or_extra(ScheduleSpec)
]
