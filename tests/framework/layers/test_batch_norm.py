"""BatchNorm: against plain loops, its running statistics by hand, and what rows know of each other and when."""

import math
from itertools import product

import numpy as np
import pytest

from framework import AdamW, BatchNorm, Dense, InputError, Sequential, Step
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


def model_of(layer: BatchNorm, shape: Shape, dtype: type[np.floating] = np.float64) -> Sequential:
    """A model of this layer alone, with γ and β of its own for every feature."""
    model = Sequential([layer], input_shape=shape, dtype=dtype)
    layer.gamma.value[...] = np.linspace(0.5, 2, layer.features)
    layer.beta.value[...] = np.linspace(-1, 1, layer.features)
    return model


def statistics(x: Array) -> tuple[list[float], list[float]]:
    """The mean and the biased variance of each feature: one number after the other."""
    means, variances = [], []
    for feature in range(x.shape[-1]):
        values = [float(x[place]) for place in product(*map(range, x.shape)) if place[-1] == feature]
        mean = math.fsum(values) / len(values)
        means.append(mean)
        variances.append(math.fsum((value - mean) ** 2 for value in values) / len(values))
    return means, variances


def normalised(x: Array, layer: BatchNorm, means: list[float], variances: list[float]) -> Array:
    y = np.empty(x.shape)
    for place in product(*map(range, x.shape)):
        f = place[-1]
        slope = float(layer.gamma.value[f]) / math.sqrt(variances[f] + layer.epsilon)
        y[place] = slope * (float(x[place]) - means[f]) + float(layer.beta.value[f])
    return y


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 5, 2)])
def test_training_takes_the_statistics_of_the_batch(shape: Shape) -> None:
    layer = BatchNorm(shape[-1], epsilon=0.1)
    model = model_of(layer, shape)
    x = numbers((6, *shape))
    expected = normalised(x, layer, *statistics(x))
    np.testing.assert_allclose(model.forward(x, step=STEP), expected, rtol=FLOAT64, atol=FLOAT64)


def test_the_running_statistics_by_hand() -> None:
    """Batches 1, 3 and 0, 4, 8: means 2 and 4, unbiased variances 2 and 16, of which a tenth is taken each time."""
    layer = BatchNorm(1)
    model = Sequential([layer], input_shape=(1,), dtype=np.float64)
    assert (layer.running_mean.value.tolist(), layer.running_variance.value.tolist()) == ([0], [1])
    model.forward([[1], [3]], step=STEP)
    np.testing.assert_allclose(layer.running_mean.value, [0.2], rtol=FLOAT64)
    np.testing.assert_allclose(layer.running_variance.value, [0.9 + 0.2], rtol=FLOAT64)
    model.forward([[0], [4], [8]], step=STEP)
    np.testing.assert_allclose(layer.running_mean.value, [0.18 + 0.4], rtol=FLOAT64)
    np.testing.assert_allclose(layer.running_variance.value, [0.99 + 1.6], rtol=FLOAT64)


def test_momentum_is_the_part_that_is_kept() -> None:
    x = numbers((5, 2, 3))
    means, variances = statistics(x)
    for momentum in (0.0, 0.25):
        layer = BatchNorm(3, momentum=momentum)
        model_of(layer, (2, 3)).forward(x, step=STEP)
        part, m = 1 - momentum, 10
        np.testing.assert_allclose(layer.running_mean.value, np.multiply(part, means), rtol=FLOAT64)
        expected = [momentum + part * variance * m / (m - 1) for variance in variances]
        np.testing.assert_allclose(layer.running_variance.value, expected, rtol=FLOAT64)


@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_inference_takes_the_running_ones_and_moves_nothing(shape: Shape) -> None:
    layer = BatchNorm(3, epsilon=0.1)
    model = model_of(layer, shape)
    means, variances = [0.5, -1.0, 2.0], [4.0, 0.25, 0.0]
    model.set_weights({**model.get_weights(), "layers.0.running_mean": means, "layers.0.running_variance": variances})  # type: ignore[dict-item]
    before = model.buffers.values.copy()
    for n in (0, 1, 7):
        x = numbers((n, *shape))
        np.testing.assert_allclose(model.forward(x), normalised(x, layer, means, variances), rtol=FLOAT64, atol=FLOAT64)
    np.testing.assert_array_equal(model.buffers.values, before)


def test_rows_know_of_each_other_in_training_alone() -> None:
    model = model_of(BatchNorm(3), (3,))
    x = numbers((4, 3))
    changed = x.copy()
    changed[3] += 1
    assert (model.forward(x, step=STEP)[:3].copy() != model.forward(changed, step=STEP)[:3]).all()
    np.testing.assert_array_equal(model.forward(x)[:3], model.forward(changed)[:3])
    assert not model.layers[0].rows_are_independent


@pytest.mark.parametrize("shape", [(3,), (2, 2, 3)])
def test_gradients_are_the_slopes_through_mean_and_variance_too(shape: Shape) -> None:
    layer = BatchNorm(3, epsilon=0.01)
    model = model_of(layer, shape)
    x, cotangent = numbers((5, *shape)), numbers((5, *shape), seed=2)

    def contracted() -> float:
        return float(np.sum(cotangent * model.forward(x, step=STEP)))

    contracted()
    dx = model.backward(cotangent.copy(), need_dx=True)
    assert dx is not None
    dx, grads = dx.copy(), model.parameters.grads.copy()
    assert relative_error(dx, numeric_gradient(contracted, x)) <= GRADIENT_TOLERANCE
    assert relative_error(grads, numeric_gradient(contracted, model.parameters.values)) <= GRADIENT_TOLERANCE
    # what is added to a whole feature is taken away again, so no slope leads there
    np.testing.assert_allclose(dx.reshape(-1, 3).sum(axis=0), 0, atol=FLOAT64)


def test_float32_bears_features_far_from_0() -> None:
    layer = BatchNorm(4)
    x = OFFSET + np.random.default_rng(0).standard_normal((500, 4))
    y = model_of(layer, (4,), np.float32).forward(x.astype(np.float32), step=STEP)
    np.testing.assert_allclose(y, normalised(x, layer, *statistics(x)), atol=OFFSET_TOLERANCE)


def test_a_constant_feature_becomes_beta() -> None:
    layer = BatchNorm(2, momentum=0.0)
    model = model_of(layer, (2,))
    x = np.array([[3.0, 1], [3, 2], [3, 4]])
    assert model.forward(x, step=STEP)[:, 0].tolist() == [-1, -1, -1]
    assert np.isfinite(model.backward(np.ones((3, 2)), need_dx=True)).all()  # type: ignore[arg-type]
    assert layer.running_variance.value[0] == 0
    assert model.forward(x)[:, 0].tolist() == [-1, -1, -1]


@pytest.mark.parametrize("n", [0, 1])
def test_a_batch_of_one_value_per_feature_is_refused(n: int) -> None:
    model = Sequential([Dense(3, 3), BatchNorm(3)], seed=1)
    before = model.buffers.values.copy()
    with pytest.raises(InputError) as caught:
        model.forward(np.ones((n, 3)), step=STEP)
    assert str(caught.value) == f"layers.1: values per feature in a training batch: got {n}; expected 2 or more"
    assert caught.value.hint == "choose a batch size that leaves no single row for the last batch"
    np.testing.assert_array_equal(model.buffers.values, before)
    assert model.forward(np.ones((n, 3))).shape == (n, 3)


def test_one_image_has_values_enough() -> None:
    layer = BatchNorm(3)
    x = numbers((1, 2, 4, 3))
    expected = normalised(x, model_of(layer, (2, 4, 3)).layers[0], *statistics(x))  # type: ignore[arg-type]
    np.testing.assert_allclose(layer.forward(x, step=STEP), expected, rtol=FLOAT64, atol=FLOAT64)


def test_gamma_and_beta_are_never_decayed() -> None:
    model = Sequential([Dense(3, 4), BatchNorm(4)], seed=1)
    before = model.get_weights()
    assert model.parameters.decayed == 12
    optimizer = AdamW(weight_decay=0.5)
    optimizer.begin(model.parameters)
    optimizer.step(model.parameters.values, np.zeros_like(model.parameters.grads), 0.1, 0)
    changed = {path for path, array in model.get_weights().items() if (array != before[path]).any()}
    assert changed == {"layers.0.weight"}


def test_shapes() -> None:
    layer = BatchNorm(3)
    assert BatchNorm.inferred((28, 28, 3)) == {"features": 3}
    assert (layer.output_shape((3,)), layer.output_shape((28, 28, 3))) == ((3,), (28, 28, 3))
    for shape in ((4,), (3, 4), ()):
        with pytest.raises(InputError) as caught:
            layer.output_shape(shape)
        assert str(caught.value) == f"BatchNorm(3): got samples of shape {shape}; expected (..., 3)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"features": 0}, "BatchNorm: features: got 0; expected an integer of 1 or more"),
        ({"features": 3, "momentum": 1.0}, "BatchNorm: momentum: got 1.0; expected a number from 0 to below 1"),
        ({"features": 3, "momentum": -0.1}, "BatchNorm: momentum: got -0.1; expected a number from 0 to below 1"),
        ({"features": 3, "epsilon": 0.0}, "BatchNorm: epsilon: got 0.0; expected a number from 1e-30 to 1"),
        ({"features": 3, "epsilon": math.nan}, "BatchNorm: epsilon: got nan; expected a number from 1e-30 to 1"),
        ({"features": 3, "epsilon": "1"}, "BatchNorm: epsilon: got '1'; expected a number from 1e-30 to 1"),
    ],
)
def test_arguments_are_checked(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(InputError) as caught:
        BatchNorm(**arguments)
    assert str(caught.value) == message
