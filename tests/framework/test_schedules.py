"""One battery for every schedule: factors worked by hand, bounds, and what is refused."""

from dataclasses import fields
from itertools import pairwise
from typing import get_args

import pytest

import framework
from framework import ConstantSchedule, CosineSchedule, InputError, OneCycleSchedule, Schedule
from framework.specs.schedules import ScheduleUnion

TOLERANCE = 1e-15
"""A few roundings of numbers up to 1, with room for the C library's cosine."""

HALF_ROOT = 0.70710678118654752
"""cos 45°, where a quarter of the way is gone."""

# progress -> factor; 0.75 − 0.25 · cos 45° and the like are worked out on paper
BY_HAND: tuple[tuple[Schedule, dict[float, float]], ...] = (
    (ConstantSchedule(), {0: 1, 0.5: 1, 1: 1}),
    (ConstantSchedule(warmup=0.2), {0: 0, 0.05: 0.25, 0.1: 0.5, 0.2: 1, 0.6: 1, 1: 1}),
    (CosineSchedule(), {0: 1, 0.25: (1 + HALF_ROOT) / 2, 0.5: 0.5, 1: 0}),
    (CosineSchedule(warmup=0.2, final=0.1), {0: 0, 0.1: 0.5, 0.2: 1, 0.4: 0.55 + 0.45 * HALF_ROOT, 0.6: 0.55, 1: 0.1}),
    (OneCycleSchedule(), {0: 0.04, 0.15: 0.52, 0.3: 1, 0.65: 0.50005, 1: 0.0001}),
    (
        OneCycleSchedule(warmup=0.4, initial=0.5, final=0.2),
        {0: 0.5, 0.1: 0.75 - 0.25 * HALF_ROOT, 0.2: 0.75, 0.4: 1, 0.7: 0.6, 1: 0.2},
    ),
    (OneCycleSchedule(warmup=0.0, final=0.0), {0: 1, 0.5: 0.5, 1: 0}),
)

every_schedule = pytest.mark.parametrize(("schedule", "factors"), BY_HAND, ids=lambda value: repr(value)[:70])


def test_every_schedule_of_the_vocabulary_has_a_case() -> None:
    assert {type(schedule) for schedule, _ in BY_HAND} == {spec.component for spec in get_args(ScheduleUnion)}


@every_schedule
def test_factors_are_those_worked_by_hand(schedule: Schedule, factors: dict[float, float]) -> None:
    for progress, factor in factors.items():
        assert schedule(progress) == pytest.approx(factor, rel=TOLERANCE, abs=TOLERANCE)


@every_schedule
def test_factors_stay_from_0_to_1_and_rise_but_once(schedule: Schedule, factors: dict[float, float]) -> None:
    course = [schedule(index / 1000) for index in range(1001)]
    assert min(course) >= 0
    assert max(course) <= 1
    top = course.index(max(course))
    assert course[: top + 1] == sorted(course[: top + 1])
    assert course[top:] == sorted(course[top:], reverse=True)
    assert max(abs(a - b) for a, b in pairwise(course)) < 0.01  # no jumps


@every_schedule
def test_a_schedule_is_a_value(schedule: Schedule, factors: dict[float, float]) -> None:
    assert eval(repr(schedule), vars(framework)) == schedule
    assert hash(schedule) == hash(eval(repr(schedule), vars(framework)))


@pytest.mark.parametrize("kind", [ConstantSchedule, CosineSchedule, OneCycleSchedule])
@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan"), float("inf")])
def test_arguments_are_fractions(
    kind: type[ConstantSchedule | CosineSchedule | OneCycleSchedule], value: float
) -> None:
    for field in fields(kind):
        message = f"^{kind.__name__}: {field.name}: got '{value}'; expected a number from 0 to below 1"
        with pytest.raises(InputError, match=message):
            kind(**{field.name: value})
