"""Feed: the batches of an epoch one after the other, augmented at once or in a thread beside the step before."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self, final

import numpy as np

from framework.data.augmentation import Augmentation
from framework.data.batches import Batch, Batches
from framework.randomness import stream
from framework.types import Integers

AHEAD = 3
"""Batches made in advance: enough that neither side waits for the other's odd slow one."""


@final
class Feed:
    """Hands out batch after batch, ready for the model.

    What a sample becomes is a function of the seed and the index of its step, so that a thread of its own, which needs
    no promise about time, changes no bit. Without an augmentation there is no thread, and the memory of x and y is used
    again for the next batch.
    """

    def __init__(self, batches: Batches, augmentation: Augmentation | None, *, ahead: bool = True) -> None:
        """Without `ahead` a batch is augmented when it is asked for, and there is no thread."""
        self.batches = batches
        self.augmentation = augmentation
        self._ahead = ahead
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        """Start the thread, if there is to be one."""
        if self.augmentation is not None and self._ahead:
            self._pool = ThreadPoolExecutor(1, "chalknet-augmentation")
        return self

    def __exit__(self, *error: object) -> None:
        """Let the thread go, once it has finished the batch it is at."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def epoch(self, order: Integers, first_step: int, *, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch with this order whose first step has the index `first_step`, from batch `start`."""
        numbers = range(start, self.batches.per_epoch)
        if self._pool is None:
            for number in numbers:
                yield self._batch(order, number, first_step + number)
            return
        errors = np.geterr()  # a thread has its own

        def batch(number: int) -> Batch:
            with np.errstate(**errors):
                return self._batch(order, number, first_step + number)

        waiting: deque[Future[Batch]] = deque()
        for number in numbers:
            waiting.append(self._pool.submit(batch, number))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _batch(self, order: Integers, number: int, step: int) -> Batch:
        batch = self.batches.take(order, number)
        if self.augmentation is None:
            return batch
        new = self.augmentation(batch.x, stream(self.batches.seed, "augmentation", step))
        # the batches after this one are written over x and y while it is still in use
        new = new.copy() if np.may_share_memory(new, batch.x) else new
        return Batch(new, batch.y.copy(), batch.sample_weight, labels=batch.labels)


def upcoming(batches: Batches, first_step: int, *, epoch: int, epochs: int, batch: int) -> Iterator[tuple[Batch, int]]:
    """All batches from this one of this epoch on, not augmented, each with the index of its step."""
    for number in range(epoch, epochs):
        start = first_step + number * batches.per_epoch
        order = batches.order(start)
        for place in range(batch, batches.per_epoch):
            yield batches.take(order, place), start + place
        batch = 0
