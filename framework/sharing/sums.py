"""Sums over processes: each puts its array into memory they share, waits for the others, and adds all of them up."""

import math
import mmap
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import final

import numpy as np

from framework.types import Array, Shape

AT_ONCE = 2000
"""Looks at a flag, one after the other, some 50 µs: to sleep and be woken up takes a virtual machine as long."""
YIELDING = 2000
"""Looks after that which let other programs go first; half a millisecond on a core that has nothing else to do."""
NAP = 0.0002
"""Seconds between looks from then on: the others do not come soon, because the first one evaluates or saves."""
CACHE_LINE = 8
"""int64 numbers: flags of different ranks lie this far apart, so that no core waits for another's write."""


class Over(Exception):
    """Nobody is coming any more."""


@final
class Sums:
    """A meeting of `ranks` processes, made before they part; step after step each calls `total` with its array.

    Relies on writes becoming visible in the order in which they were made, as x86-64 processors promise. Arrays lie in
    two places in turn: a rank that is a step ahead does not write over what another still reads, and two it cannot be.
    """

    def __init__(self, ranks: int, shape: Shape, dtype: np.dtype[np.floating]) -> None:
        """For arrays of up to `shape`, which may have fewer rows."""
        self.rank, self.ranks = 0, ranks
        self.watch: Callable[[], None] = lambda: None
        """Called now and then while a rank waits; it may raise."""
        self._steps = 0
        self._arrived = memoryview(mmap.mmap(-1, 8 * ranks * CACHE_LINE)).cast("q")
        self._over = memoryview(mmap.mmap(-1, 8)).cast("q")
        self._places: Array = shared(2 * ranks * math.prod(shape), dtype).reshape(2, ranks, *shape)

    def begin(self) -> None:
        """Forget the meetings there were; nobody else may be at one."""
        self._steps = self._over[0] = 0
        for rank in range(self.ranks):
            self._arrived[rank * CACHE_LINE] = 0

    def total(self, own: Array) -> Array:
        """The sum of the arrays of all ranks, written into `own`: in the order of the ranks, the same bits for all."""
        places = self._places[self._steps % 2, :, : len(own)]
        places[self.rank] = own
        self._steps += 1
        self._arrived[self.rank * CACHE_LINE] = self._steps
        self.wait_for_all(self._steps)
        np.add(places[0], places[1], out=own)
        for place in places[2:]:
            own += place
        return own

    def wait_for_next(self) -> None:
        """Until all others have done with the step this rank made last, and wait for it to make the next."""
        self.wait_for_all(self._steps + 1)

    def wait_for_all(self, steps: int) -> None:
        """Until all others have arrived so many times. Raises Over where the meeting has been ended."""
        for rank in range(self.ranks):
            if rank != self.rank:
                self._wait(rank * CACHE_LINE, steps)

    def leave(self) -> None:
        """There is no next step for this rank; wait until the meeting is ended."""
        self._arrived[self.rank * CACHE_LINE] = self._steps + 1
        with suppress(Over):
            self.wait_for_all(self._steps + 1)

    def end(self) -> None:
        """Let whoever waits, or will, raise Over."""
        self._over[0] = 1

    def _wait(self, flag: int, steps: int) -> None:
        arrived = self._arrived
        for _ in range(AT_ONCE):
            if arrived[flag] >= steps:
                return
        for _ in range(YIELDING):
            if arrived[flag] >= steps:
                return
            os.sched_yield()
        while arrived[flag] < steps:
            if self._over[0]:
                raise Over
            self.watch()
            time.sleep(NAP)


def shared(size: int, dtype: np.dtype[np.generic]) -> Array:
    """A vector of zeros in memory that processes forked from now on have in common."""
    vector: Array = np.frombuffer(mmap.mmap(-1, max(1, size) * dtype.itemsize), dtype)[:size]
    return vector
