"""Sequential: layers in a row, with all their parameters in one vector and all their buffers in another."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from framework.arguments import check_instance, finite_samples, samples
from framework.buffers import Buffer, BufferVector
from framework.chain import (
    FORWARD_ERRORS,
    backward_through,
    every_layer,
    fixed_shape,
    forward_through,
    name_the_layer,
    named_arrays,
    own_arrays,
    shapes_through,
)
from framework.errors import InputError, as_given
from framework.layers.base import Layer
from framework.losses import softmax
from framework.parameters import Parameter, ParameterVector
from framework.randomness import Step, checked_seed
from framework.types import Array, Integers, Shape
from framework.weights import copies, fill

if TYPE_CHECKING:
    from framework.optimizers import Optimizer
    from framework.specs import ComponentSpec

WeightsAre: TypeAlias = Literal["initial", "given", "last", "best", "average", "best average", "unknown"]
"""Which weights a model has: those it was drawn with, or was given; or of a training those after its last step, of its
best epoch, their moving average, or that of its best epoch. Files of old do not say.
"""

PREDICT_BATCH = 1024
"""Rows a prediction handles at once, so that memory stays small however many are asked for."""


@final
class Sequential:
    """y = fₖ(… f₂(f₁(x))): hand it layers, train it, ask it.

    `seed` draws the weights anew, the same ones for the same seed, and has the buffers start again; without one every
    layer keeps the weights it has, which are different at every run. `input_shape`, of one sample, is needed only where
    no layer fixes it. The list of layers is final, and a layer belongs to one model only. Raises InputError where two
    layers do not fit together.
    """

    def __init__(
        self,
        layers: Iterable[Layer],
        *,
        input_shape: Shape | None = None,
        seed: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if not isinstance(layers, Iterable):
            raise InputError(
                f"layers: got {type(layers).__name__}; expected a list of layers", hint="Sequential([...])"
            )
        self.layers = tuple(layers)
        self.dtype = _checked_dtype(dtype)
        _check_ownership(self.layers)
        self.input_shape = _read_off(self.layers) if input_shape is None else _checked_shape(input_shape)
        self.shapes = shapes_through(self.layers, self.input_shape)
        self.seed = None if seed is None else checked_seed(seed)
        """What the weights were drawn from; None where they came otherwise."""
        arrays = named_arrays(self.layers)
        self.parameters = ParameterVector(
            {path: array for path, array in arrays.items() if isinstance(array, Parameter)},
            self.dtype,
            seed=self.seed,
        )
        self.buffers = BufferVector(
            {path: array for path, array in arrays.items() if isinstance(array, Buffer)},
            self.dtype,
            restart=seed is not None,
        )
        for index, layer in enumerate(self.layers):
            layer.adopt(f"layers.{index}", self.dtype)
        self.weights_are: WeightsAre = "initial"
        self._trained: Shape | None = None  # the shape of the scores of the last training forward
        self.optimizer: Optimizer | None = None
        """The one `fit` last trained this model with; `fit` goes on with it unless it is given another."""

    @property
    def output_shape(self) -> Shape:
        return self.shapes[-1]

    def forward(self, x: ArrayLike, *, step: Step | None = None) -> Array:
        """The scores for x (n, *input_shape): (n, *output_shape), an array of its own.

        With `step` this is a training forward: layers remember what backward needs, and the array is borrowed until
        the next one.
        """
        if step is not None:
            check_instance("step", step, Step)
        batch = samples(x, self.input_shape)
        if not self.layers[0].casts_input:
            batch = batch.astype(self.dtype, copy=False)
        try:
            scores = forward_through(self.layers, batch, step)
            expected = (len(batch), *self.output_shape)
            if np.shape(scores) != expected:
                raise ValueError(f"the model gives {np.shape(scores)}; expected {expected}")
        except FORWARD_ERRORS as error:
            name_the_layer(error, self.layers, batch, step)
            raise
        if step is not None:
            self._trained = scores.shape
        if np.may_share_memory(scores, batch):
            return scores.copy()
        return scores

    __call__ = forward

    def backward(self, dy: Array, *, need_dx: bool = False) -> Array | None:
        """From dy = ∂loss/∂scores fill `parameters.grads`; with `need_dx` also return ∂loss/∂x. May overwrite dy."""
        if self._trained is not None and np.shape(dy) != self._trained:
            expected = f"{self._trained}, that of the scores of the last forward with step="
            raise InputError(f"dy: got shape {np.shape(dy)}; expected {expected}")
        return backward_through(self.layers, dy, need_dx)

    def predict(self, x: ArrayLike) -> Integers:
        """The label of each row of x: the place of its highest score."""
        labels: Integers = self._scores(x).argmax(axis=1)
        return labels

    def predict_proba(self, x: ArrayLike) -> Array:
        """The probability of each class for each row: softmax of the scores, for models trained to classify."""
        return softmax(self._scores(x))

    def get_weights(self) -> dict[str, Array]:
        """A copy of every parameter and every buffer, by path: 'layers.1.weight'."""
        return copies(self._arrays())

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Copy `weights` in, in place. Raises InputError, and changes nothing, unless names and shapes fit exactly."""
        fill(self._arrays(), weights)
        self.seed, self.weights_are = None, "given"

    def replica(self) -> Sequential:
        """A model with the same values, in the same memory, but its own gradients and scratch: for another thread."""
        twin = copy.deepcopy(self)
        twin.parameters.share_values(self.parameters)
        twin.buffers.share_values(self.buffers)
        return twin

    def save(self, path: str | os.PathLike[str], *, extra: Sequence[type[ComponentSpec]] = ()) -> None:
        """Write structure and weights into one file. `extra` names the specs of layers of your own."""
        from framework.saving.model_file import save_model  # here, because files need pydantic and numerics do not

        save_model(self, Path(path), extra=extra)

    @staticmethod
    def load(path: str | os.PathLike[str], *, extra: Sequence[type[ComponentSpec]] = ()) -> Sequential:
        """The model in the file: checked against its digest and its spec. Raises ModelFileError."""
        from framework.saving.model_file import load_model

        return load_model(Path(path), extra=extra)

    def summary(self) -> str:
        """A table of layers, output shapes and parameter counts."""
        rows = [("layer", "output shape", "parameters"), ("input", str(self.input_shape), "")]
        for layer, shape in zip(self.layers, self.shapes, strict=True):
            count = sum(parameter.size for parameter in layer.parameters)
            rows.append((repr(layer), str(shape), f"{count:,}" if count else ""))
        rows.append(("total", "", f"{self.parameters.values.size:,}"))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in rows]
        return "\n".join(lines)

    def __len__(self) -> int:
        return len(self.layers)

    def __repr__(self) -> str:
        return f"Sequential([{', '.join(map(repr, self.layers))}])"

    def __copy__(self) -> Sequential:
        return copy.deepcopy(self)

    def __reduce__(self) -> tuple[object, ...]:
        # How copies and pickles are made: the layers detached, then assembled anew. Left to itself NumPy would copy
        # each view into an array of its own, and training the copy would change dead arrays.
        return _assemble, (self.layers, self.input_shape, self.dtype.name, self.weights_are)

    def _arrays(self) -> dict[str, Parameter | Buffer]:
        return {array.path: array for array in (*self.parameters, *self.buffers)}

    def _scores(self, x: ArrayLike) -> Array:
        if len(self.output_shape) != 1 or self.output_shape[0] < 2:
            raise InputError(
                f"predict: this model gives samples of shape {self.output_shape}; expected two or more class scores",
                hint="use forward(x) for the outputs as they are",
            )
        batch = finite_samples(x, self.input_shape, self.dtype)
        scores = np.empty((len(batch), *self.output_shape), self.dtype)
        for start in range(0, len(batch), PREDICT_BATCH):
            scores[start : start + PREDICT_BATCH] = self.forward(batch[start : start + PREDICT_BATCH])
        return scores


def _assemble(layers: Iterable[Layer], input_shape: Shape, dtype: str, weights_are: WeightsAre) -> Sequential:
    model = Sequential(layers, input_shape=input_shape, dtype=dtype)
    model.weights_are = weights_are
    return model


def _checked_dtype(dtype: DTypeLike) -> np.dtype[np.floating]:
    for known in (np.dtype(np.float32), np.dtype(np.float64)):
        with suppress(TypeError):  # no dtype at all
            if np.dtype(dtype) == known:
                return known
    raise InputError(f"dtype: got {as_given(dtype)}; expected float32 or float64")


def _checked_shape(shape: Shape) -> Shape:
    if not isinstance(shape, Sequence):
        raise InputError(f"input_shape: got {as_given(shape)}; expected a tuple of integers", hint=f"write ({shape},)")
    if not shape or any(isinstance(size, bool) or not isinstance(size, int) or size < 1 for size in shape):
        raise InputError(f"input_shape: got {shape}; expected integers of 1 or more, such as (784,)")
    return tuple(shape)


def _check_ownership(layers: tuple[Layer, ...]) -> None:
    if not layers:
        raise InputError("layers: got none; expected one or more")
    met: set[int] = set()
    for place, layer in every_layer(layers):
        check_instance(place, layer, Layer)
        arrays = own_arrays(layer)
        parts = {id(layer), *map(id, arrays)}
        if layer.path or parts & met or any(array.bound for array in arrays):
            raise InputError(
                f"{place}: {layer!r} already belongs to a model; a layer cannot be shared",
                hint="make a new one, or copy.deepcopy(layer)",
            )
        met |= parts


def _read_off(layers: tuple[Layer, ...]) -> Shape:
    shape = fixed_shape(layers)
    if shape is None:
        raise InputError("input_shape: no layer fixes it; give it, for example Sequential(layers, input_shape=(784,))")
    return shape
