"""How the learning rate changes over a run: a Schedule is a pure function from progress to a factor.

Step i of N (i from 0) is at progress (i + 1/2) / N, the middle of its stretch, so no step is wasted at a rate of 0.
The rate of that step is optimizer.learning_rate · schedule(progress).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

from framework.arguments import fraction, real_number

__all__ = ["ConstantSchedule", "CosineSchedule", "ExponentialSchedule", "OneCycleSchedule", "Schedule", "StepSchedule"]

SMALLEST_STEP = 1e-6
"""Part of a run: a million stairs are more than a run has steps."""

ROUNDING = 1e-9


class Schedule(ABC):
    """A factor on the learning rate, from 0 to 1, for each progress from 0 (start) to 1 (end of the run)."""

    @abstractmethod
    def __call__(self, progress: float) -> float:
        """The factor at `progress`."""


@final
@dataclass(frozen=True, kw_only=True)
class ConstantSchedule(Schedule):
    """1 throughout, after rising in a line from 0 over the first `warmup` part of the run."""

    warmup: float = 0.0

    def __post_init__(self) -> None:
        fraction("ConstantSchedule: warmup", self.warmup)

    def __call__(self, progress: float) -> float:
        return progress / self.warmup if progress < self.warmup else 1.0


@final
@dataclass(frozen=True, kw_only=True)
class CosineSchedule(Schedule):
    """Half a cosine wave from 1 to `final`, after a linear `warmup`. Loshchilov and Hutter 2017, arXiv:1608.03983."""

    warmup: float = 0.0
    final: float = 0.0

    def __post_init__(self) -> None:
        fraction("CosineSchedule: warmup", self.warmup)
        fraction("CosineSchedule: final", self.final)

    def __call__(self, progress: float) -> float:
        if progress < self.warmup:
            return progress / self.warmup
        return _cosine(1.0, self.final, (progress - self.warmup) / (1 - self.warmup))


@final
@dataclass(frozen=True, kw_only=True)
class OneCycleSchedule(Schedule):
    """Up from `initial` to 1 over the first `warmup` part, then down to `final`, both along half a cosine wave.

    The high rate in the middle lets a run be short. Smith and Topin 2018, arXiv:1708.07120.
    """

    warmup: float = 0.3
    initial: float = 0.04
    final: float = 0.0001

    def __post_init__(self) -> None:
        fraction("OneCycleSchedule: warmup", self.warmup)
        fraction("OneCycleSchedule: initial", self.initial)
        fraction("OneCycleSchedule: final", self.final)

    def __call__(self, progress: float) -> float:
        if progress < self.warmup:
            return _cosine(self.initial, 1.0, progress / self.warmup)
        return _cosine(1.0, self.final, (progress - self.warmup) / (1 - self.warmup))


@final
@dataclass(frozen=True, kw_only=True)
class StepSchedule(Schedule):
    """Stairs: 1, and times `factor` each time another `every` part of the run is over, after a linear `warmup`.

    With every=0.3 and factor=0.1 the rate drops to a tenth at 30, 60 and 90 % of the run. The stairs start where the
    warm-up ends.
    """

    warmup: float = 0.0
    every: float = 0.3
    factor: float = 0.1

    def __post_init__(self) -> None:
        fraction("StepSchedule: warmup", self.warmup)
        expected = f"a number from {SMALLEST_STEP} to below 1"
        real_number("StepSchedule: every", self.every, expected, fits=lambda every: SMALLEST_STEP <= every < 1)
        fraction("StepSchedule: factor", self.factor)

    def __call__(self, progress: float) -> float:
        if progress < self.warmup:
            return progress / self.warmup
        # 0.3 / 0.1 is 2.9999999999999996: without the nudge the third drop would come a step late
        drops = math.floor((progress - self.warmup) / self.every + ROUNDING)
        return self.factor**drops


@final
@dataclass(frozen=True, kw_only=True)
class ExponentialSchedule(Schedule):
    """From 1 to `final`, falling by the same ratio over every equal part of the run, after a linear `warmup`."""

    warmup: float = 0.0
    final: float = 0.01

    def __post_init__(self) -> None:
        fraction("ExponentialSchedule: warmup", self.warmup)
        expected = "a number above 0 and below 1"
        real_number("ExponentialSchedule: final", self.final, expected, fits=lambda final: 0 < final < 1)

    def __call__(self, progress: float) -> float:
        if progress < self.warmup:
            return progress / self.warmup
        return float(self.final ** ((progress - self.warmup) / (1 - self.warmup)))


def _cosine(start: float, end: float, part: float) -> float:
    """From `start` at part 0 to `end` at part 1, level at both ends."""
    return end + (start - end) * (1 + math.cos(math.pi * part)) / 2
