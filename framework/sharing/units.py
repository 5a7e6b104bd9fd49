"""A hidden layer shared out by its units: each rank has some columns of W1 and rows of W2, and scores are added up."""

import copy
from typing import NamedTuple, final

import numpy as np

from framework.data.batches import Batch
from framework.gradients import Gradients, part_rows
from framework.initializers import Constant
from framework.layers import Dense, Flatten, Rescale, Reshape
from framework.layers.base import Activation, Layer
from framework.optimizers import Optimizer
from framework.optimizers.base import Elementwise
from framework.parameters import ParameterVector
from framework.randomness import Step
from framework.sequential import Sequential
from framework.sharing.meeting import Gathering, Meeting, Sum, part_of, shared
from framework.sharing.share import Share, augmented
from framework.stepper import Update
from framework.task import Task
from framework.types import Array
from framework.weights import views

LEAST_UNITS = 16
"""Hidden units a rank has at the least; fewer are not worth a process."""


class Anatomy(NamedTuple):
    """A model with one hidden layer, by its parts."""

    before: tuple[Layer, ...]
    hidden: Dense
    activation: Activation
    scores: Dense


def anatomy(model: Sequential) -> Anatomy | None:
    """The parts of `model`, if it is Dense, an activation, Dense, after layers that only scale or reshape."""
    before, last = model.layers[:-3], model.layers[-3:]
    match last:
        case (Dense() as hidden, Activation() as activation, Dense() as scores):
            if all(isinstance(layer, Rescale | Flatten | Reshape) for layer in before):
                return Anatomy(before, hidden, activation, scores)
    return None


def has_units_enough(task: Task, ranks: int) -> bool:
    """Whether a hidden layer may be shared out: nothing needs a whole unit, or the whole gradient."""
    parts, settings = anatomy(task.model), task.settings
    return (
        parts is not None
        and parts.hidden.out_features >= ranks * LEAST_UNITS
        and task.rows <= part_rows(task.model)
        and isinstance(task.optimizer, Elementwise)
        and settings.clip_norm is None
        and settings.max_norm is None
        and settings.average is None
    )


def unit_shares(task: Task, meeting: Meeting) -> list[Share]:
    """A share for each rank."""
    model = task.model
    total = Sum(meeting, (task.rows, *model.output_shape), model.dtype)
    gathering = Gathering(meeting, (task.rows, *model.input_shape), np.dtype(np.float32))
    return [UnitShare(task, total, gathering, rank) for rank in range(meeting.ranks)]


@final
class UnitGradients:
    """Fills the gradients of one rank's weights. Each augments some rows of the batch, for all."""

    def __init__(self, task: Task, narrow: Sequential, total: Sum, gathering: Gathering, rank: int) -> None:
        self.task, self.gathering, self.rank = task, gathering, rank
        self._own = Gradients(narrow, task.loss, rows=task.rows, threads=1, complete=total)

    def __call__(self, batch: Batch, step: Step) -> tuple[float, int]:
        if self.task.augmentation is not None:
            mine = part_of(len(batch.x), self.rank, self.gathering.meeting.ranks)
            new = augmented(self.task.augmentation, batch.x[mine], step, self.rank)
            batch = batch._replace(x=self.gathering(new, mine, len(batch.x)))
        return self._own(batch, step)


@final
class UnitShare:
    """A narrower model, whose scores are a part of the sum, and an optimizer for it.

    Their numbers lie in memory that all ranks have, so that the first can collect them.
    """

    def __init__(self, task: Task, total: Sum, gathering: Gathering, rank: int) -> None:
        model, optimizer, parts = task.model, task.optimizer, anatomy(task.model)
        if parts is None:
            raise ValueError(f"{model!r} has no hidden layer to be shared out")
        before, hidden, activation, scores = parts
        mine = part_of(hidden.out_features, rank, gathering.meeting.ranks)
        units, zero = mine.stop - mine.start, Constant(0.0)
        narrow = Dense(hidden.in_features, units, use_bias=hidden.use_bias, weight_initializer=zero)
        # b2 is added once
        last = Dense(units, scores.out_features, use_bias=scores.use_bias and rank == 0, weight_initializer=zero)
        own = Sequential(
            [*map(copy.deepcopy, before), narrow, copy.deepcopy(activation), last],
            input_shape=model.input_shape,
            dtype=model.dtype,
        )
        vectors, rule = own.parameters, copy.deepcopy(optimizer)
        vectors.move(shared(vectors.values.size, model.dtype), shared(vectors.values.size, model.dtype))
        rule.begin(vectors, zeros=lambda like: shared(like.size, like.dtype))
        self.update = Update(own, rule, task.settings, UnitGradients(task, own, total, gathering, rank))

        cuts = {narrow.weight.path: (slice(None), mine), last.weight.path: (mine,)}
        if narrow.bias is not None:
            cuts[narrow.bias.path] = (mine,)
        wholes = _by_path(model.parameters, optimizer)
        pairs = [
            [(part, whole[cuts.get(path, ())]) for part, whole in zip(parts_of_it, wholes[path], strict=True)]
            for path, parts_of_it in _by_path(vectors, rule).items()
        ]
        self._weights = [values for values, *_ in pairs]
        self._rest = [pair for _, *rest in pairs for pair in rest]
        for part, whole in (*self._weights, *self._rest):
            part[...] = whole

    def has_weights(self) -> bool:
        return all(np.array_equal(part, whole) for part, whole in self._weights)

    def give_weights(self) -> None:
        for part, whole in self._weights:
            whole[...] = part

    def give_rest(self) -> None:
        for part, whole in self._rest:
            whole[...] = part


def _by_path(parameters: ParameterVector, optimizer: Optimizer) -> dict[str, tuple[Array, ...]]:
    """For each parameter its value, its gradient and its part of every slot."""
    vectors = (parameters.values, parameters.grads, *optimizer.slots.values())
    places = zip(*(views(parameters, vector) for vector in vectors), strict=True)
    return {parameter.path: arrays for parameter, arrays in zip(parameters, places, strict=True)}
