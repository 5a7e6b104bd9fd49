"""Inputs that are 0 in every row, such as pixels in the corners of digits: ranks leave them out of their products.

The gradient of their weights is 0 at every step, and with it the change, so what is learnt is the same without them. Of
the 784 pixels of the 60,000 digits 67 are so, and 64 are left out: with 128 hidden units a step of 128 digits takes
0.94 of its time, with 800 units 0.93.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from framework.data.batches import Batch, gathered
from framework.layers import Dense, Rescale
from framework.optimizers.base import Elementwise
from framework.sharing.share import by_path
from framework.task import Task
from framework.types import Array, Numbers

LEAST_ROWS, LEAST_EPOCHS = 64, 4
"""With fewer rows a batch takes as long with all inputs; for fewer epochs it is not worth it to copy the samples."""
LEAST_SPARED = 1 / 32
"""Of the inputs."""
MOST_COPIED = 64_000_000
"""Bytes: so much memory it may cost, and of larger numbers than bytes the copy takes longer than it saves."""
MULTIPLE = 16
"""So many numbers a processor with AVX-512 takes at once. A few inputs that are 0 stay, to make it one of it."""


class Stretch(NamedTuple):
    """Inputs side by side: where they are among all, and where among those that are used."""

    whole: slice
    part: slice


@final
class Inputs:
    """Those of a layer that are used, as stretches."""

    def __init__(self, layer: Dense, used: NDArray[np.bool_] | None = None) -> None:
        """All, unless it is said of each whether it is used."""
        self.path = layer.weight.path
        used = np.ones(layer.in_features, np.bool_) if used is None else used
        self.size = int(np.count_nonzero(used))
        self.stretches: list[Stretch] = []
        first = 0
        for start, stop in _runs(used):
            self.stretches.append(Stretch(slice(start, stop), slice(first, first + stop - start)))
            first += stop - start
        self.unused = [slice(start, stop) for start, stop in _runs(~used)]

    def of(self, batch: Batch, columns: Numbers, out: Numbers) -> Numbers:
        """Those of the samples of a batch: rows of `columns`, which are those of all samples, gathered to `out`."""
        if batch.rows is None:
            return np.concatenate([batch.x[:, whole] for whole, _ in self.stretches], axis=1)
        return columns[batch.rows] if isinstance(batch.rows, slice) else gathered(columns, batch.rows, out)

    def idle(self, arrays: Mapping[str, tuple[Array, ...]]) -> list[tuple[Array, ...]]:
        """The weights of the others: values, gradients and slots, out of `by_path`."""
        return [tuple(array[unused] for array in arrays[self.path]) for unused in self.unused]


@final
class Samples:
    """The samples of a training without the columns that are 0 in all of them; found and copied once, when needed."""

    def __init__(self, x: Numbers) -> None:
        self.x = x

    @cached_property
    def used(self) -> NDArray[np.bool_]:
        """Of each column whether it stays."""
        used = np.asarray(self.x.any(axis=0))
        padding = -np.count_nonzero(used) % MULTIPLE
        used[np.flatnonzero(~used)[:padding]] = True
        return used

    @cached_property
    def columns(self) -> Numbers:
        """A copy of those."""
        return self.x.take(np.flatnonzero(self.used), axis=1)


def used_inputs(task: Task, layer: Dense, samples: Samples) -> Inputs:
    """Those of `layer` that are needed: all, unless it is the first one, and leaving some out changes nothing else.

    What is decided here is decided alike where a run is taken up again, by its plan and its samples.
    """
    before = task.model.layers[: task.model.layers.index(layer)]
    possible = (
        all(isinstance(scale, Rescale) for scale in before)
        and isinstance(task.optimizer, Elementwise)
        and task.optimizer.lets_rest
        and task.fresh
        and task.augmentation is None
        and task.rows >= LEAST_ROWS
        and task.settings.epochs >= LEAST_EPOCHS
        and task.data.x.nbytes <= MOST_COPIED
    )
    if not possible or not 0 < np.count_nonzero(samples.used) <= (1 - LEAST_SPARED) * layer.in_features:
        return Inputs(layer)
    inputs = Inputs(layer, samples.used)
    return inputs if at_rest(inputs.idle(by_path(task.model.parameters, task.optimizer))) else Inputs(layer)


def at_rest(idle: Iterable[tuple[Array, ...]]) -> bool:
    """Whether no slot of an optimizer would change such weights by itself, as momentum does."""
    return not any(slot.any() for _, _, *slots in idle for slot in slots)


def _runs(flags: NDArray[np.bool_]) -> list[list[int]]:
    """The first index of each run of True, and the one after its last."""
    runs: list[list[int]] = np.flatnonzero(np.diff(flags, prepend=False, append=False)).reshape(-1, 2).tolist()
    return runs
