"""What keeps training steady beside the update rule: limits to the gradient and to the weights, and their average."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

import numpy as np

from framework.held_back import held_back
from framework.optimizers.base import BLOCK
from framework.parameters import Parameter
from framework.sequential import Sequential
from framework.types import Array

YOUNG = 10
"""After t steps the average forgets no slower than over (1 + t) / (YOUNG + t): its start is soon forgotten."""


def clip_to_norm(grads: Array, most: float) -> None:
    """g ← g · most / ‖g‖ where ‖g‖, over all parameters, is above `most`. Pascanu et al. 2013, arXiv:1211.5063."""
    squares = float(np.dot(grads, grads))
    if not math.isfinite(squares):  # float32 reaches 1e38, its square root 1e19
        squares = float(np.einsum("i,i", grads, grads, dtype=np.float64, casting="same_kind"))
    norm = math.sqrt(squares)
    if norm > most:
        grads *= most / norm


def limit_columns(parameter: Parameter, most: float) -> None:
    """Scale down each unit's incoming weights, w, where ‖w‖ is above `most`; vectors stay. Srivastava et al. 2014."""
    if len(parameter.shape) < 2:
        return
    columns = parameter.value.reshape(-1, parameter.shape[-1])
    norms = np.einsum("ij,ij->j", columns, columns)
    if not np.isfinite(norms).all():
        norms = np.einsum("ij,ij->j", columns, columns, dtype=np.float64, casting="same_kind")
    np.sqrt(norms, out=norms)
    columns *= np.minimum(1, most / np.maximum(norms, most))


@final
class Average:
    """ā ← d ā + (1 − d) a of all weights and buffers a, step by step, d = min(decay, (1 + t) / (10 + t)).

    Late in a run the weights wander around a good place; their average is nearer to it than any of them. Polyak and
    Juditsky 1992.
    """

    def __init__(self, model: Sequential, decay: float) -> None:
        self.model, self.decay = model, decay
        self.values: Array = model.parameters.values.copy()
        self.buffers: Array = model.buffers.values.copy()
        self._scratch: Array = np.empty(min(BLOCK, max(self.values.size, self.buffers.size)), self.values.dtype)

    def update(self, step: int) -> None:
        """Take in the weights after step number `step`, counted from 0."""
        part = 1 - min(self.decay, (1 + step) / (YOUNG + step))
        for average, now in self._pairs():
            for start in range(0, len(now), BLOCK):
                block = slice(start, start + BLOCK)
                change = np.subtract(now[block], average[block], out=self._scratch[: now[block].size])
                change *= part
                average[block] += change

    def exchange(self) -> None:
        """Give the model the average, and keep the model's weights in its place: twice is not at all."""
        for average, now in self._pairs():
            average[...], now[...] = now.copy(), average.copy()

    def _pairs(self) -> tuple[tuple[Array, Array], ...]:
        return (self.values, self.model.parameters.values), (self.buffers, self.model.buffers.values)


@contextmanager
def averaged(average: Average | None) -> Iterator[None]:
    """Inside, the model has the averaged weights, if there is an average."""
    if average is None:
        yield
        return
    inside = False
    try:
        with held_back():
            average.exchange()
            inside = True
        yield
    finally:
        if inside:
            with held_back():
                average.exchange()
