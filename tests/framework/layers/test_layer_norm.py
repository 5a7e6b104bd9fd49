"""LayerNorm: against plain loops, sample by sample, and what it refuses."""

import math
from itertools import product

import numpy as np
import pytest

from framework import AdamW, Dense, InputError, LayerNorm, Sequential, Step
from framework.types import Array, Shape
from tests.framework.numeric import GRADIENT_TOLERANCE, numeric_gradient, relative_error

STEP = Step(seed=1, index=0)

FLOAT64 = 1e-12
"""Relative: some tens of float64 operations against the same sums in another order."""

OFFSET = 1000.0
OFFSET_TOLERANCE = 2e-3
"""Numbers near 1000 are 6e-5 apart in float32, and so is their mean known; of standard deviation 1 a few of these."""


def numbers(shape: Shape, seed: int = 1) -> Array:
    return np.random.default_rng(seed).normal(2, 3, shape)


def model_of(layer: LayerNorm, shape: Shape, dtype: type[np.floating] = np.float64) -> Sequential:
    """A model of this layer alone, with γ and β of its own for every feature."""
    model = Sequential([layer], input_shape=shape, dtype=dtype)
    layer.gamma.value[...] = np.linspace(0.5, 2, layer.features)
    layer.beta.value[...] = np.linspace(-1, 1, layer.features)
    return model


def normalised(x: Array, layer: LayerNorm) -> Array:
    y = np.empty(x.shape)
    for place in product(*map(range, x.shape[:-1])):
        values = [float(value) for value in x[place]]
        mean = math.fsum(values) / len(values)
        variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
        for f, value in enumerate(values):
            scaled = float(layer.gamma.value[f]) * (value - mean) / math.sqrt(variance + layer.epsilon)
            y[(*place, f)] = scaled + float(layer.beta.value[f])
    return y


@pytest.mark.parametrize("step", [None, STEP])
@pytest.mark.parametrize("shape", [(1,), (5,), (3, 4), (2, 3, 4)])
def test_every_place_is_normalised_over_its_features(shape: Shape, step: Step | None) -> None:
    layer = LayerNorm(shape[-1], epsilon=0.1)
    model = model_of(layer, shape)
    for n in (0, 1, 6):
        x = numbers((n, *shape))
        expected = normalised(x, layer)
        np.testing.assert_allclose(model.forward(x, step=step), expected, rtol=FLOAT64, atol=FLOAT64)


def test_by_hand() -> None:
    """2 ∓ √3 has mean 2 and variance 3, which ε makes 4, so x̂ = ∓√3 / 2."""
    layer = LayerNorm(2, epsilon=1.0)
    model = Sequential([layer], input_shape=(2,), dtype=np.float64)
    layer.gamma.value[...] = [2, 4]
    layer.beta.value[...] = [10, 20]
    x = [[2 - math.sqrt(3), 2 + math.sqrt(3)]]
    half = math.sqrt(3) / 2
    np.testing.assert_allclose(model.forward(x), [[10 - 2 * half, 20 + 4 * half]], rtol=FLOAT64)


@pytest.mark.parametrize("shape", [(4,), (2, 3, 4)])
def test_gradients_are_the_slopes_through_mean_and_variance_too(shape: Shape) -> None:
    layer = LayerNorm(4, epsilon=0.01)
    model = model_of(layer, shape)
    x, cotangent = numbers((3, *shape)), numbers((3, *shape), seed=2)

    def contracted() -> float:
        return float(np.sum(cotangent * model.forward(x, step=STEP)))

    contracted()
    dx = model.backward(cotangent.copy(), need_dx=True)
    assert dx is not None
    dx, grads = dx.copy(), model.parameters.grads.copy()
    assert relative_error(dx, numeric_gradient(contracted, x)) <= GRADIENT_TOLERANCE
    assert relative_error(grads, numeric_gradient(contracted, model.parameters.values)) <= GRADIENT_TOLERANCE
    # what is added to all features of a place is taken away again, so no slope leads there
    np.testing.assert_allclose(dx.sum(axis=-1), 0, atol=FLOAT64)


def test_float32_bears_samples_far_from_0() -> None:
    layer = LayerNorm(500)
    x = OFFSET + np.random.default_rng(0).standard_normal((4, 500))
    y = model_of(layer, (500,), np.float32).forward(x.astype(np.float32), step=STEP)
    np.testing.assert_allclose(y, normalised(x, layer), atol=2 * OFFSET_TOLERANCE)  # γ is up to 2


def test_rows_do_not_know_of_each_other() -> None:
    model = model_of(LayerNorm(3), (3,))
    x = numbers((4, 3))
    changed = x.copy()
    changed[3] += np.array([1, 2, 3])
    np.testing.assert_array_equal(model.forward(x, step=STEP)[:3].copy(), model.forward(changed, step=STEP)[:3])
    assert model.layers[0].rows_are_independent
    assert not len(model.buffers)


def test_gamma_and_beta_are_never_decayed() -> None:
    model = Sequential([Dense(3, 4), LayerNorm(4)], seed=1)
    before = model.get_weights()
    optimizer = AdamW(weight_decay=0.5)
    optimizer.begin(model.parameters)
    optimizer.step(model.parameters.values, np.zeros_like(model.parameters.grads), 0.1, 0)
    changed = {path for path, array in model.get_weights().items() if (array != before[path]).any()}
    assert changed == {"layers.0.weight"}


def test_shapes() -> None:
    layer = LayerNorm(3)
    assert LayerNorm.inferred((7, 3)) == {"features": 3}
    assert (layer.output_shape((3,)), layer.output_shape((7, 3))) == ((3,), (7, 3))
    for shape in ((4,), (3, 4), ()):
        with pytest.raises(InputError) as caught:
            layer.output_shape(shape)
        assert str(caught.value) == f"LayerNorm(3): got samples of shape {shape}; expected (..., 3)"


@pytest.mark.parametrize("features", [0, 2.0, True, None])
def test_features_are_counted(features: int) -> None:
    with pytest.raises(InputError, match="LayerNorm: features: got"):
        LayerNorm(features)


@pytest.mark.parametrize("epsilon", [0.0, -1e-5, 1e-31, 1.5, math.inf, math.nan])
def test_epsilon_keeps_the_division_finite(epsilon: float) -> None:
    with pytest.raises(InputError, match=r"LayerNorm: epsilon: got .*; expected a number from 1e-30 to 1"):
        LayerNorm(3, epsilon=epsilon)
