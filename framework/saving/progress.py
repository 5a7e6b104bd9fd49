"""How far a training is, as numbers and arrays that can be written down, and the way back into a training.

Randomness is a function of seed, name and step, so integers are all there is to its state.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, ValidationError

from framework.arguments import check_minimum
from framework.errors import InputError, ModelFileError, SpecError, quoted, shown_path
from framework.history import EpochReport
from framework.parameters import Parameter
from framework.saving.container import check_tensors
from framework.saving.figures import HISTORY, check_figures, check_history, epoch_reports, history_tensors
from framework.sequential import Sequential
from framework.specs.base import Flag, Spec
from framework.specs.complaints import Json, translated
from framework.specs.run import PartsSpec
from framework.steadying import Average
from framework.training import Training
from framework.types import Array
from framework.weights import views

INDEX_LIMIT = 2**63
Whole = Annotated[int, Field(strict=True, ge=0, lt=INDEX_LIMIT)]
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
OPTIMIZER, BEST, AVERAGE = "optimizer.", "best.", "average."


class Progress(Spec):
    """The numbers of TrainingState, and whether the run ended before its time."""

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

    @classmethod
    def of(cls, training: Training) -> "Progress":
        values = {name: getattr(training.state, name) for name in cls.model_fields if hasattr(training.state, name)}
        return cls.model_validate({**values, "stopped_early": training.history.stopped_early})

    @classmethod
    def read(cls, tree: dict[str, Json], path: Path) -> "Progress":
        """The numbers in a file. Raises ModelFileError that names the first that is missing, too many or of no use."""
        try:
            return cls.model_validate(tree)
        except ValidationError as error:
            fault: SpecError = translated(error, cls, tree, f"{shown_path(path)}: progress", ())
            raise ModelFileError(str(fault), hint=fault.hint) from None

    def check(self, training: Training, history: list[EpochReport], path: Path) -> None:
        """Raise ModelFileError unless the numbers fit each other, the history and the training."""
        batches, settings, rows = training.batches, training.settings, len(training.data)
        last = next((report for report in reversed(history) if report.best), None)
        done = settings.patience is not None and self.epochs_since_best >= settings.patience
        expected: dict[str, tuple[float | None, float | None]] = {
            "step": (self.step, self.epoch * batches.per_epoch + self.batch),
            "seen": (self.seen, min(self.batch * batches.batch_size, rows)),
            "samples": (self.samples, self.epoch * rows + self.seen),
            "best": (self.best, None if last is None else _monitored(last, training)),
            "epochs_since_best": (self.epochs_since_best, 0 if last is None else self.epoch - last.epoch),
            "stopped_early": (self.stopped_early, done and self.epoch < settings.epochs),
        }
        over = self.epoch == settings.epochs or self.stopped_early
        limits = {
            "epoch": (self.epoch, settings.epochs),
            "batch": (self.batch, 0 if over else batches.per_epoch),
            "correct": (self.correct, self.seen),
            "first_step": (self.first_step, INDEX_LIMIT - 1 - training.total_steps),
        }
        for name, (number, most) in limits.items():
            if number > most:
                raise ModelFileError(f"{shown_path(path)}: progress: /{name}: got {number}; expected at most {most}")
        for name, (given, right) in expected.items():
            if given != right:
                raise ModelFileError(
                    f"{shown_path(path)}: progress: /{name}: got {given}; expected {right}, by the rest of the file"
                )
        mean = self.loss_sum / self.weight_sum if self.weight_sum else math.inf
        if not math.isfinite(mean) if self.batch else (self.loss_sum, self.weight_sum) != (0, 0):
            raise ModelFileError(
                f"{shown_path(path)}: progress: /weight_sum: got {self.weight_sum} for a loss of {self.loss_sum} and "
                f"{self.batch} batches; expected a mean, or 0 before the first batch"
            )


def _monitored(report: EpochReport, training: Training) -> float | None:
    """The figure by which an epoch is the best, the greater the better."""
    if training.settings.monitor == "validation_accuracy" and report.validation_accuracy is not None:
        return report.validation_accuracy
    return None if report.validation_loss is None else -report.validation_loss


def tensors_of(training: Training) -> dict[str, Array]:
    """Every array a training is made of, by name."""
    model, state = training.model, training.state
    tensors = _by_path(model, model.parameters.values, model.buffers.values)
    tensors |= {f"{OPTIMIZER}{name}": slot for name, slot in training.optimizer.slots.items()}
    if state.best_values is not None and state.best_buffers is not None:
        tensors |= _by_path(model, state.best_values, state.best_buffers, BEST)
    if state.average is not None:
        tensors |= _by_path(model, state.average.values, state.average.buffers, AVERAGE)
    return tensors | history_tensors(training.history)


def best_weights(training: Training) -> dict[str, Array] | None:
    """The weights of the best epoch so far, by path, if they are kept."""
    state = training.state
    if state.best_values is None or state.best_buffers is None:
        return None
    return _by_path(training.model, state.best_values, state.best_buffers)


def check_arrays(plan: PartsSpec, progress: Progress, tensors: Mapping[str, Array], path: Path) -> None:
    """Raise ModelFileError unless `tensors` are those of a training of this plan that is so far. Nothing of the size
    that the plan says is made for it.
    """
    optimizer, arrays = plan.optimizer.build(), plan.model.arrays()
    size = sum(array.size for array in arrays.values() if isinstance(array, Parameter))
    best = progress.best is not None and plan.training.restore_best
    prefixes = ["", *([BEST] if best else []), *([AVERAGE] if plan.training.average is not None else [])]
    held = {f"{prefix}{name}": array for prefix in prefixes for name, array in arrays.items()}
    slots = {f"{OPTIMIZER}{name}": name for name in optimizer.slot_names()}
    history = {name: tensor for name, tensor in tensors.items() if name.startswith(HISTORY)}
    check_tensors(
        {name: tensor for name, tensor in tensors.items() if name not in history},
        {name: array.shape for name, array in held.items()} | dict.fromkeys(slots, (size,)),
        np.dtype(plan.model.dtype),
        path,
    )
    check_history(history, progress.epoch, path)
    least = {name: array.minimum for name, array in held.items() if array.minimum > -math.inf}
    least |= {name: 0.0 for name, slot in slots.items() if slot in optimizer.squares}
    for name, minimum in least.items():
        try:
            check_minimum(f"{shown_path(path)}: tensor {quoted(name)}", tensors[name], minimum)
        except InputError as error:
            raise ModelFileError(str(error)) from None


def restore(training: Training, progress: Progress, tensors: Mapping[str, Array], path: Path) -> None:
    """Have `training` be where `tensors_of` and `Progress.of` found another of the same parts and data. `tensors` have
    passed `check_arrays` for its plan. Raises ModelFileError, and changes nothing, for what cannot be.
    """
    check_figures(tensors, training, path)
    history = epoch_reports(tensors, progress.epoch, training.settings.epochs)
    progress.check(training, history, path)

    model, optimizer, state = training.model, training.optimizer, training.state
    into = _by_path(model, model.parameters.values, model.buffers.values)
    if progress.best is not None and training.settings.restore_best:
        state.best_values = np.empty_like(model.parameters.values)
        state.best_buffers = np.empty_like(model.buffers.values)
        into |= _by_path(model, state.best_values, state.best_buffers, BEST)
    if training.settings.average is not None:
        state.average = Average(model, training.settings.average)
        into |= _by_path(model, state.average.values, state.average.buffers, AVERAGE)
    for name, array in into.items():
        array[...] = tensors[name]
    optimizer.begin(model.parameters)
    optimizer.load_slots({name: tensors[f"{OPTIMIZER}{name}"] for name in optimizer.slot_names()})
    optimizer.steps = progress.first_step + progress.step
    if progress.step:
        model.weights_are = "last"  # what the best epoch, or the average, puts in their place says so itself
    for name in Progress.model_fields.keys() & vars(state).keys():
        setattr(state, name, getattr(progress, name))
    training.history.epochs[:] = history
    training.history.stopped_early = progress.stopped_early


def _by_path(model: Sequential, values: Array, buffers: Array, prefix: str = "") -> dict[str, Array]:
    """Views of two vectors laid out as the model's, by the path of each array."""
    arrays = (*model.parameters, *model.buffers)
    parts = (*views(model.parameters, values), *views(model.buffers, buffers))
    return {f"{prefix}{array.path}": part for array, part in zip(arrays, parts, strict=True)}
