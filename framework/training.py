"""The loop: forward, loss, backward, update, again. Step by step it is the lesson; everything else is bookkeeping."""

import copy
import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from framework.arguments import check_instance
from framework.data.augmentation import Augmentation
from framework.data.batches import Batch, Batches
from framework.data.dataset import Dataset
from framework.data.feed import Feed
from framework.errors import Diverged, InputError
from framework.evaluation import Evaluation, checked_data, evaluate
from framework.gradients import Gradients, part_rows
from framework.history import EpochReport, History, StepReport
from framework.losses import Loss, SoftmaxCrossEntropy
from framework.optimizers import Optimizer
from framework.randomness import Step, stream
from framework.schedules import ConstantSchedule, Schedule
from framework.sequential import Sequential
from framework.settings import TrainingSettings
from framework.steadying import Average, averaged, clip_to_norm, limit_columns
from framework.threads import blas_threads, fastest_thread_count, usable_cores
from framework.types import Array

REPORT_SECONDS = 0.1
"""A StepReport comes about this often, so that watching a run costs nothing."""


@final
@dataclass
class TrainingState:
    """All a run is between two steps, beside the model and the optimizer's slots: the step and what comes next to it.

    loss_sum, weight_sum, correct, seen and seconds belong to the epoch under way, samples to the whole run. first_step
    is the index this run's first step has for an optimizer that had made steps before.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0
    weight_sum: float = 0.0
    correct: int = 0
    seen: int = 0
    seconds: float = 0.0
    samples: int = 0
    first_step: int | None = None
    best: float | None = None
    epochs_since_best: int = 0
    best_values: Array | None = field(default=None, repr=False)
    best_buffers: Array | None = field(default=None, repr=False)
    average: Average | None = field(default=None, repr=False)


@final
class Training:
    """Trains `model` on `data` while you iterate.

    Yields a StepReport about ten times a second and an EpochReport after each epoch; the script decides what to do with
    them: print, save, stop. The loss is SoftmaxCrossEntropy unless given. With the same seed, data, machine, wheels
    and thread count the weights are the same to the bit.

    An optimizer object that has trained this very model goes on where it was; a new one starts fresh. A script that
    breaks off the loop has the weights as they are then, and `restore_best()`. Iterating raises Diverged as soon as the
    loss is not a finite number.
    """

    def __init__(
        self,
        model: Sequential,
        data: Dataset | tuple[ArrayLike, ArrayLike],
        *,
        optimizer: Optimizer,
        loss: Loss | None = None,
        schedule: Schedule | None = None,
        augmentation: Augmentation | None = None,
        validation_data: Dataset | tuple[ArrayLike, ArrayLike] | None = None,
        settings: TrainingSettings | None = None,
    ) -> None:
        check_instance("model", model, Sequential)
        check_instance("optimizer", optimizer, Optimizer)
        self.model = model
        self.optimizer = optimizer
        self.loss = loss or SoftmaxCrossEntropy()
        self.schedule = schedule or ConstantSchedule()
        self.augmentation = augmentation
        self.settings = settings or TrainingSettings()
        check_instance("loss", self.loss, Loss)
        check_instance("schedule", self.schedule, Schedule)
        check_instance("settings", self.settings, TrainingSettings)
        if augmentation is not None:
            check_instance("augmentation", augmentation, Augmentation)
        self.data = checked_data(model, self.loss, data, "data")
        self.validation: Dataset | None = None
        if validation_data is not None:
            self.validation = checked_data(model, self.loss, validation_data, "validation_data")
        elif self.settings.patience is not None:
            raise InputError("patience: there is nothing to be patient about; expected validation data as well")
        if not len(model.parameters):
            raise InputError("model: no layer has parameters; expected something to train")

        if (
            self.validation is not None
            and self.validation.labels is None
            and self.settings.monitor != "validation_loss"
        ):
            raise InputError("monitor: got validation_accuracy; expected validation_loss, as there are no class labels")
        self._labels = self.data.labels if model.output_shape != (1,) else None
        self.batches = Batches(self.data, self.settings.batch_size, seed=self.settings.seed)
        self.feed = Feed(self.batches, augmentation)
        if augmentation is not None:  # images of another shape come out now, not in a thread
            augmentation(self.data.x[:1], stream(self.settings.seed, "augmentation"))
        self.history = History()
        self.state = TrainingState()

    @cached_property
    def threads(self) -> int:
        """The threads of a step; under "auto" the first look measures a few, which change nothing."""
        if self.settings.threads != "auto":
            return self.settings.threads
        most = part_rows(self.model)
        x, y, _ = self.batches.take(np.arange(len(self.data)), 0)
        batch = Batch(x[: usable_cores() * most], y[: usable_cores() * most])

        with ExitStack() as stack:

            def trial(threads: int) -> Callable[[], None]:
                # a copy, because a training step moves the buffers, which a replica shares
                gradients = Gradients(copy.deepcopy(self.model), self.loss, rows=len(batch.x), threads=threads)
                stack.enter_context(gradients)

                def run() -> None:
                    with blas_threads(gradients.blas_threads):
                        gradients(batch, Step(self.settings.seed, 0))

                return run

            # A thread that augments keeps a core busy; matrix products that wait for one crawl. Workers may share it.
            taken = self.augmentation is not None and len(batch.x) <= most
            return fastest_thread_count(trial, most=max(1, usable_cores() - taken))

    @cached_property
    def _gradients(self) -> Gradients:
        return Gradients(self.model, self.loss, rows=self.batches.batch_size, threads=self.threads)

    @property
    def total_steps(self) -> int:
        return self.settings.epochs * self.batches.per_epoch

    def __iter__(self) -> Iterator[StepReport | EpochReport]:
        self.optimizer.begin(self.model.parameters)
        if self.state.first_step is None:
            self.state.first_step = self.optimizer.steps
            if self.settings.average is not None:
                self.state.average = Average(self.model, self.settings.average)
        with self._gradients, self.feed:
            while self.state.epoch < self.settings.epochs and not self.history.stopped_early:
                yield from self._epoch(self.state.first_step)
        self.restore_best()

    def _epoch(self, first_step: int) -> Iterator[StepReport | EpochReport]:
        state = self.state
        start_of_epoch = first_step + state.epoch * self.batches.per_epoch
        order = self.batches.order(start_of_epoch)
        batches = self.feed.epoch(order, start_of_epoch, start=state.batch)
        while state.batch < self.batches.per_epoch:
            # between two reports the caller's code runs, with the thread setting the caller had and off the clock
            start = time.perf_counter()
            with blas_threads(self._gradients.blas_threads):
                self._advance(batches, first_step)
            state.seconds += time.perf_counter() - start
            yield self._step_report()
        start = time.perf_counter()
        numbers = (self.model.parameters.values, self.model.buffers.values)
        if not all(np.isfinite(values).all() for values in numbers):  # the last update's loss was never computed
            raise self._diverged("a weight is no finite number", state.step)
        with averaged(self.state.average), blas_threads(self.threads):
            validation = None if self.validation is None else evaluate(self.model, self.validation, loss=self.loss)
            best = self._is_best(validation)
        state.seconds += time.perf_counter() - start
        yield self._finish_epoch(validation, best)

    def _advance(self, batches: Iterator[Batch], first_step: int) -> None:
        """Train until it is time for a report or the epoch is over."""
        start = time.perf_counter()
        for batch in batches:
            self._step(batch, first_step + self.state.step)
            if time.perf_counter() - start >= REPORT_SECONDS:
                break

    def _step(self, batch: Batch, index: int) -> None:
        state = self.state
        value, right = self._gradients(batch, Step(self.settings.seed, index))
        if not math.isfinite(value):
            raise self._diverged(f"the loss is {value}", state.step + 1)
        parameters, settings = self.model.parameters, self.settings
        if settings.clip_norm is not None:
            clip_to_norm(parameters.grads, settings.clip_norm)
        self.optimizer.step(parameters.values, parameters.grads, self.learning_rate(state.step), index)
        self.optimizer.steps = index + 1
        if settings.max_norm is not None:
            for parameter in parameters:
                limit_columns(parameter, settings.max_norm)
        if state.average is not None:
            state.average.update(state.step)
        weight = self.loss.total_weight(batch.y, batch.sample_weight)
        state.loss_sum += value * weight
        state.weight_sum += weight
        state.correct += right
        state.seen += len(batch.x)
        state.samples += len(batch.x)
        state.step += 1
        state.batch += 1

    def learning_rate(self, step: int) -> float:
        """The rate of one step of this run, counted from 0."""
        return self.optimizer.learning_rate * self.schedule((step + 0.5) / self.total_steps)

    def _step_report(self) -> StepReport:
        state = self.state
        return StepReport(
            epoch=state.epoch + 1,
            batch=state.batch,
            batches=self.batches.per_epoch,
            loss=state.loss_sum / state.weight_sum,
            accuracy=None if self._labels is None else state.correct / state.seen,
            learning_rate=self.learning_rate(state.step - 1),
            samples_per_second=state.seen / state.seconds,
        )

    def _finish_epoch(self, validation: Evaluation | None, best: bool) -> EpochReport:
        state = self.state
        report = EpochReport(
            epoch=state.epoch + 1,
            epochs=self.settings.epochs,
            loss=state.loss_sum / state.weight_sum,
            accuracy=None if self._labels is None else state.correct / state.seen,
            validation_loss=None if validation is None else validation.loss,
            validation_accuracy=None if validation is None else validation.accuracy,
            learning_rate=self.learning_rate(state.step - 1),
            seconds=state.seconds,
            samples_per_second=state.seen / state.seconds,
            best=best,
        )
        self.history.epochs.append(report)
        state.epoch += 1
        state.batch, state.loss_sum, state.weight_sum = 0, 0.0, 0.0
        state.correct, state.seen, state.seconds = 0, 0, 0.0
        if self.settings.patience is not None and state.epochs_since_best >= self.settings.patience:
            self.history.stopped_early = state.epoch < self.settings.epochs
        return report

    def _is_best(self, validation: Evaluation | None) -> bool:
        """Whether this epoch beats all before it; if so, its weights are put aside."""
        if validation is None:
            return False
        state = self.state
        figure = -validation.loss
        if self.settings.monitor == "validation_accuracy" and validation.accuracy is not None:
            figure = validation.accuracy
        if not math.isfinite(figure) or (state.best is not None and figure <= state.best):
            state.epochs_since_best += 1
            return False
        state.best, state.epochs_since_best = figure, 0
        if self.settings.restore_best:
            state.best_values = self.model.parameters.values.copy()
            state.best_buffers = self.model.buffers.values.copy()
        return True

    def restore_best(self) -> None:
        """Give the model the weights of the best epoch so far, or else their average; after a whole run it has them."""
        state = self.state
        if state.best_values is not None and state.best_buffers is not None:
            self.model.parameters.values[...] = state.best_values
            self.model.buffers.values[...] = state.best_buffers
        elif state.average is not None and state.step:
            self.model.parameters.values[...] = state.average.values
            self.model.buffers.values[...] = state.average.buffers

    def _diverged(self, what: str, step: int) -> Diverged:
        """`step` counts from 1, as in all that people read."""
        return Diverged(
            f"training diverged: epoch {self.state.epoch + 1}, step {step}: "
            f"{what} at learning rate {self.learning_rate(step - 1):.3g}",
            hint=f"try a learning rate of {self.optimizer.learning_rate / 10:.3g}, or check the scale of the data",
        )
