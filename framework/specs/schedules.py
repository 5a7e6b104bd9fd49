"""The schedules in files: one spec class each, joined in a union."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SerializeAsAny

from framework import schedules
from framework.specs.base import Fraction, ScheduleSpec
from framework.specs.extra import or_extra


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
    SerializeAsAny[Annotated[ScheduleUnion, Field(discriminator="type")]], or_extra(ScheduleSpec)
]
