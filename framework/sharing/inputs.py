"""Inputs that are 0 in every row, such as pixels in the corners of digits: ranks leave them out of their products.

The gradient of their weights is 0 at every step, and with it the change, so what is learnt is the same without them. Of
the 784 pixels of the 60,000 digits 67 are so, and 64 are left out: with 128 hidden units a step of 128 digits takes
0.94 of its time, with 800 units 0.93.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, final

import numpy as np

from framework.layers import Dense, Rescale
from framework.sharing.share import by_path
from framework.task import Task
from framework.types import Array, Numbers

LEAST_ROWS, LEAST_EPOCHS = 64, 4
"""With fewer rows a batch takes as long with all inputs; for fewer epochs it is not worth it to copy the others."""
LEAST_SPARED = 1 / 32
"""Of the inputs."""
MOST_COPIED = 200_000_000
"""Bytes."""
MULTIPLE = 16
"""So many numbers a processor with AVX-512 takes at once; a few unused inputs are used to make the number one of it."""
SAMPLE = 1000
"""Rows that are looked at first: of most tables they use all inputs."""


class Stretch(NamedTuple):
    """Inputs side by side: where they are among all, and where among those that are used."""

    whole: slice
    part: slice


@final
class Inputs:
    """Those of a layer that are used, in some stretches, or all of them as one."""

    def __init__(self, layer: Dense, used: list[tuple[int, int]]) -> None:
        """`used` are the first input of each stretch and the one after its last."""
        self.path = layer.weight.path
        edges = [0, *(edge for stretch in used for edge in stretch), layer.in_features]
        self.unused = [slice(*gap) for gap in zip(edges[::2], edges[1::2], strict=True) if gap[0] < gap[1]]
        self.stretches: list[Stretch] = []
        self.size = 0
        for start, stop in used:
            self.stretches.append(Stretch(slice(start, stop), slice(self.size, self.size + stop - start)))
            self.size += stop - start

    def of(self, x: Numbers) -> Numbers:
        """A copy of the used columns of x."""
        return np.concatenate([x[:, whole] for whole, _ in self.stretches], axis=1)

    def idle(self, arrays: Mapping[str, tuple[Array, ...]]) -> list[tuple[Array, ...]]:
        """The weights of the inputs that are not used: values, gradients and slots, out of `by_path`."""
        return [tuple(array[unused] for array in arrays[self.path]) for unused in self.unused]


def all_inputs(layer: Dense) -> Inputs:
    return Inputs(layer, [(0, layer.in_features)])


def used_inputs(task: Task, layer: Dense) -> Inputs:
    """Those of `layer` that are needed: all, unless it is the first one, and leaving some out changes nothing else."""
    before = task.model.layers[: task.model.layers.index(layer)]
    if (
        not all(isinstance(scale, Rescale) for scale in before)
        or task.augmentation is not None
        or getattr(task.optimizer, "weight_decay", False)  # it changes weights that have no gradient
        or task.rows < LEAST_ROWS
        or task.settings.epochs < LEAST_EPOCHS
        or task.data.x.nbytes > MOST_COPIED
    ):
        return all_inputs(layer)
    found = Inputs(layer, _not_always_zero(task.data.x))
    worth_it = 0 < found.size <= (1 - LEAST_SPARED) * layer.in_features
    rest = at_rest(found.idle(by_path(task.model.parameters, task.optimizer)))
    return found if worth_it and rest else all_inputs(layer)


def at_rest(idle: Iterable[tuple[Array, ...]]) -> bool:
    """Whether no slot of an optimizer would change such weights by itself, as momentum does."""
    return not any(slot.any() for _, _, *slots in idle for slot in slots)


def _not_always_zero(x: Numbers) -> list[tuple[int, int]]:
    """The stretches of columns of x that have any other number than 0."""
    used = np.asarray(x[:SAMPLE].any(axis=0))
    if not used.all():
        used = np.asarray(x.any(axis=0))
    used[np.flatnonzero(~used)[: -np.count_nonzero(used) % MULTIPLE]] = True
    edges = np.flatnonzero(np.diff(used, prepend=False, append=False))
    return [(start, stop) for start, stop in edges.reshape(-1, 2).tolist()]
