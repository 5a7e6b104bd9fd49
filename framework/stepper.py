"""One training step after another: the gradient of the mean loss, a look whether it is finite, the update."""

import math
from typing import Protocol, Self, final

import numpy as np

from framework.data.batches import Batch
from framework.gradients import Gradients
from framework.optimizers import Optimizer
from framework.randomness import Step
from framework.sequential import Sequential
from framework.settings import TrainingSettings
from framework.steadying import clip_to_norm, limit_columns
from framework.task import Task


class NotFinite(ArithmeticError):
    """The loss or a gradient is no finite number. With `late` it was so in the step before, in another process."""

    late = False


class FillsGradients(Protocol):
    """Whoever fills the gradients of a model, as Gradients does: alone, or together with others."""

    def __call__(self, batch: Batch, step: Step) -> tuple[float, int]:
        """The mean loss over the rows, and where there are labels how many of them the scores get right."""


@final
class Update:
    """Gradient, checks, update: what every process does at a step."""

    def __init__(
        self, model: Sequential, optimizer: Optimizer, settings: TrainingSettings, gradients: FillsGradients
    ) -> None:
        self.model, self.optimizer, self.settings, self.gradients = model, optimizer, settings, gradients

    def __call__(self, batch: Batch, index: int, rate: float) -> tuple[float, int]:
        """The step with this index: its mean loss, and where there are labels how many the scores got right.

        Raises NotFinite, before the update.
        """
        found = self.find_gradient(batch, index)
        self.go(rate, index)
        return found

    def find_gradient(self, batch: Batch, index: int) -> tuple[float, int]:
        """The first half of a step: the model's gradients, and what is known of the loss.

        Raises NotFinite; what the layers keep without learning it is then as it was before.
        """
        buffers = self.model.buffers.values
        before = buffers.copy() if buffers.size else buffers
        value, right = self.gradients(batch, Step(self.settings.seed, index))
        if reason := self._not_finite(value):
            buffers[...] = before
            raise NotFinite(reason)
        return value, right

    def _not_finite(self, value: float) -> str:
        grads = self.model.parameters.grads
        if not math.isfinite(value):
            return f"the loss is {value}"
        # One product finds NaN and infinity as surely as a look at each number, in half the time; it may also overflow.
        if not (math.isfinite(np.dot(grads, grads)) or np.isfinite(grads).all()):
            return "a gradient is not finite"
        return ""

    def go(self, rate: float, index: int) -> None:
        """The second half: new weights."""
        grads = self.model.parameters.grads
        if self.settings.clip_norm is not None:
            clip_to_norm(grads, self.settings.clip_norm)
        self.optimizer.step(self.model.parameters.values, grads, rate, index)
        self.optimizer.steps = index + 1
        if self.settings.max_norm is not None:
            for parameter in self.model.parameters:
                limit_columns(parameter, self.settings.max_norm)


@final
class Stepper:
    """The steps of a training that one process makes, with so many threads."""

    def __init__(self, task: Task, threads: int) -> None:
        self._gradients = Gradients(task.model, task.loss, rows=task.rows, threads=threads)
        self._update = Update(task.model, task.optimizer, task.settings, self._gradients)
        self.blas_threads = self._gradients.blas_threads
        self._looked_at = False

    def __enter__(self) -> Self:
        self._gradients.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._gradients.__exit__(*error)

    def __call__(self, batch: Batch, index: int, rate: float) -> tuple[float, int]:
        """As Update's."""
        if self._looked_at:
            self._gradients.notice_changes()
            self._looked_at = False
        return self._update(batch, index, rate)

    def settle(self) -> None:
        """Model and optimizer are those after the last step at any time; whoever looks at them now may change them."""
        self._looked_at = True
