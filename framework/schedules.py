"""How the learning rate changes over a run: a Schedule is a pure function from progress to a factor.

Step i of N (i from 0) is at progress (i + 1/2) / N, the middle of its stretch, so no step is wasted at a rate of 0.
The rate of that step is optimizer.learning_rate · schedule(progress).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

from framework.arguments import fraction


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


def _cosine(start: float, end: float, part: float) -> float:
    """From `start` at part 0 to `end` at part 1, level at both ends."""
    return end + (start - end) * (1 + math.cos(math.pi * part)) / 2
