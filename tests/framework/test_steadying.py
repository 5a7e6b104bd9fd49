"""Limits to gradient and weights, and the average of the weights: alone and in training."""

import math

import numpy as np
import pytest

from framework import (
    SGD,
    BatchNorm,
    Dense,
    EpochReport,
    InputError,
    Parameter,
    Sequential,
    Training,
    TrainingSettings,
    Uniform,
    evaluate,
    fit,
)
from framework.steadying import YOUNG, clip_to_norm, limit_columns
from framework.types import Array

ROUNDING = 1e-6
"""float32 keeps seven digits."""

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = (X.sum(axis=1) > 0).astype(np.int64)


def _model(*, normalized: bool = False) -> Sequential:
    layers = [Dense(3, 4), *([BatchNorm(4)] if normalized else []), Dense(4, 2)]
    return Sequential(layers, seed=1)


@pytest.mark.parametrize(("most", "expected"), [(2.5, [1.5, 2.0]), (5.0, [3.0, 4.0]), (7.0, [3.0, 4.0])])
def test_a_gradient_is_clipped_to_the_norm_and_keeps_its_direction(most: float, expected: list[float]) -> None:
    grads = np.array([3.0, 4.0], np.float32)
    clip_to_norm(grads, most)
    assert grads.tolist() == pytest.approx(expected, rel=ROUNDING)


def test_a_gradient_whose_square_is_beyond_float32_is_clipped_too() -> None:
    grads = np.array([3e19, -4e19], np.float32)
    with np.errstate(over="ignore"):
        clip_to_norm(grads, 1.0)
    assert grads.tolist() == pytest.approx([0.6, -0.8], rel=ROUNDING)
    weight = Parameter("weight", (2, 2), Uniform())
    weight.value[...] = [[3e19, 0.3], [-4e19, 0.4]]
    with np.errstate(over="ignore"):
        limit_columns(weight, 1.0)
    assert weight.value.tolist() == [pytest.approx([0.6, 0.3]), pytest.approx([-0.8, 0.4])]


def test_incoming_weights_are_limited_unit_by_unit_and_biases_are_not() -> None:
    weight = Parameter("weight", (2, 3), Uniform())
    weight.value[...] = [[3, 0.3, 0], [4, 0.4, 0]]
    limit_columns(weight, 1.0)
    assert weight.value.tolist() == [pytest.approx([0.6, 0.3, 0.0]), pytest.approx([0.8, 0.4, 0.0])]
    bias = Parameter("bias", (2,), Uniform())
    bias.value[...] = [30, 40]
    limit_columns(bias, 1.0)
    assert bias.value.tolist() == [30, 40]


def test_kernels_are_limited_by_all_they_look_at() -> None:
    kernel = Parameter("weight", (2, 2, 1, 2), Uniform())
    kernel.value[...] = 1
    limit_columns(kernel, 1.0)
    assert kernel.value.ravel().tolist() == pytest.approx([0.5] * 8)


def test_training_never_moves_further_than_the_clipped_gradient_allows() -> None:
    model = _model()
    before = model.parameters.values.copy()
    fit(model, X, Y, optimizer=SGD(1.0), epochs=1, batch_size=None, clip_norm=0.01, threads=1, show=False)
    moved = float(np.linalg.norm(model.parameters.values - before))
    assert moved == pytest.approx(0.01, rel=1e-4)


def test_training_keeps_weights_inside_their_limit() -> None:
    model = _model()
    fit(model, X, Y, optimizer=SGD(1.0), epochs=5, batch_size=8, max_norm=0.5, threads=1, show=False)
    norms = [np.linalg.norm(layer.parameters[0].value, axis=0) for layer in model.layers]
    assert max(map(np.max, norms)) <= 0.5 * (1 + ROUNDING)
    free = _model()
    fit(free, X, Y, optimizer=SGD(1.0), epochs=5, batch_size=8, threads=1, show=False)
    assert max(np.linalg.norm(layer.parameters[0].value, axis=0).max() for layer in free.layers) > 0.5


@pytest.mark.parametrize("normalized", [False, True])
def test_the_average_is_the_one_by_hand_and_is_what_the_model_ends_with(normalized: bool) -> None:
    decay, epochs = 0.6, 4
    plain, averaged = _model(normalized=normalized), _model(normalized=normalized)

    def numbers(model: Sequential) -> Array:
        return np.concatenate([model.parameters.values, model.buffers.values]).astype(np.float64)

    by_hand = numbers(plain)
    settings = TrainingSettings(epochs, None, threads=1)
    step = 0
    for event in Training(plain, (X, Y), optimizer=SGD(0.5), settings=settings):
        if isinstance(event, EpochReport):
            part = min(decay, (1 + step) / (YOUNG + step))
            by_hand = part * by_hand + (1 - part) * numbers(plain)
            step += 1
    assert step == epochs
    fit(averaged, X, Y, optimizer=SGD(0.5), epochs=epochs, batch_size=None, average=decay, threads=1, show=False)
    np.testing.assert_allclose(numbers(averaged), by_hand, rtol=1e-5, atol=1e-6)
    assert np.abs(numbers(averaged) - numbers(plain)).max() > 1e-3


def test_validation_measures_the_average_and_training_goes_on_from_the_weights() -> None:
    plain = _model()
    fit(plain, X, Y, optimizer=SGD(0.5), epochs=3, batch_size=None, threads=1, show=False)
    model = _model()
    training = Training(
        model,
        (X, Y),
        optimizer=SGD(0.5),
        validation_data=(X, Y),
        settings=TrainingSettings(3, None, threads=1, average=0.9, restore_best=False),
    )
    reports = [event for event in training if isinstance(event, EpochReport)]
    average = training.state.average
    assert average is not None
    assert evaluate(model, (X, Y)).loss == pytest.approx(reports[-1].validation_loss, rel=ROUNDING)
    assert model.parameters.values.tobytes() == average.values.tobytes()
    average.exchange()
    losses = [report.loss for report in reports]
    assert losses == sorted(losses, reverse=True)


def test_the_best_epoch_is_kept_as_the_average_it_was() -> None:
    model = _model(normalized=True)
    history = fit(model, X, Y, optimizer=SGD(0.5), epochs=6, batch_size=8, validation_split=0.5, average=0.9,
                  threads=1, show=False)  # fmt: skip
    assert history.best is not None
    assert history.best.validation_loss is not None
    assert math.isfinite(history.best.validation_loss)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("clip_norm", 0.0, "clip_norm: got 0.0; expected a finite number above 0, or None"),
        ("clip_norm", math.inf, "clip_norm: got inf; expected a finite number above 0, or None"),
        ("max_norm", -1, "max_norm: got -1; expected a finite number above 0, or None"),
        ("average", 1, "average: got 1; expected a decay above 0 and below 1, or None"),
        ("average", 0.0, "average: got 0.0; expected a decay above 0 and below 1, or None"),
        ("average", "0.9", "average: got '0.9'; expected a decay above 0 and below 1, or None"),
    ],
)
def test_what_is_refused(name: str, value: float, message: str) -> None:
    with pytest.raises(InputError) as error:
        TrainingSettings(**{name: value})  # type: ignore[arg-type]
    assert str(error.value) == message
