"""From a batch to the gradient of its mean loss: at one go, or, for many rows, in parts that run side by side."""

import math
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Self, cast, final

import numpy as np

from framework.chain import FORWARD_ERRORS, backward_through, forward_through, name_the_layer
from framework.data.batches import Batch
from framework.fused import fused
from framework.losses import Loss
from framework.randomness import Step
from framework.sequential import Sequential
from framework.types import Array

PART_ROWS = 4096
"""A batch of more rows is worked through in equal parts of at most this many: memory stays small, workers stay busy."""
PART_NUMBERS = 2_500_000
"""Parts are smaller where a sample becomes many numbers, as in convolutions: some 100 images of 26 x 26 x 16."""


def part_rows(model: Sequential) -> int:
    """How many rows at most go through `model` at one go: of each, what is not as large as the sample itself counts.

    Where rows know of each other, as in BatchNorm, a batch is never cut.
    """
    if not all(layer.rows_are_independent for layer in model.layers):
        return sys.maxsize
    own = math.prod(model.input_shape)
    made = sum(size for size in map(math.prod, model.shapes) if size != own)
    return max(1, min(PART_ROWS, PART_NUMBERS // max(1, made)))


@final
class Gradients:
    """Forward, loss, backward for one batch after another; the gradient is in `model.parameters.grads` then.

    A batch of at most `part_rows` rows goes through at one go, and `threads` is for the matrix products inside. For
    larger batches there are `threads` workers, each with a replica of the model, one part and one BLAS thread; the mean
    over the batch is the mean of the parts' means, each by the weight of its rows, summed in the order of the parts, so
    how many workers there are never changes a bit. On 60,000 digits of 784-10-10 two workers halve the time.
    """

    def __init__(self, model: Sequential, loss: Loss, *, rows: int, threads: int, most: int | None = None) -> None:
        """For batches of up to `rows` rows, of which at `most` so many go through at one go, not `part_rows`."""
        self._most = part_rows(model) if most is None else most
        workers = threads if rows > self._most else 1
        self.blas_threads = threads if workers == 1 else 1
        """What the caller should allow the matrix products while this runs."""
        self.loss = loss
        self._workers = workers
        self._replicate(model)
        self._pool: ThreadPoolExecutor | None = None

    def _replicate(self, model: Sequential) -> None:
        self.models = (model, *(model.replica() for _ in range(self._workers - 1)))
        self._layers = {id(each): fused(each.layers) for each in self.models}
        self._settings = repr(model)

    def notice_changes(self) -> None:
        """If somebody has changed a setting of a layer, all workers have it from now on."""
        if self._workers > 1 and repr(self.models[0]) != self._settings:
            self._replicate(self.models[0])

    def __enter__(self) -> Self:
        """Start the workers, if there are to be any."""
        if len(self.models) > 1:
            self._pool = ThreadPoolExecutor(len(self.models), "chalknet")
        return self

    def __exit__(self, *error: object) -> None:
        """Let the workers go."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def __call__(self, batch: Batch, step: Step) -> tuple[float, int]:
        """The mean loss over the rows, and where there are labels how many of them the scores get right."""
        if len(batch) <= self._most:
            return self._pass(self.models[0], batch, step)
        grads = self.models[0].parameters.grads
        total, value, right = np.zeros_like(grads), 0.0, 0
        pieces = parts(batch, self._most)
        whole = self.loss.total_weight(batch.y, batch.sample_weight)
        errors = np.geterr()  # a thread has its own

        def part(model: Sequential, number: int) -> tuple[float, int]:
            with np.errstate(**errors):
                return self._pass(model, pieces[number], Step(step.seed, step.index, number))

        run: Callable[..., Iterable[tuple[float, int]]] = map if self._pool is None else self._pool.map
        models = self.models[:1] if self._pool is None else self.models
        for first in range(0, len(pieces), len(models)):
            numbers = range(first, min(first + len(models), len(pieces)))
            for model, number, done in zip(models, numbers, run(part, models, numbers), strict=False):
                fraction = self.loss.total_weight(pieces[number].y, pieces[number].sample_weight) / whole
                value += fraction * done[0]
                right += done[1]
                part_grads = model.parameters.grads
                part_grads *= fraction
                total += part_grads
        grads[...] = total
        return value, right

    def _pass(self, model: Sequential, batch: Batch, step: Step) -> tuple[float, int]:
        y, weight = batch.y, batch.sample_weight
        layers = self._layers[id(model)]
        x = cast(Array, batch.x)  # the first layer's affair, if it takes whole numbers as well
        if not layers[0].casts_input:
            x = x.astype(model.dtype, copy=False)
        try:
            scores = forward_through(layers, x, step)
            value, dy, right = self.loss.for_training(scores, y, weight)
            if right is None:
                known = batch.labels is not None and scores.ndim == 2 and scores.shape[1] > 1
                right = int(np.count_nonzero(scores.argmax(axis=1) == batch.labels)) if known else 0
            backward_through(layers, dy, need_dx=False)
        except FORWARD_ERRORS as error:
            name_the_layer(error, model.layers, x, step)
            raise
        return value, right


def parts(batch: Batch, most: int) -> list[Batch]:
    """The batch whole, if it has at most `most` rows, or in an even number of equal parts, the last often smaller."""
    rows = len(batch)
    if rows <= most:
        return [batch]
    pairs = -(-rows // (2 * most))  # an even number of parts leaves no second worker idle at the end
    size = -(-rows // (2 * pairs))
    return [batch.part(slice(start, start + size)) for start in range(0, rows, size)]
