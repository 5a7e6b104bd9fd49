"""check: entry by entry and along random directions, does the loss move as backward says it will?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from framework.arguments import check_instance, real_number, whole_number
from framework.chain import FORWARD_ERRORS
from framework.errors import CheckFailed, InputError
from framework.gradcheck.report import Comparison, GradientReport
from framework.gradcheck.slopes import judged
from framework.gradcheck.subject import batch_for, model_around, sample_shape, twin_of
from framework.gradcheck.trial import Trial
from framework.layers import Layer
from framework.losses import Loss, MeanSquaredError
from framework.randomness import Step, checked_seed, stream
from framework.sequential import Sequential
from framework.threads import blas_threads
from framework.types import Array, Integers, Shape

DIRECTIONS = 2
"""Through every array of which only a sample of the entries is looked at: each moves all of its entries at once."""


def check(
    model_or_layer: Sequential | Layer,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    loss: Loss | None = None,
    input_shape: Shape | None = None,
    seed: int = 0,
    samples: int = 50,
    tolerance: float = 1e-7,
) -> GradientReport:
    """Compare backward with central differences, for every parameter and for the input.

    A model is copied in float64 with its weights and is not touched itself. A layer alone stands between two Dense
    layers, its weights drawn from `seed` and moved a little; `x`, if given, goes straight into it, and else
    `input_shape` says what it takes where the layer does not. Data that are not given are random. The loss is
    SoftmaxCrossEntropy for labels and else MeanSquaredError; training mode, the same random numbers in every forward.

    Of each array up to `samples` entries are looked at: all, or a random choice and the slopes along random directions
    through all entries. A wrong direction is halved until the entry is found. The report has the rest; only what cannot
    be checked at all raises InputError.
    """
    samples, seed = whole_number("samples", samples), checked_seed(seed)
    real_number("tolerance", tolerance, "a number above 0 and below 1", fits=lambda number: 0 < number < 1)
    if loss is not None:
        check_instance("loss", loss, Loss)
    guess: Shape | None = None
    if isinstance(model_or_layer, Layer):
        if x is not None:
            if np.ndim(x) < 2:
                raise InputError(
                    f"x: got shape {np.shape(x)}; expected (n, ...), rows of samples",
                    hint="the shape of one sample goes in by name, as input_shape=(...)",
                )
            input_shape = np.shape(x)[1:]
        elif input_shape is None and model_or_layer.input_shape is None:
            input_shape = guess = sample_shape(model_or_layer)
        model = model_around(model_or_layer, input_shape, seed, below=x is None)
        loss = loss or (MeanSquaredError() if y is None else None)  # never saturated, whatever the layer gives
        name = repr(model_or_layer)
        place = "between two Dense layers" if x is None else "below a Dense layer"
    else:
        check_instance("model_or_layer", model_or_layer, Sequential)
        if input_shape is not None:
            raise InputError(f"input_shape: got {input_shape} beside a model, which has its own; expected a layer")
        model, name, place = twin_of(model_or_layer), f"a model of {len(model_or_layer)} layers", "at its own weights"
    rows, targets, loss, words = batch_for(model, x, y, loss, seed)
    setting = f"{place}; {words}"
    # A model that overflows is reported, not interrupted; a second thread gains nothing for a few rows.
    with np.errstate(all="ignore"), blas_threads(1):
        try:
            trial = Trial(model, loss, rows, targets, Step(seed, 0))
        except CheckFailed as problem:
            return GradientReport(name, setting, tolerance, problem=str(problem))
        except FORWARD_ERRORS as error:
            if guess is None or isinstance(error, InputError):
                raise
            raise InputError(
                f"input_shape: got none, and {name} fails with samples of shape {guess}; expected the shape it takes",
                hint="write check(layer, input_shape=(5,)), or what one sample is",
            ) from error
        entries, culprit = _Comparing(trial, seed, samples, tolerance).all()
    return GradientReport(name, setting, tolerance, tuple(entries), culprit)


@final
@dataclass(frozen=True)
class _Place:
    """An array the loss depends on, with its gradient by backward; `first` is the layer it enters at."""

    first: int
    layer: str
    kind: str
    name: str
    array: Array
    grad: Array
    scale: float


@final
@dataclass(frozen=True)
class _Comparing:
    trial: Trial
    seed: int
    samples: int
    tolerance: float

    def all(self) -> tuple[list[Comparison], Comparison | None]:
        """Every parameter and the input; and, where something is wrong, the entry to look at."""
        layers = range(len(self.trial.model.layers))
        places = [place for index in layers for place in self._parameters(index)]
        entries = [entry for place in [*places, self._flow(0)] for entry in self._examined(place)]
        if not self._wrong(entries):
            return entries, None
        for index in (len(layers), *reversed(layers)):  # from the loss down, the first that is wrong
            path = self._flow(index).layer
            found = self._wrong([entry for entry in entries if entry.layer == path])
            if not found and index > 0:
                below = self._examined(self._flow(index))
                found = self._wrong(below)
                entries += below if found else []
            if found:
                return entries, max(found, key=lambda entry: (entry.index is not None, entry.error))
        return entries, None

    def _wrong(self, entries: list[Comparison]) -> list[Comparison]:
        return [entry for entry in entries if entry.error > self.tolerance and not entry.kink]

    def _parameters(self, index: int) -> Iterator[_Place]:
        layer = self.trial.model.layers[index]
        for parameter in layer.parameters:
            name = parameter.path.removeprefix(f"{layer.path}.")
            scale = max(1.0, float(np.abs(parameter.value).max()))
            grad = self.trial.grads[parameter.path]
            yield _Place(index, layer.path, type(layer).__name__, name, parameter.value, grad, scale)

    def _flow(self, index: int) -> _Place:
        """What goes into a layer, or after the last one into the loss."""
        trial, layers = self.trial, self.trial.model.layers
        path, kind = "loss", type(trial.loss).__name__
        if index < len(layers):
            path, kind = layers[index].path, type(layers[index]).__name__
        values = trial.values[index]
        return _Place(index, path, kind, "x", values, trial.slopes[index], float(np.abs(values).max()) or 1.0)

    def _examined(self, place: _Place) -> list[Comparison]:
        """A sample of the entries, and directions through all of them if these are more."""
        size = place.array.size
        rng = stream(self.seed, f"gradcheck/{place.layer}.{place.name}")
        chosen = np.arange(size) if size <= self.samples else np.sort(rng.choice(size, self.samples, replace=False))
        entries = [self._compared(place, np.array([flat]), np.ones(1)) for flat in chosen]
        for _ in range(DIRECTIONS if size > self.samples else 0):
            everything, signs = np.arange(size), rng.choice([-1.0, 1.0], size)
            along = self._compared(place, everything, signs)
            entries.append(along)
            if self._wrong([along]):
                found = self._hunted(place, everything, signs)
                if found.index not in [entry.index for entry in entries]:
                    entries.append(found)
                break
        return entries

    def _hunted(self, place: _Place, indices: Integers, signs: Array) -> Comparison:
        """The entry that a wrong direction is wrong by: the worse half of it, and of that the worse half, and so on."""
        while len(indices) > 1:
            middle = len(indices) // 2
            halves = [(indices[:middle], signs[:middle]), (indices[middle:], signs[middle:])]
            apart = []
            for half in halves:
                found = self._compared(place, *half)
                apart.append(np.nan_to_num(abs(found.analytic - found.numeric), nan=np.inf))
            indices, signs = halves[int(np.argmax(apart))]
        return self._compared(place, indices, np.ones(1))

    def _compared(self, place: _Place, indices: Integers, signs: Array) -> Comparison:
        """The slope along `signs` at the entries `indices`, counted as they lie in memory."""
        flat = place.array.reshape(-1)
        original = flat[indices]

        def loss(move: float) -> float:
            flat[indices] = original + move * signs
            value = self.trial.loss_from(place.first)
            flat[indices] = original
            return value

        analytic = float(place.grad.reshape(-1)[indices] @ signs)
        trial = self.trial
        slope = judged(loss, analytic, here=trial.value, scale=place.scale, noise=trial.noise, tolerance=self.tolerance)
        index = None
        if len(indices) == 1:
            index = tuple(int(number) for number in np.unravel_index(int(indices[0]), place.array.shape))
        outcome = (analytic, slope.numeric, slope.error, slope.kink, slope.seen)
        return Comparison(place.layer, place.kind, place.name, index, *outcome)
