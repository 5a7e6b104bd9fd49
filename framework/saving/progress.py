"""How far a training is, as numbers and arrays that can be written down, and the way back into a training.

Randomness is a function of seed, name and step, so integers are all there is to its state.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, ValidationError

from framework.arguments import check_minimum
from framework.errors import InputError, ModelFileError, quoted
from framework.history import EpochReport
from framework.saving.container import check_tensors
from framework.sequential import Sequential
from framework.specs.base import Flag, Spec
from framework.steadying import Average
from framework.training import Training
from framework.types import Array
from framework.weights import views

Whole = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
OPTIMIZER, BEST, AVERAGE = "optimizer.", "best.", "average."


class EpochFigures(Spec):
    """A line of the history. Times are left out: equal runs write equal files."""

    epoch: Whole
    loss: Finite
    accuracy: Finite | None
    validation_loss: Finite | None
    validation_accuracy: Finite | None
    learning_rate: Finite
    best: Flag


class Progress(Spec):
    """The numbers of TrainingState, and the history."""

    step: Whole
    epoch: Whole
    batch: Whole
    loss_sum: Finite
    weight_sum: Annotated[Finite, Field(ge=0)]
    correct: Whole
    seen: Whole
    samples: Whole
    first_step: Whole
    best: Finite | None
    epochs_since_best: Whole
    stopped_early: Flag
    history: tuple[EpochFigures, ...]

    @classmethod
    def of(cls, training: Training) -> "Progress":
        values = {name: getattr(training.state, name) for name in cls.model_fields if hasattr(training.state, name)}
        figures = [{name: getattr(report, name) for name in EpochFigures.model_fields} for report in training.history]
        return cls.model_validate({**values, "stopped_early": training.history.stopped_early, "history": figures})

    def check(self, training: Training, path: Path) -> None:
        """Raise ModelFileError unless the numbers fit each other and the training."""
        per_epoch, epochs = training.batches.per_epoch, training.settings.epochs
        fits = {
            f"epoch {self.epoch}; expected at most {epochs}": self.epoch <= epochs,
            f"batch {self.batch}; expected at most {per_epoch}": self.batch <= per_epoch,
            f"step {self.step}; expected {self.epoch * per_epoch + self.batch}, by epoch and batch": self.step
            == self.epoch * per_epoch + self.batch,
            f"batch {self.batch} of epoch {self.epoch + 1}; expected 0, as that epoch is not to be": self.batch == 0
            or (self.epoch < epochs and not self.stopped_early),
            f"{self.seen} samples; expected {_seen(self.batch, training)}": self.seen == _seen(self.batch, training),
            f"{self.samples} samples in all; expected {self.epoch * len(training.data) + self.seen}": self.samples
            == self.epoch * len(training.data) + self.seen,
            f"{self.correct} right answers; expected at most {self.seen}": self.correct <= self.seen,
            f"a history of {len(self.history)} epochs; expected {self.epoch}": len(self.history) == self.epoch,
            "a history out of order": all(row.epoch == number for number, row in enumerate(self.history, start=1)),
        }
        for words, right in fits.items():
            if not right:
                raise ModelFileError(f"{path}: progress: got {words}")


def _seen(batch: int, training: Training) -> int:
    return min(batch * training.batches.batch_size, len(training.data))


def tensors_of(training: Training) -> dict[str, Array]:
    """Every array a training is made of, by name."""
    model, state = training.model, training.state
    tensors = _by_path(model, model.parameters.values, model.buffers.values)
    tensors |= {f"{OPTIMIZER}{name}": slot for name, slot in training.optimizer.slots.items()}
    if state.best_values is not None and state.best_buffers is not None:
        tensors |= _by_path(model, state.best_values, state.best_buffers, BEST)
    if state.average is not None:
        tensors |= _by_path(model, state.average.values, state.average.buffers, AVERAGE)
    return tensors


def best_weights(training: Training) -> dict[str, Array] | None:
    """The weights of the best epoch so far, by path, if they are kept."""
    state = training.state
    if state.best_values is None or state.best_buffers is None:
        return None
    return _by_path(training.model, state.best_values, state.best_buffers)


def restore(training: Training, numbers: object, tensors: Mapping[str, Array], path: Path) -> None:
    """Have `training` be where `tensors_of` and `Progress.of` found another of the same parts and data. Raises
    ModelFileError, and changes nothing, for what cannot be.
    """
    try:
        progress = Progress.model_validate(numbers)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(("progress", *map(str, first["loc"])))
        raise ModelFileError(f"{path}: {place}: got {quoted(first['input'])}; {first['msg'].lower()}") from None
    progress.check(training, path)

    model, optimizer, state = training.model, training.optimizer, training.state
    optimizer.begin(model.parameters)
    now = _by_path(model, model.parameters.values, model.buffers.values)
    into = dict(now)
    if progress.best is not None and training.settings.restore_best:
        state.best_values, state.best_buffers = (
            np.empty_like(model.parameters.values),
            np.empty_like(model.buffers.values),
        )
        into |= _by_path(model, state.best_values, state.best_buffers, BEST)
    if training.settings.average is not None:
        state.average = Average(model, training.settings.average)
        into |= _by_path(model, state.average.values, state.average.buffers, AVERAGE)
    slots = {f"{OPTIMIZER}{name}": slot for name, slot in optimizer.slots.items()}
    into |= slots
    check_tensors(tensors, {name: array.shape for name, array in into.items()}, model.dtype, path)
    try:
        for buffer in model.buffers:
            for name in (buffer.path, f"{BEST}{buffer.path}", f"{AVERAGE}{buffer.path}"):
                if name in into:
                    check_minimum(f"tensor {quoted(name)}", tensors[name], buffer.minimum)
        optimizer.load_slots({name.removeprefix(OPTIMIZER): tensors[name] for name in slots})
    except InputError as error:
        raise ModelFileError(f"{path}: {error}") from None
    for name, array in into.items():
        array[...] = tensors[name]
    for name in Progress.model_fields.keys() & vars(state).keys():
        setattr(state, name, getattr(progress, name))
    optimizer.steps = progress.first_step + progress.step
    training.history.epochs[:] = [
        EpochReport(**figures.model_dump(), epochs=training.settings.epochs, seconds=None, samples_per_second=None)
        for figures in progress.history
    ]
    training.history.stopped_early = progress.stopped_early


def _by_path(model: Sequential, values: Array, buffers: Array, prefix: str = "") -> dict[str, Array]:
    """Views of two vectors laid out as the model's, by the path of each array."""
    arrays = (*model.parameters, *model.buffers)
    parts = (*views(model.parameters, values), *views(model.buffers, buffers))
    return {f"{prefix}{array.path}": part for array, part in zip(arrays, parts, strict=True)}
