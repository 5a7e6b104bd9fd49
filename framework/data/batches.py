"""Batches: the rows of a data set in a fresh order every epoch, a few at a time."""

from typing import NamedTuple, final

import numpy as np

from framework.data.dataset import Dataset
from framework.errors import InputError, as_given
from framework.randomness import stream
from framework.types import Array, Integers, Numbers


class Batch(NamedTuple):
    """Some rows of a data set: samples, targets, and how much each counts, if not all the same."""

    x: Numbers
    y: Numbers
    sample_weight: Array | None = None

    def part(self, rows: slice) -> "Batch":
        """Some of its rows."""
        weight = self.sample_weight
        return Batch(self.x[rows], self.y[rows], None if weight is None else weight[rows])


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
        x, y = self._x[: len(rows)], self._y[: len(rows)]
        # "clip" because with "raise" NumPy gathers into a temporary first; the order holds no row out of range
        self.dataset.x.take(rows, axis=0, out=x, mode="clip")
        self.dataset.y.take(rows, axis=0, out=y, mode="clip")
        weight = self.dataset.sample_weight
        return Batch(x, y, None if weight is None else weight[rows])
