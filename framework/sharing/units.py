"""Hidden layers shared out by their units: ranks have columns of one layer's W and rows of the next, and add up.

In a deep network every second hidden layer is. What lies between, an activation on the sum, is done by all ranks alike.
"""

import copy
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple, final

import numpy as np

from framework.data.batches import Batch
from framework.gradients import Gradients, part_rows
from framework.initializers import Constant
from framework.layers import Dense, Dropout, GaussianNoise
from framework.layers.base import Activation, Layer
from framework.optimizers.base import Elementwise
from framework.randomness import Step
from framework.sequential import Sequential
from framework.sharing.inputs import Inputs, Samples, at_rest, used_inputs
from framework.sharing.meeting import Gathering, Meeting, Sum, common_memory, part_of
from framework.sharing.partial import Partial
from framework.sharing.share import Share, augmented, by_path, work
from framework.stepper import Update
from framework.task import Task
from framework.types import Array, Numbers

LEAST_UNITS = 16
"""Hidden units a rank has at the least; fewer are not worth a process."""
LEAST_SHARED = 0.7
"""Of the multiplications of a step, at the least: the others every rank makes."""


class Pair(NamedTuple):
    """Two Dense layers, with nothing between them that needs more than one unit, and their places in the model."""

    hidden: Dense
    after: Dense
    first: int
    last: int


class Cut(NamedTuple):
    """Where some of a parameter's numbers are: in the whole one, and in a rank's; () is everywhere."""

    whole: tuple[slice, ...] = ()
    part: tuple[slice, ...] = ()


def pairs(model: Sequential, ranks: int) -> Iterator[Pair]:
    """The hidden layers of `model` that so many ranks can share out, each with the Dense layer after it."""
    dense = [(index, layer) for index, layer in enumerate(model.layers) if isinstance(layer, Dense)]
    free = 0
    for (first, hidden), (last, after) in pairwise(dense):
        between = model.layers[first + 1 : last]
        unit_by_unit = all(isinstance(layer, Activation | Dropout | GaussianNoise) for layer in between)
        if first >= free and unit_by_unit and hidden.out_features >= ranks * LEAST_UNITS:
            free = last + 1
            yield Pair(hidden, after, first, last)


def has_units_enough(task: Task, ranks: int) -> bool:
    """Whether hidden layers may be shared out, and are most of the work: nothing needs a whole one, or the gradient."""
    model, settings = task.model, task.settings
    found, each = list(pairs(model, ranks)), work(model)
    return (
        len(found) > 0
        and sum(each[pair.first] + each[pair.last] for pair in found) >= LEAST_SHARED * sum(each)
        and all(layer.rows_are_independent for layer in model.layers)
        and task.rows <= part_rows(model)
        and isinstance(task.optimizer, Elementwise)
        and settings.clip_norm is None
        and settings.max_norm is None
        and settings.average is None
    )


def unit_shares(samples: Samples, task: Task, meeting: Meeting) -> list[Share]:
    """A share for each rank; `samples` are those of `task`."""
    model, rows = task.model, task.rows
    gathering = Gathering(meeting, (rows, *model.input_shape), np.dtype(np.float32))
    sums = {}
    for pair in pairs(model, meeting.ranks):
        sums[pair.last] = Sum(meeting, (rows, pair.after.out_features), model.dtype)
        if any(layer.parameters for layer in model.layers[: pair.first]):
            sums[pair.first] = Sum(meeting, (rows, pair.hidden.in_features), model.dtype)
    inputs = used_inputs(task, next(pairs(model, meeting.ranks)).hidden, samples)
    common = Common(task, sums, gathering, inputs, samples.columns if inputs.unused else None)
    return [UnitShare(common, rank) for rank in range(meeting.ranks)]


class Common(NamedTuple):
    """What all ranks have."""

    task: Task
    sums: Mapping[int, Sum]
    """By the place in the model of the layer whose result or gradient is one."""
    gathering: Gathering
    inputs: Inputs
    """Of the first layer that is shared out."""
    samples: Numbers | None
    """Those columns of all samples, where they are not all."""


@final
class UnitGradients:
    """Fills the gradients of one rank's weights. Each augments some rows of the batch, for all."""

    def __init__(self, common: Common, own: Sequential, rank: int) -> None:
        self.common, self.rank, task = common, rank, common.task
        self._own = Gradients(own, task.loss, rows=task.rows, threads=1, most=task.rows)
        if common.samples is not None:
            self._x = np.empty((task.rows, common.inputs.size), common.samples.dtype)

    def __call__(self, batch: Batch, step: Step) -> tuple[float, int]:
        task, gathering, samples = self.common.task, self.common.gathering, self.common.samples
        if task.augmentation is not None:
            mine = part_of(len(batch), self.rank, gathering.meeting.ranks)
            new = augmented(task.augmentation, batch.x[mine], step, self.rank)
            batch = batch.of(gathering(new, mine, len(batch)))
        elif samples is not None:
            batch = batch.of(self.common.inputs.of(batch, samples, self._x))
        return self._own(batch, step)


@final
class UnitShare:
    """A narrower model, which meets the others' where sums are to be made, and an optimizer for it.

    Their numbers lie in memory that all ranks have, so that the first can collect them.
    """

    def __init__(self, common: Common, rank: int) -> None:
        task, ranks = common.task, common.gathering.meeting.ranks
        model, rule = task.model, copy.deepcopy(task.optimizer)
        layers, cuts = _narrowed(common, rank)
        shape = model.input_shape if common.samples is None else (common.inputs.size,)
        own = Sequential(layers, input_shape=shape, dtype=model.dtype)
        for pair in pairs(model, ranks):
            for layer in own.layers[pair.first + 1 : pair.last]:
                layer.path += f"/{rank}" if rank else ""  # units of its own draw random numbers of their own
        vectors = own.parameters
        vectors.move(common_memory(vectors.values.size, model.dtype), common_memory(vectors.values.size, model.dtype))
        rule.begin(vectors, zeros=lambda like: common_memory(like.size, like.dtype))
        rule.steps = task.optimizer.steps
        self.update = Update(own, rule, task.settings, UnitGradients(common, own, rank))

        wholes = by_path(model.parameters, task.optimizer)
        self._kept: list[tuple[Array, Array]] = []
        self._grads: list[tuple[Array, Array]] = []
        for path, parts in by_path(vectors, rule).items():
            for cut in cuts.get(path, [Cut()]):
                values, grads, *slots = (
                    (part[cut.part], whole[cut.whole]) for part, whole in zip(parts, wholes[path], strict=True)
                )
                self._grads.append(grads)
                self._kept += [values, *slots]
        for part, whole in (*self._kept, *self._grads):
            part[...] = whole
        self._idle = common.inputs.idle(wholes) if rank == 0 else []

    def is_as_given(self) -> bool:
        return at_rest(self._idle) and all(np.array_equal(part, whole) for part, whole in self._kept)

    def give(self) -> None:
        for part, whole in (*self._kept, *self._grads):
            whole[...] = part
        for _, grad, *_ in self._idle:
            grad[...] = 0


def _narrowed(common: Common, rank: int) -> tuple[list[Layer], dict[str, list[Cut]]]:
    """A rank's layers, and of each parameter, by its path, what it has of it, if not everything."""
    model, sums, ranks = common.task.model, common.sums, common.gathering.meeting.ranks
    layers: dict[int, Layer] = {}
    cuts: dict[str, list[Cut]] = {}
    zero = Constant(0.0)
    for pair in pairs(model, ranks):
        hidden, after = pair.hidden, pair.after
        mine = part_of(hidden.out_features, rank, ranks)
        units = mine.stop - mine.start
        inputs = common.inputs if common.inputs.path == hidden.weight.path else Inputs(hidden)
        columns = Dense(inputs.size, units, use_bias=hidden.use_bias, weight_initializer=zero)
        # the bias after the sum is added once
        rows = Dense(units, after.out_features, use_bias=after.use_bias and rank == 0, weight_initializer=zero)
        layers[pair.first] = Partial(columns, dx=sums[pair.first]) if pair.first in sums else columns
        layers[pair.last] = Partial(rows, y=sums[pair.last])
        cuts[hidden.weight.path] = [Cut((whole, mine), (part,)) for whole, part in inputs.stretches]
        cuts[after.weight.path] = [Cut((mine,))]
        if hidden.bias is not None:
            cuts[hidden.bias.path] = [Cut((mine,))]
    return [layers.get(index) or copy.deepcopy(layer) for index, layer in enumerate(model.layers)], cuts
