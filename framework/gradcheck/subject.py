"""What is checked, and at which point: a float64 twin of a model, or a layer between two others, and a few rows."""

import copy
import math
from contextlib import suppress

import numpy as np
from numpy.typing import ArrayLike

from framework.arguments import real_numbers
from framework.errors import InputError
from framework.evaluation import checked_data
from framework.layers import Dense, Layer
from framework.layers.flatten import Flatten
from framework.layers.reshape import Reshape
from framework.losses import Loss, MeanSquaredError, SoftmaxCrossEntropy
from framework.randomness import stream
from framework.representation import constructor_call
from framework.sequential import Sequential
from framework.types import Array, Numbers, Shape

ROWS = 6
"""Of a batch made here: enough for a layer that looks at the whole batch, and few for the many forwards to come."""
MOST_ROWS = 32
"""Of a batch that is given."""
BELOW, ABOVE = 5, 4
"""What goes into the layer below a layer that is checked alone, and what the layer above it gives."""
SHAPES: tuple[Shape, ...] = ((6,), *((6, 6, channels) for channels in range(1, 9)), *((k,) for k in range(1, 33)))
"""Samples for a layer that fixes no shape: the first it takes, features or an image."""
LARGEST_PIXEL = 255
RESTLESSNESS = 0.1


def twin_of(model: Sequential) -> Sequential:
    """The model in float64 with the same weights; where it gives images, they come out as rows of numbers."""
    layers = list(copy.deepcopy(model.layers))
    return Sequential(layers + _flattened(model.output_shape), input_shape=model.input_shape, dtype=np.float64)


def model_around(layer: Layer, input_shape: Shape | None, seed: int, *, below: bool) -> Sequential:
    """The layer with a Dense above and, with `below`, one below it: a layer's dx is what they learn from."""
    layer = copy.deepcopy(layer)
    shape = sample_shape(layer) if input_shape is None else input_shape
    output = layer.output_shape(shape)
    layers = [layer, *_flattened(output), Dense(math.prod(output), ABOVE)]
    if below:
        layers = [Dense(BELOW, math.prod(shape)), *([Reshape(shape)] if len(shape) != 1 else []), *layers]
    model = Sequential(layers, input_shape=(BELOW,) if below else shape, seed=seed, dtype=np.float64)
    unsettle(model, seed)
    return model


def unsettle(model: Sequential, seed: int) -> None:
    """Move every weight a little, by a tenth of the largest in its array: where a network starts is a special place,
    and a gain of 1 or a bias of 0 can hide a mistake.
    """
    for parameter in model.parameters:
        size = float(np.abs(parameter.value).max(initial=0)) or 1.0
        moves = stream(seed, f"gradcheck/{parameter.path}").standard_normal(parameter.shape)
        parameter.value[...] += RESTLESSNESS * size * moves


def batch_for(
    model: Sequential, x: ArrayLike | None, y: ArrayLike | None, loss: Loss | None, seed: int
) -> tuple[Array, Numbers, Loss, str]:
    """A few rows in float64, their targets, the loss, and all that in words. Raises InputError where it does not fit.

    A model whose first layer casts its input, as Rescale does, is given whole numbers in the range of pixels.
    """
    rng, k = stream(seed, "gradcheck/data"), model.output_shape[0]
    if x is None:
        if y is not None:
            raise InputError("y: got targets without samples; expected x as well")
        shape = (ROWS, *model.input_shape)
        pixels = model.layers[0].casts_input
        rows: Numbers = rng.integers(0, LARGEST_PIXEL + 1, shape) if pixels else rng.standard_normal(shape)
        words = f"{ROWS} rows of random {f'whole numbers from 0 to {LARGEST_PIXEL}' if pixels else 'normal numbers'}"
    else:
        given = real_numbers("x", x)
        rows = given[:MOST_ROWS]
        words = f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
        if len(rows) < len(given):
            words = f"the first {len(rows)} of {len(given):,} rows"
    if y is None:
        targets, kind = _random_targets(loss, len(rows), k, rng)
        words = f"{words}, random {kind}"
    else:
        targets = real_numbers("y", y)[:MOST_ROWS]
    if loss is None:
        labelled = k > 1 and targets.ndim == 1 and targets.dtype.kind in "iu"
        loss = SoftmaxCrossEntropy() if labelled else MeanSquaredError()
    data = checked_data(model, loss, (rows, targets), "data")
    return data.x.astype(np.float64), data.y, loss, f"{words}; {constructor_call(loss)}"


def _random_targets(loss: Loss | None, n: int, k: int, rng: np.random.Generator) -> tuple[Numbers, str]:
    """Labels of k classes, numbers, or parts of 1, the first of these that the loss takes; and what they are."""
    numbers, parts = rng.standard_normal((n, k)), rng.uniform(size=(n, k))
    kinds: list[tuple[Numbers, str]] = [(numbers, "targets"), (parts, "targets from 0 to 1")]
    if k > 1:
        kinds.insert(0, (rng.integers(0, k, n), "labels"))
    for targets, kind in kinds:
        with suppress(InputError):
            if loss is not None:
                loss.value(np.zeros((n, k)), targets)
            return targets, kind
    return kinds[0]


def sample_shape(layer: Layer) -> Shape:
    """A shape of samples the layer takes. Raises InputError where it is left to the caller to know one."""
    if layer.input_shape is not None:
        return layer.input_shape
    for shape in SHAPES:
        try:
            layer.output_shape(shape)
        except InputError:
            continue
        return shape
    raise InputError(
        f"input_shape: {layer!r} fixes no shape of a sample, and takes none of the usual; expected input_shape=(...)"
    )


def _flattened(shape: Shape) -> list[Layer]:
    return [] if len(shape) == 1 else [Flatten()]
