"""Where processes meet: each puts its array into memory all of them have, and waits until the others have, too."""

import math
import mmap
import os
import time
from collections.abc import Callable
from typing import final

import numpy as np

from framework.errors import EnvironmentFault
from framework.types import Array, Shape

ALONE = "threads=1 needs no other process"
AT_ONCE = 2000
"""Looks at a flag, one after the other, some 50 µs: to sleep and be woken up takes a virtual machine as long."""
YIELDING = 2000
"""Looks after that which let other programs go first; half a millisecond on a core that has nothing else to do."""
NAP, LONGEST_NAP = 0.0002, 0.005
"""Seconds between looks from then on, as the first one evaluates or saves; longer ones the longer it takes."""
OVERSLEPT = 0.05
"""Of the time waited so far, at the most."""
CACHE_LINE = 8
"""int64 numbers: flags of different ranks lie this far apart, so that no core waits for another's write."""


class Over(Exception):
    """Nobody is coming any more."""


@final
class Meeting:
    """A place for `ranks` processes, made before they part; each comes by with `meet`, again and again.

    Relies on writes becoming visible in the order in which they were made, as x86-64 processors promise.
    """

    def __init__(self, ranks: int) -> None:
        self.rank, self.ranks = 0, ranks
        self.watch: Callable[[], None] = lambda: None
        """Called now and then while a rank waits; it may raise."""
        self._times = 0
        self._arrived = common_integers(ranks * CACHE_LINE)
        self._over = common_integers(1)

    def meet(self) -> None:
        """Wait for all others to come as often as this rank has. Raises Over where the meeting has been ended."""
        self._times += 1
        self._arrived[self.rank * CACHE_LINE] = self._times
        for rank in range(self.ranks):
            if rank != self.rank:
                self._wait(rank * CACHE_LINE, self._times)

    def is_waiting(self, rank: int) -> bool:
        """Whether that rank has come once more than this one."""
        return self._arrived[rank * CACHE_LINE] > self._arrived[self.rank * CACHE_LINE]

    def end(self) -> None:
        """Let whoever waits, or will, raise Over."""
        self._over[0] = 1

    def _wait(self, flag: int, times: int) -> None:
        arrived = self._arrived
        for _ in range(AT_ONCE):
            if arrived[flag] >= times:
                return
        for _ in range(YIELDING):
            if arrived[flag] >= times:
                return
            os.sched_yield()
        waited = 0.0
        while arrived[flag] < times:
            if self._over[0]:
                raise Over
            self.watch()
            nap = min(NAP + OVERSLEPT * waited, LONGEST_NAP)
            time.sleep(nap)
            waited += nap


@final
class Sum:
    """Adds up an array and a few numbers over the ranks, in the order of the ranks: all get the same bits.

    Arrays lie in two places in turn, so that a rank that is ahead does not write over what another still reads. Two
    turns ahead it cannot be.
    """

    def __init__(self, meeting: Meeting, shape: Shape, dtype: np.dtype[np.floating], *, numbers: int = 1) -> None:
        """For arrays of up to `shape`, which may have fewer rows, and up to so many numbers."""
        self.meeting = meeting
        self._turn = 0
        size = 2 * meeting.ranks * math.prod(shape)
        self._places: Array = common_memory(size, dtype).reshape(2, meeting.ranks, *shape)
        double = np.dtype(np.float64)
        self._numbers: Array = common_memory(2 * meeting.ranks * numbers, double).reshape(2, meeting.ranks, numbers)

    def __call__(self, own: Array, *numbers: float) -> tuple[float, ...]:
        """Turn `own` into the sum of all ranks' arrays, and give the sums of their numbers."""
        places, figures = self._places[self._turn, :, : len(own)], self._numbers[self._turn, :, : len(numbers)]
        self._turn = 1 - self._turn
        places[self.meeting.rank], figures[self.meeting.rank] = own, numbers
        self.meeting.meet()
        np.add(places[0], places[1], out=own)
        for place in places[2:]:
            own += place
        return tuple(figures.sum(axis=0).tolist()) if numbers else ()


@final
class Gathering:
    """Puts together rows that different ranks have made; in two places in turn, as with Sum."""

    def __init__(self, meeting: Meeting, shape: Shape, dtype: np.dtype[np.floating]) -> None:
        """For up to shape[0] rows."""
        self.meeting = meeting
        self._turn = 0
        self._places: Array = common_memory(2 * math.prod(shape), dtype).reshape(2, *shape)

    def __call__(self, own: Array, mine: slice, rows: int) -> Array:
        """All `rows` rows, of which those in `mine` are this rank's; valid until the call after the next."""
        place = self._places[self._turn]
        self._turn = 1 - self._turn
        place[mine] = own
        self.meeting.meet()
        everything: Array = place[:rows]
        return everything


def common_memory(size: int, dtype: np.dtype[np.floating]) -> Array:
    """A vector of zeros in memory that processes forked from now on have in common. Raises EnvironmentFault."""
    vector: Array = np.frombuffer(_common_bytes(max(1, size) * dtype.itemsize), dtype)[:size]
    return vector


def common_integers(size: int) -> memoryview:
    """The same for whole numbers, one by one."""
    return memoryview(_common_bytes(8 * size)).cast("q")


def common_numbers(size: int) -> "memoryview[float]":
    """The same for other numbers."""
    return memoryview(_common_bytes(8 * size)).cast("d")


def _common_bytes(size: int) -> mmap.mmap:
    try:
        return mmap.mmap(-1, size)
    except OSError as error:
        raise EnvironmentFault(f"memory for processes to share: {error.strerror or error}", hint=ALONE) from error


def part_of(rows: int, rank: int, ranks: int) -> slice:
    """Which of so many rows, or units, are a rank's."""
    return slice(rows * rank // ranks, rows * (rank + 1) // ranks)
