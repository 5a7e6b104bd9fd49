"""One battery for every schedule: factors worked by hand, bounds, and what is refused."""

from dataclasses import fields
from itertools import pairwise
from typing import get_args

import pytest

import framework
from framework import (
    ConstantSchedule,
    CosineSchedule,
    ExponentialSchedule,
    InputError,
    OneCycleSchedule,
    Schedule,
    StepSchedule,
)
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
    (StepSchedule(), {0: 1, 0.299: 1, 0.3: 0.1, 0.599: 0.1, 0.6: 0.01, 0.899: 0.01, 0.9: 0.001, 1: 0.001}),
    (
        StepSchedule(warmup=0.2, every=0.4, factor=0.5),
        {0: 0, 0.05: 0.25, 0.1: 0.5, 0.2: 1, 0.4: 1, 0.599: 1, 0.6: 0.5, 0.999: 0.5, 1: 0.25},
    ),
    (StepSchedule(every=0.75, factor=0.0), {0: 1, 0.7: 1, 0.75: 0, 1: 0}),
    (ExponentialSchedule(), {0: 1, 0.25: 0.1**0.5, 0.5: 0.1, 0.75: 0.1**1.5, 1: 0.01}),
    (
        ExponentialSchedule(warmup=0.2, final=0.0625),
        {0: 0, 0.1: 0.5, 0.2: 1, 0.4: 0.5, 0.6: 0.25, 0.8: 0.125, 1: 0.0625},
    ),
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
    if not isinstance(schedule, StepSchedule):
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
        message = f"^{kind.__name__}: {field.name}: got {value!r}; expected a number from 0 to below 1"
        with pytest.raises(InputError, match=message):
            kind(**{field.name: value})


@pytest.mark.parametrize("every", [0.1, 0.2, 0.3, 0.05])
def test_no_stair_comes_late_by_a_rounding(every: float) -> None:
    """0.3 / 0.1 is 2.9999999999999996: the third drop is at 0.3 all the same."""
    for drops in range(round(1 / every)):
        assert StepSchedule(every=every, factor=0.5)(drops * every) == 0.5**drops


def test_a_slide_falls_by_the_same_ratio_everywhere() -> None:
    schedule = ExponentialSchedule(final=0.001)
    ratios = [schedule((index + 1) / 50) / schedule(index / 50) for index in range(50)]
    assert ratios == pytest.approx([0.001 ** (1 / 50)] * 50, rel=1e-13)  # powers of up to 0.001, a few roundings each


@pytest.mark.parametrize("value", [-0.1, 0.0, 1e-7, 1.0, float("nan"), float("inf")])
def test_stairs_have_a_width(value: float) -> None:
    message = f"^StepSchedule: every: got {value!r}; expected a number from 1e-06 to below 1"
    with pytest.raises(InputError, match=message):
        StepSchedule(every=value)


@pytest.mark.parametrize("value", [-0.1, 0.0, 1.0, float("nan"), float("inf")])
def test_a_slide_ends_above_0(value: float) -> None:
    message = f"^ExponentialSchedule: final: got {value!r}; expected a number above 0 and below 1"
    with pytest.raises(InputError, match=message):
        ExponentialSchedule(final=value)


@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan"), float("inf")])
def test_the_other_arguments_of_stairs_and_slide_are_fractions(value: float) -> None:
    for make in (lambda: StepSchedule(warmup=value), lambda: ExponentialSchedule(warmup=value)):
        with pytest.raises(InputError, match=f"Schedule: warmup: got {value!r}; expected a number from 0 to below 1"):
            make()
    with pytest.raises(InputError, match=f"^StepSchedule: factor: got {value!r}; expected a number from 0 to below 1"):
        StepSchedule(factor=value)
