"""One training step after another: the gradient of the mean loss, a look whether it is finite, the update."""

import math
from collections.abc import Callable
from typing import Self, final

import numpy as np

from framework.data.batches import Batch
from framework.gradients import Gradients
from framework.losses import Loss
from framework.optimizers import Optimizer
from framework.randomness import Step
from framework.sequential import Sequential
from framework.settings import TrainingSettings
from framework.steadying import clip_to_norm, limit_columns
from framework.types import Array


class NotFinite(ArithmeticError):
    """The loss or a gradient is no finite number; the weights are as they were before the step."""


@final
class Stepper:
    """Steps in this process, one for each call."""

    def __init__(
        self,
        model: Sequential,
        loss: Loss,
        optimizer: Optimizer,
        settings: TrainingSettings,
        *,
        rows: int,
        threads: int,
        total: Callable[[Array], Array] | None = None,
    ) -> None:
        """For batches of up to `rows` rows, an optimizer that has begun with the model, `total` as in Gradients."""
        self.model, self.optimizer, self.settings = model, optimizer, settings
        self.gradients = Gradients(model, loss, rows=rows, threads=threads, total=total)
        self.blas_threads = self.gradients.blas_threads

    def __enter__(self) -> Self:
        self.gradients.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.gradients.__exit__(*error)

    def __call__(self, batch: Batch, index: int, rate: float) -> tuple[float, int]:
        """The step with this index: its mean loss, and for class labels how many the scores got right.

        Raises NotFinite, before the update.
        """
        value, right = self.gradients(batch, Step(self.settings.seed, index))
        grads = self.model.parameters.grads
        if not math.isfinite(value):
            raise NotFinite(f"the loss is {value}")
        # One product finds NaN and infinity as surely as a look at each number, in half the time; it may also overflow.
        if not (math.isfinite(np.dot(grads, grads)) or np.isfinite(grads).all()):
            raise NotFinite("a gradient is not finite")
        if self.settings.clip_norm is not None:
            clip_to_norm(grads, self.settings.clip_norm)
        self.optimizer.step(self.model.parameters.values, grads, rate, index)
        self.optimizer.steps = index + 1
        if self.settings.max_norm is not None:
            for parameter in self.model.parameters:
                limit_columns(parameter, self.settings.max_norm)
        return value, right

    def settle(self, *, weights_only: bool = False) -> None:
        """Model and optimizer are those after the last step at any time."""
