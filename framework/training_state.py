"""All a run is between two steps, beside the model and the optimizer's memory, and all that a resume needs."""

from dataclasses import dataclass, field
from typing import final

from framework.sequential import Sequential, WeightsAre
from framework.steadying import Average
from framework.types import Array


@final
@dataclass
class TrainingState:
    """The step and what comes next to it; the best epoch's weights so far, and the moving average.

    loss_sum, weight_sum, correct and seen belong to the epoch under way, samples to the whole run. first_step is the
    index this run's first step has for an optimizer that had made steps before. seconds and timed, the samples seen in
    them, are of this process alone, and of the epoch under way: they are no part of what is saved.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0
    weight_sum: float = 0.0
    correct: int = 0
    seen: int = 0
    samples: int = 0
    first_step: int | None = None
    best: float | None = None
    epochs_since_best: int = 0
    seconds: float = 0.0
    timed: int = 0
    best_values: Array | None = field(default=None, repr=False)
    best_buffers: Array | None = field(default=None, repr=False)
    average: Average | None = field(default=None, repr=False)

    def count(self, samples: int, correct: int, loss: float, weight: float) -> None:
        """Take in a step on so many samples, with their mean loss and its weight."""
        self.loss_sum += loss * weight
        self.weight_sum += weight
        self.correct += correct
        self.seen += samples
        self.samples += samples
        self.timed += samples
        self.step += 1
        self.batch += 1

    def is_best(self, figure: float, model: Sequential | None) -> bool:
        """Whether this epoch beats all before it, higher being better; if so, the weights of `model` are put aside."""
        if self.best is not None and figure <= self.best:
            self.epochs_since_best += 1
            return False
        self.best, self.epochs_since_best = figure, 0
        if model is not None:
            self.best_values, self.best_buffers = model.parameters.values.copy(), model.buffers.values.copy()
        return True

    def give_best(self, model: Sequential) -> WeightsAre | None:
        """Let `model` have the weights of the best epoch so far, or else their average; which, if there is either."""
        average = self.average
        if self.best_values is not None and self.best_buffers is not None:
            model.parameters.values[...], model.buffers.values[...] = self.best_values, self.best_buffers
            return "best" if average is None else "best average"
        if average is not None and self.step:
            model.parameters.values[...], model.buffers.values[...] = average.values, average.buffers
            return "average"
        return None

    def end_epoch(self) -> None:
        """Begin to count anew."""
        self.epoch += 1
        self.batch, self.loss_sum, self.weight_sum = 0, 0.0, 0.0
        self.correct, self.seen, self.seconds, self.timed = 0, 0, 0.0, 0
