"""Batches: the rows of a data set in a fresh order every epoch, a few at a time."""

from collections.abc import Callable, Iterator
from typing import final

import numpy as np

from framework.data.dataset import Dataset
from framework.errors import InputError, as_given
from framework.randomness import stream
from framework.types import Array, Integers, Numbers


@final
class Batch:
    """Some rows of a data set: samples, targets, and how much each counts, if not all the same.

    `rows` are their places in the data set, None where they are all of it, in order. The samples are gathered when they
    are first asked for: a process that shares a training may want some columns of them only.
    """

    def __init__(
        self,
        x: Numbers | Callable[[], Numbers],
        y: Numbers,
        sample_weight: Array | None = None,
        *,
        rows: Integers | None = None,
    ) -> None:
        self._x = x
        self.y, self.sample_weight, self.rows = y, sample_weight, rows

    @property
    def x(self) -> Numbers:
        if callable(self._x):
            self._x = self._x()
        return self._x

    def of(self, x: Numbers) -> "Batch":
        """The same with other samples."""
        return Batch(x, self.y, self.sample_weight)

    def part(self, rows: slice) -> "Batch":
        """Some of its rows."""
        weight = self.sample_weight
        return Batch(self.x[rows], self.y[rows], None if weight is None else weight[rows])

    def __len__(self) -> int:
        return len(self.y)

    def __iter__(self) -> Iterator[Numbers]:
        """x, then y: `x, y = batch`."""
        return iter((self.x, self.y))


@final
class Batches:
    """Shuffled batches of `batch_size` rows; the last of an epoch may be smaller. None means all rows at once.

    The order of an epoch is a function of the seed and the index of its first step. What `take` returns is memory
    used again for the next batch; the data set itself is never shuffled, and never written.
    """

    def __init__(self, dataset: Dataset, batch_size: int | None, *, seed: int) -> None:
        if batch_size is not None and batch_size < 1:
            raise InputError(
                f"batch_size: got {as_given(batch_size)}; expected an integer of 1 or more, or None for all rows"
            )
        self.dataset = dataset
        self.batch_size = len(dataset) if batch_size is None else min(batch_size, len(dataset))
        self.seed = seed
        self.per_epoch = -(-len(dataset) // self.batch_size)
        if self.per_epoch > 1:  # all rows at once are handed out as they lie
            self._x = np.empty((self.batch_size, *dataset.x.shape[1:]), dataset.x.dtype)
            self._y = np.empty((self.batch_size, *dataset.y.shape[1:]), dataset.y.dtype)

    def order(self, first_step: int) -> Integers:
        """The rows in the order in which the epoch that begins at `first_step` visits them."""
        return stream(self.seed, "shuffle", first_step).permutation(len(self.dataset))

    def take(self, order: Integers, number: int) -> Batch:
        """The rows of batch `number` (from 0) of an epoch with this order."""
        if self.per_epoch == 1:
            return Batch(self.dataset.x, self.dataset.y, self.dataset.sample_weight)
        rows = order[number * self.batch_size : (number + 1) * self.batch_size]
        y, weight = gathered(self.dataset.y, rows, self._y), self.dataset.sample_weight
        return Batch(
            lambda: gathered(self.dataset.x, rows, self._x),
            y,
            None if weight is None else weight[rows],
            rows=rows,
        )


def gathered(values: Numbers, rows: Integers, out: Numbers) -> Numbers:
    """These rows, as the first ones of `out`."""
    # "clip" because with "raise" NumPy gathers into a temporary first; an order holds no row out of range
    return values.take(rows, axis=0, out=out[: len(rows)], mode="clip")
