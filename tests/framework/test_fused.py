"""Rescale and Dense as one layer: the same numbers as one after the other, in less time."""

import numpy as np
import pytest

from framework import Dense, Dropout, Layer, ReLU, Rescale, Sequential, SoftmaxCrossEntropy
from framework.chain import backward_through, forward_through
from framework.data.batches import Batch
from framework.fused import RescaledDense, fused
from framework.gradients import Gradients
from framework.randomness import Step

ROWS, FEATURES, UNITS = 7, 12, 5
STEP = Step(3, 4)
RNG = np.random.default_rng(8)
BYTES = RNG.integers(0, 256, (ROWS, FEATURES), np.uint8)
LABELS = RNG.integers(0, UNITS, ROWS)


def _model(scale: float = 1 / 255, *, bias: bool = True) -> Sequential:
    return Sequential([Rescale(scale), Dense(FEATURES, UNITS, use_bias=bias)], seed=1, dtype=np.float64)


@pytest.mark.parametrize("scale", [1 / 255, 1.0, 3.5, -0.25])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("x", [BYTES, BYTES.astype(np.float32), BYTES.astype(np.float64), BYTES.astype(np.int64)])
def test_the_same_numbers(x: np.ndarray, bias: bool, scale: float) -> None:
    model = _model(scale, bias=bias)
    dy = RNG.standard_normal((ROWS, UNITS))
    y = forward_through(model.layers, x, STEP).copy()
    dx = backward_through(model.layers, dy.copy(), need_dx=True)
    assert dx is not None
    grads = model.parameters.grads.copy()
    (one,) = fused(model.layers)
    before = x.copy()
    np.testing.assert_allclose(one.forward(x, step=STEP), y, rtol=1e-12, atol=1e-12)
    model.parameters.grads[...] = 0
    other = one.backward(dy.copy())
    assert other is not None
    np.testing.assert_allclose(other, dx, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(model.parameters.grads, grads, rtol=1e-12, atol=1e-12)
    assert one.backward(dy.copy(), need_dx=False) is None
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(
    ("layers", "types"),
    [
        ([Rescale(0.1), Dense(4, 3)], [RescaledDense]),
        ([Rescale(0.1), Dense(4, 3), ReLU(), Dense(3, 2)], [RescaledDense, ReLU, Dense]),
        ([Dense(4, 4), Rescale(0.1), Dense(4, 3)], [Dense, Rescale, Dense]),  # the first has a gradient to be passed on
        ([Rescale(0.1), Dropout(0.1), Dense(4, 3)], [Rescale, Dropout, Dense]),
        ([Rescale(0.1)], [Rescale]),
        ([Dense(4, 3)], [Dense]),
    ],
)
def test_only_what_comes_first_is_made_one(layers: list[Layer], types: list[type[Layer]]) -> None:
    assert [type(layer) for layer in fused(layers)] == types


def test_gradients_are_those_of_the_layers_one_by_one() -> None:
    model = _model()
    loss = SoftmaxCrossEntropy()
    value, dy = loss.value_and_grad(forward_through(model.layers, BYTES, STEP), LABELS)
    backward_through(model.layers, dy, need_dx=False)
    expected = model.parameters.grads.copy()
    model.parameters.grads[...] = np.nan
    with Gradients(model, loss, rows=ROWS, threads=1) as gradients:
        assert gradients(Batch(BYTES, LABELS), STEP)[0] == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(model.parameters.grads, expected, rtol=1e-12, atol=1e-15)
