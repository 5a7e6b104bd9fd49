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

    `rows` are their places in the data set, where they are as they lie there. `labels` are the classes, if the targets
    are one of each row. The samples are gathered when they are first asked for, as a process that shares a training may
    want some columns of them only; ask before the next batch is taken.
    """

    def __init__(
        self,
        x: Numbers | Callable[[], Numbers],
        y: Numbers,
        sample_weight: Array | None = None,
        *,
        labels: Integers | None = None,
        rows: Integers | slice | None = None,
    ) -> None:
        self._x = x
        self.y, self.sample_weight, self.labels, self.rows = y, sample_weight, labels, rows

    @property
    def x(self) -> Numbers:
        if callable(self._x):
            self._x = self._x()
        return self._x

    def of(self, x: Numbers) -> "Batch":
        """The same with other samples."""
        return Batch(x, self.y, self.sample_weight, labels=self.labels)

    def part(self, rows: slice) -> "Batch":
        """Some of its rows."""
        weight, labels = self.sample_weight, self.labels
        return Batch(
            self.x[rows],
            self.y[rows],
            None if weight is None else weight[rows],
            labels=None if labels is None else labels[rows],
        )

    def __len__(self) -> int:
        return len(self.y)

    def __iter__(self) -> Iterator[Numbers]:
        """x, then y: `x, y = batch`."""
        return iter((self.x, self.y))

    def __repr__(self) -> str:
        return f"Batch({len(self)} rows, y {self.y.dtype} {self.y.shape})"


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
        self._labels = dataset.labels
        if self.per_epoch > 1:  # all rows at once are handed out as they lie
            self._x = np.empty((self.batch_size, *dataset.x.shape[1:]), dataset.x.dtype)
            self._y = np.empty((self.batch_size, *dataset.y.shape[1:]), dataset.y.dtype)

    def order(self, first_step: int) -> Integers:
        """The rows in the order in which the epoch that begins at `first_step` visits them."""
        return stream(self.seed, "shuffle", first_step).permutation(len(self.dataset))

    def take(self, order: Integers, number: int) -> Batch:
        """The rows of batch `number` (from 0) of an epoch with this order."""
        x, weight, labels = self.dataset.x, self.dataset.sample_weight, self._labels
        if self.per_epoch == 1:
            return Batch(x, self.dataset.y, weight, labels=labels, rows=slice(None))
        rows = order[number * self.batch_size : (number + 1) * self.batch_size]
        return Batch(
            lambda: gathered(x, rows, self._x),
            gathered(self.dataset.y, rows, self._y),
            None if weight is None else weight[rows],
            labels=None if labels is None else labels[rows],
            rows=rows,
        )


def gathered(values: Numbers, rows: Integers, out: Numbers) -> Numbers:
    """These rows, as the first ones of `out`."""
    # "clip" because with "raise" NumPy gathers into a temporary first; an order holds no row out of range
    return values.take(rows, axis=0, out=out[: len(rows)], mode="clip")
