"""A batch shared out by rows: each rank has all weights and some samples, and gradients are added up.

That is worth it where a sample is much work for each weight, as in convolutions, whose few weights meet every place of
an image: otherwise adding up the gradients takes about as long as computing them.
"""

import sys
from typing import final

import numpy as np

from framework.data.batches import Batch
from framework.gradients import PART_ROWS, Gradients, part_rows
from framework.randomness import Step
from framework.sharing.meeting import Meeting, Sum, part_of
from framework.sharing.share import Share, augmented, work
from framework.stepper import Update
from framework.task import Task
from framework.types import Array

LEAST_WORK = 500
"""Multiplications a weight takes part in at a step, at the least: in a dense layer those of a batch of 500 rows."""


def has_work_enough(task: Task, ranks: int) -> bool:
    """Whether the rows of a batch may be shared out, and are much work for each weight."""
    model, rows = task.model, task.rows
    most = min(PART_ROWS, ranks * part_rows(model))  # larger batches go in parts, whoever works them through
    if part_rows(model) == sys.maxsize or not ranks <= rows <= most:
        return False
    return rows * sum(work(model)) >= LEAST_WORK * model.parameters.values.size


def row_shares(task: Task, meeting: Meeting) -> list[Share]:
    """A share for each rank."""
    grads = task.model.parameters.grads
    total = Sum(meeting, grads.shape, grads.dtype, numbers=2)
    return [RowShare(task, total, rank) for rank in range(meeting.ranks)]


@final
class RowGradients:
    """Fills the gradients of the mean over a whole batch, of which this rank works through some rows."""

    def __init__(self, task: Task, total: Sum, rank: int) -> None:
        self.task, self.total, self.rank = task, total, rank
        self._own = Gradients(task.model, task.loss, rows=task.rows, threads=1)

    def __call__(self, batch: Batch, step: Step) -> tuple[float, int]:
        grads, loss = self.task.model.parameters.grads, self.task.loss
        part = batch.part(part_of(len(batch), self.rank, self.total.meeting.ranks))
        value, right = 0.0, 0
        if len(part):
            if self.task.augmentation is not None:
                part = part.of(augmented(self.task.augmentation, part.x, step, self.rank))
            value, right = self._own(part, Step(step.seed, step.index, self.rank))
            fraction = loss.total_weight(part.y, part.sample_weight) / loss.total_weight(batch.y, batch.sample_weight)
            value *= fraction
            grads *= fraction
        else:
            grads[...] = 0
        value, count = self.total(grads, value, right)
        return value, round(count)


@final
class RowShare:
    """Model and optimizer as they are: once processes have parted, each has its own, and all make the same updates.

    So the first one has all numbers already; what is to be known later is whether somebody has changed them.
    """

    def __init__(self, task: Task, total: Sum, rank: int) -> None:
        self.update = Update(task.model, task.optimizer, task.settings, RowGradients(task, total, rank))
        self._given: list[Array] = []
        self._first = rank == 0

    def is_as_given(self) -> bool:
        return all(map(np.array_equal, self._kept(), self._given))

    def give(self) -> None:
        self._given = [array.copy() for array in self._kept()]

    def _kept(self) -> list[Array]:
        return [self.update.model.parameters.values, *self.update.optimizer.slots.values()] if self._first else []
