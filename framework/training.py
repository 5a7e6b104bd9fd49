"""The loop: forward, loss, backward, update, again. Step by step it is the lesson; everything else is bookkeeping."""

import math
import time
from collections.abc import Iterator
from contextlib import nullcontext
from functools import cached_property
from typing import final

from numpy.typing import ArrayLike

from framework.arguments import check_instance
from framework.choosing import fastest_threads, feed_for, step_maker
from framework.data.augmentation import Augmentation, check_augmentation
from framework.data.batches import Batch, Batches
from framework.data.dataset import Dataset
from framework.data.feed import Feed, upcoming
from framework.divergence import first_not_finite, first_not_finite_between_steps, remedy
from framework.errors import Diverged, EnvironmentFault, InputError
from framework.evaluation import Evaluation, checked_data, classes_of, evaluate
from framework.gradients import part_rows, parts
from framework.held_back import held_back
from framework.history import EpochReport, History, StepReport
from framework.keeper import Keeper
from framework.losses import Loss, SoftmaxCrossEntropy
from framework.optimizers import Optimizer
from framework.randomness import Step
from framework.schedules import ConstantSchedule, Schedule
from framework.sequential import Sequential, WeightsAre
from framework.settings import TrainingSettings
from framework.sharing.ranks import NextStep, Ranks, Sharing, sharing_of
from framework.steadying import Average, averaged
from framework.stepper import NotFinite, Stepper
from framework.task import Task
from framework.threads import blas_threads
from framework.training_state import TrainingState

REPORT_SECONDS = 0.1
"""A StepReport comes about this often, so that watching a run costs nothing."""
LOOKS_APART, LONGEST = 50, 1.0
"""And at least so many times as long as it takes to have all numbers in the model: 2 % of the time; up to a second."""


@final
class Training:
    """Trains `model` on `data` while you iterate.

    Yields a StepReport up to ten times a second and an EpochReport after each epoch; the script decides what to do with
    them: print, save, stop. The loss is SoftmaxCrossEntropy unless given. With the same seed, data, machine, wheels
    and thread count the weights are the same to the bit.

    An optimizer object that has trained this very model goes on where it was; a new one starts fresh. A script that
    breaks off the loop has the weights as they are then, and `restore_best()`. With `checkpoints` the training is kept
    on disk and can go on after a kill. Iterating raises Diverged once the loss or a gradient is no finite number; the
    weights are those before that step, or, where processes share the training out, may be those of the last report.
    At a report weights, the schedule, and numbers of layers and optimizer may be changed; after a resume once more.
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
        checkpoints: Keeper | None = None,
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
        self.data = checked_data(model, self.loss, data, "data")
        self.validation: Dataset | None = None
        if validation_data is not None:
            self.validation = checked_data(model, self.loss, validation_data, "validation_data")
        elif self.settings.patience is not None:
            raise InputError("patience: there is nothing to be patient about; expected validation data as well")
        if not len(model.parameters):
            raise InputError("model: no layer has parameters; expected something to train")

        labelled = self.validation is None or classes_of(model, self.validation) is not None
        if not labelled and self.settings.monitor != "validation_loss":
            raise InputError("monitor: got validation_accuracy; expected validation_loss, as there are no class labels")
        self._labels = classes_of(model, self.data)
        self.batches = Batches(self.data, self.settings.batch_size, seed=self.settings.seed)
        if augmentation is not None:
            check_augmentation(augmentation, self.data.x, self.settings.seed)
        self.history = History()
        self.state = TrainingState()
        self._settling = 0.0  # seconds, the last time
        self.checkpoints = checkpoints
        if checkpoints is not None:
            checkpoints.attach(self)

    @cached_property
    def threads(self) -> int:
        """The threads of a step; under "auto" the first look measures a few, which change nothing.

        Checkpoints set it to what it was before a stop: another number of threads rounds otherwise.
        """
        if self.settings.threads != "auto":
            return int(self.settings.threads)
        self.begin()
        try:
            return fastest_threads(self._task)
        except (NotFinite, EnvironmentFault):  # if one cannot either, it says why
            return 1

    @cached_property
    def sharing(self) -> Sharing:
        """How processes share the training out; as with threads, another way rounds otherwise, and draws otherwise."""
        return sharing_of(self._task, self.threads)

    @property
    def _task(self) -> Task:
        rest = self.loss, self.optimizer, self.settings, self.augmentation
        return Task(self.model, *rest, self.data, self.batches.batch_size, fresh=self.state.first_step == 0)

    @cached_property
    def _make_step(self) -> Stepper | Ranks:
        self.begin()
        return step_maker(self._task, self.sharing, self.threads, self._upcoming)

    @cached_property
    def feed(self) -> Feed:
        """The batches, one epoch after the other."""
        return feed_for(self._make_step, self.batches, self.augmentation, self.threads)

    def _upcoming(self) -> Iterator[NextStep]:
        state = self.state
        return upcoming(self.batches, self.begin(), epoch=state.epoch, epochs=self.settings.epochs, batch=state.batch)

    @property
    def total_steps(self) -> int:
        return self.settings.epochs * self.batches.per_epoch

    def begin(self) -> int:
        """Be ready for the first step; the index it has for the optimizer. A second call changes nothing."""
        self.optimizer.begin(self.model.parameters)
        if self.state.first_step is None:
            self.state.first_step = self.optimizer.steps
            if self.settings.average is not None:
                self.state.average = Average(self.model, self.settings.average)
        return self.state.first_step

    def __iter__(self) -> Iterator[StepReport | EpochReport]:
        first_step = self.begin()
        self.settle()
        with self._make_step, self.feed, self.checkpoints or nullcontext():
            while self.state.epoch < self.settings.epochs and not self.history.stopped_early:
                yield from self._epoch(first_step)
        self.restore_best()

    def _epoch(self, first_step: int) -> Iterator[StepReport | EpochReport]:
        state, start_of_epoch = self.state, first_step + self.state.epoch * self.batches.per_epoch
        order = self.batches.order(start_of_epoch)
        batches = self.feed.epoch(order, start_of_epoch, start=state.batch)
        while state.batch < self.batches.per_epoch:
            # between two reports the caller's code runs, with the thread setting the caller had and off the clock
            start = time.perf_counter()
            with blas_threads(self._make_step.blas_threads):
                self._advance(batches, first_step)
                self.settle()
            state.seconds += time.perf_counter() - start
            yield self._step_report()
        start = time.perf_counter()
        self.settle()
        self.check_finite()  # the last update's loss was never computed
        with averaged(self.state.average), blas_threads(self.threads):
            validation = None if self.validation is None else evaluate(self.model, self.validation, loss=self.loss)
            if validation is not None and not math.isfinite(validation.loss):
                raise self._diverged(f"the validation loss is {validation.loss}")
            state.seconds += time.perf_counter() - start
            with held_back():
                report = self._finish_epoch(validation, self._is_best(validation))
        if self.checkpoints is not None:
            self.checkpoints.after_epoch()
        yield report

    def _advance(self, batches: Iterator[Batch], first_step: int) -> None:
        """Train until it is time for a report or the epoch is over."""
        start = time.perf_counter()
        self.model.weights_are = "last"
        apart = max(REPORT_SECONDS, min(LOOKS_APART * self._settling, LONGEST))
        with held_back(twice=False) as heed:
            for batch in batches:
                self._step(batch, first_step + self.state.step)
                heed()
                if self.checkpoints is not None:
                    self.checkpoints.after_step()
                if time.perf_counter() - start >= apart:
                    break

    def _step(self, batch: Batch, index: int) -> None:
        state = self.state
        try:
            value, right = self._make_step(batch, index, self.learning_rate(state.step))
        except NotFinite as error:
            here = () if error.late else (batch, Step(self.settings.seed, index))
            raise self._diverged(str(error), *here) from None
        if state.average is not None:
            state.average.update(state.step)
        state.count(len(batch), right, value, self.loss.total_weight(batch.y, batch.sample_weight))

    def settle(self) -> None:
        """Have the numbers of the last step in model and optimizer, wherever made. Raises Diverged if it failed, and
        InputError where they cannot be had, as a training was broken off inside a step.
        """
        maker, start = self._make_step, time.perf_counter()
        try:
            maker.settle()
        except NotFinite as error:
            raise self._diverged(str(error)) from None
        self._settling = time.perf_counter() - start
        made, expected = self.optimizer.steps, self.begin() + self.state.step
        if made != expected:
            hint = "what came after the last report is lost; begin anew, or go on from what was saved"
            raise InputError(f"training: got an optimizer that has made {made} steps; expected {expected}", hint=hint)

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
            samples_per_second=state.timed / state.seconds,
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
            samples_per_second=state.timed / state.seconds,
            best=best,
        )
        self.history.epochs.append(report)
        state.end_epoch()
        if self.settings.patience is not None and state.epochs_since_best >= self.settings.patience:
            self.history.stopped_early = state.epoch < self.settings.epochs
        return report

    def _is_best(self, validation: Evaluation | None) -> bool:
        """Whether this epoch beats all before it; if so, its weights are put aside."""
        if validation is None:
            return False
        figure = -validation.loss
        if self.settings.monitor == "validation_accuracy" and validation.accuracy is not None:
            figure = validation.accuracy
        return self.state.is_best(figure, self.model if self.settings.restore_best else None)

    def restore_best(self) -> None:
        """Give the model the weights of the best epoch so far, or else their average; after a whole run it has them."""
        self.model.weights_are = self.state.give_best(self.model) or self.model.weights_are

    @property
    def best_weights_are(self) -> WeightsAre:
        """What the weights of the best epoch are: its last ones, or the average then."""
        return "best" if self.settings.average is None else "best average"

    def check_finite(self) -> None:
        """Raise Diverged where any number that is kept from step to step, or will be saved, is not finite."""
        if name := first_not_finite_between_steps(self.model, self.optimizer, self.state):
            raise self._diverged(f"{name} is not finite after the last update")

    def _diverged(self, what: str, batch: Batch | None = None, step: Step | None = None) -> Diverged:
        """Epoch and step count from 1, as in all that people read."""
        done, rate = self.state.step, self.learning_rate(max(self.state.step - (batch is None), 0))
        if batch is not None and step is not None:
            first = first_not_finite(self.model, parts(batch, part_rows(self.model)), step)
            what += f"; the first number that is not finite is in {first}" if first else ""
        return Diverged(
            f"training diverged: epoch {self.state.epoch + 1}, step {done + (batch is not None)}, "
            f"learning rate {rate:.3g}: {what}",
            hint=remedy(self.model, self.data.x[:1000], self.optimizer, updates=done),
        )
