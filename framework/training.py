"""The loop: forward, loss, backward, update, again. Step by step it is the lesson; everything else is bookkeeping."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from framework.arguments import check_instance
from framework.data.batches import Batches
from framework.data.dataset import Dataset
from framework.errors import Diverged, InputError
from framework.evaluation import Evaluation, evaluate
from framework.gradients import PART_ROWS, Gradients
from framework.history import EpochReport, History, StepReport
from framework.losses import Loss, SoftmaxCrossEntropy
from framework.optimizers import Optimizer
from framework.randomness import Step
from framework.schedules import ConstantSchedule, Schedule
from framework.sequential import Sequential
from framework.settings import TrainingSettings
from framework.threads import blas_threads, fastest_thread_count, usable_cores
from framework.types import Array, Integers, Numbers

REPORT_SECONDS = 0.1
"""A StepReport comes about this often, so that watching a run costs nothing."""


@final
@dataclass
class TrainingState:
    """All a run is between two steps, beside the model and the optimizer's slots: the step and what comes next to it.

    loss_sum, correct and seen belong to the epoch under way, samples to the whole run.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    seen: int = 0
    samples: int = 0
    best: float | None = None
    epochs_since_best: int = 0
    best_values: Array | None = field(default=None, repr=False)


@final
class Training:
    """Trains `model` on `data` while you iterate.

    Yields a StepReport about ten times a second and an EpochReport after each epoch; the script decides what to do with
    them: print, save, stop. The loss is SoftmaxCrossEntropy unless given. With the same seed, data, machine, wheels
    and thread count the weights are the same to the bit.

    An optimizer object that has trained this very model goes on where it was; a new one starts fresh. Iterating raises
    Diverged as soon as the loss is not a finite number.
    """

    def __init__(
        self,
        model: Sequential,
        data: Dataset | tuple[ArrayLike, ArrayLike],
        *,
        optimizer: Optimizer,
        loss: Loss | None = None,
        schedule: Schedule | None = None,
        validation_data: Dataset | tuple[ArrayLike, ArrayLike] | None = None,
        settings: TrainingSettings | None = None,
    ) -> None:
        check_instance("model", model, Sequential)
        check_instance("optimizer", optimizer, Optimizer)
        self.model = model
        self.optimizer = optimizer
        self.loss = loss or SoftmaxCrossEntropy()
        self.schedule = schedule or ConstantSchedule()
        self.settings = settings or TrainingSettings()
        check_instance("loss", self.loss, Loss)
        check_instance("schedule", self.schedule, Schedule)
        check_instance("settings", self.settings, TrainingSettings)
        self.data = _checked(model, self.loss, Dataset.of(data), "data")
        self.validation: Dataset | None = None
        if validation_data is not None:
            self.validation = _checked(model, self.loss, Dataset.of(validation_data), "validation_data")
        elif self.settings.patience is not None:
            raise InputError("patience: there is nothing to be patient about; expected validation data as well")
        if not len(model.parameters):
            raise InputError("model: no layer has parameters; expected something to train")

        self._labels = self.data.labels if model.output_shape != (1,) else None
        self.batches = Batches(self.data, self.settings.batch_size, seed=self.settings.seed)
        self.history = History()
        self.state = TrainingState()
        optimizer.begin(model.parameters)
        self._first_step = optimizer.steps

    @cached_property
    def threads(self) -> int:
        """The threads of a step; under "auto" the first look measures a few, which change nothing."""
        if self.settings.threads != "auto":
            return self.settings.threads
        x, y = self.batches.take(np.arange(len(self.data)), 0)
        x, y = x[: usable_cores() * PART_ROWS], y[: usable_cores() * PART_ROWS]

        def trial(threads: int) -> Callable[[], None]:
            gradients = Gradients(self.model.replica(), self.loss, rows=len(x), threads=threads)

            def run() -> None:
                with blas_threads(gradients.blas_threads):
                    gradients(x, y, Step(self.settings.seed, 0))

            return run

        return fastest_thread_count(trial)

    @cached_property
    def _gradients(self) -> Gradients:
        return Gradients(self.model, self.loss, rows=self.batches.batch_size, threads=self.threads)

    @property
    def total_steps(self) -> int:
        return self.settings.epochs * self.batches.per_epoch

    def __iter__(self) -> Iterator[StepReport | EpochReport]:
        while self.state.epoch < self.settings.epochs and not self.history.stopped_early:
            yield from self._epoch()
        self._restore_best()

    def _epoch(self) -> Iterator[StepReport | EpochReport]:
        state, start = self.state, time.perf_counter()
        order = self.batches.order(self._first_step + state.epoch * self.batches.per_epoch)
        while state.batch < self.batches.per_epoch:
            # between two reports the caller's code runs, with the thread setting the caller had
            with blas_threads(self._gradients.blas_threads):
                self._advance(order)
            yield self._step_report(time.perf_counter() - start)
        if not np.isfinite(self.model.parameters.values).all():  # the last update's loss was never computed
            raise self._diverged(math.nan)
        with blas_threads(self.threads):
            validation = None if self.validation is None else evaluate(self.model, self.validation, self.loss)
        yield self._finish_epoch(validation, time.perf_counter() - start)

    def _advance(self, order: Integers) -> None:
        """Train until it is time for a report or the epoch is over."""
        start = time.perf_counter()
        while self.state.batch < self.batches.per_epoch and time.perf_counter() - start < REPORT_SECONDS:
            self._step(*self.batches.take(order, self.state.batch))

    def _step(self, x: Numbers, y: Numbers) -> None:
        state, index = self.state, self._first_step + self.state.step
        value, right = self._gradients(x, y, Step(self.settings.seed, index))
        if not math.isfinite(value):
            raise self._diverged(value)
        parameters = self.model.parameters
        self.optimizer.step(parameters.values, parameters.grads, self.learning_rate(state.step), index)
        self.optimizer.steps = index + 1
        state.loss_sum += value * len(x)
        state.correct += right
        state.seen += len(x)
        state.samples += len(x)
        state.step += 1
        state.batch += 1

    def learning_rate(self, step: int) -> float:
        """The rate of one step of this run, counted from 0."""
        return self.optimizer.learning_rate * self.schedule((step + 0.5) / self.total_steps)

    def _step_report(self, seconds: float) -> StepReport:
        state = self.state
        return StepReport(
            epoch=state.epoch + 1,
            batch=state.batch,
            batches=self.batches.per_epoch,
            loss=state.loss_sum / state.seen,
            accuracy=None if self._labels is None else state.correct / state.seen,
            learning_rate=self.learning_rate(state.step - 1),
            samples_per_second=state.seen / seconds,
        )

    def _finish_epoch(self, validation: Evaluation | None, seconds: float) -> EpochReport:
        state = self.state
        report = EpochReport(
            epoch=state.epoch + 1,
            epochs=self.settings.epochs,
            loss=state.loss_sum / state.seen,
            accuracy=None if self._labels is None else state.correct / state.seen,
            validation_loss=None if validation is None else validation.loss,
            validation_accuracy=None if validation is None else validation.accuracy,
            learning_rate=self.learning_rate(state.step - 1),
            seconds=seconds,
            samples_per_second=state.seen / seconds,
            best=self._is_best(validation),
        )
        self.history.epochs.append(report)
        state.epoch += 1
        state.batch, state.loss_sum, state.correct, state.seen = 0, 0.0, 0, 0
        if self.settings.patience is not None and state.epochs_since_best >= self.settings.patience:
            self.history.stopped_early = state.epoch < self.settings.epochs
        return report

    def _is_best(self, validation: Evaluation | None) -> bool:
        """Whether this epoch beats all before it; if so, its weights are put aside."""
        if validation is None:
            return False
        state = self.state
        by_accuracy = self.settings.monitor == "validation_accuracy" and validation.accuracy is not None
        figure = validation.accuracy if by_accuracy and validation.accuracy is not None else -validation.loss
        if not math.isfinite(figure) or (state.best is not None and figure <= state.best):
            state.epochs_since_best += 1
            return False
        state.best, state.epochs_since_best = figure, 0
        if self.settings.restore_best:
            state.best_values = self.model.parameters.values.copy()
        return True

    def _restore_best(self) -> None:
        if self.state.best_values is not None:
            self.model.parameters.values[...] = self.state.best_values

    def _diverged(self, value: float) -> Diverged:
        state = self.state
        return Diverged(
            f"training diverged: epoch {state.epoch + 1}, step {state.step + 1}: "
            f"the loss is {value} at learning rate {self.learning_rate(state.step):.3g}",
            hint=f"try a learning rate of {self.optimizer.learning_rate / 10:.3g}, or check the scale of the data",
        )


def _checked(model: Sequential, loss: Loss, data: Dataset, name: str) -> Dataset:
    """`data`, once it is sure that every row fits the model and the loss."""
    if data.x.shape[1:] != model.input_shape:
        raise InputError(f"{name}: got samples of shape {data.x.shape[1:]}; the model expects {model.input_shape}")
    if data.labels is not None and model.output_shape != (1,):
        classes = model.output_shape[0]
        wrong = np.flatnonzero((data.labels < 0) | (data.labels >= classes))
        if len(wrong):
            raise InputError(
                f"{name}: row {wrong[0]}: got label {data.labels[wrong[0]]}; "
                f"expected an integer from 0 to {classes - 1}, as the model has {classes} outputs"
            )
    loss.value(np.zeros((1, *model.output_shape), model.dtype), data.y[:1])  # raises where the targets are no targets
    return data
