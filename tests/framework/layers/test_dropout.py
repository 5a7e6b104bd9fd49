"""Dropout: which units it silences, how many, and that backward silences the same."""

import numpy as np
import pytest

from framework import Dense, Dropout, InputError, Sequential, Step
from framework.types import Array

MANY = 200_000
RATE = 0.3
RATE_TOLERANCE = 4 * (RATE * (1 - RATE) / MANY) ** 0.5
"""Four standard deviations of the share of MANY draws; the seed is fixed, so the outcome is too."""


def masked(seed: int, index: int, *, position: int = 0, dtype: type[np.floating] = np.float32, n: int = 50) -> Array:
    """Ones, after a Dropout at this position of a model."""
    idle = [Dropout(0.0) for _ in range(position)]
    model = Sequential([*idle, Dropout(RATE)], input_shape=(n,), dtype=dtype)
    return model.forward(np.ones((4, n)), step=Step(seed, index)).copy()


def test_the_mask_is_a_function_of_seed_path_and_step() -> None:
    first = masked(1, 0)
    np.testing.assert_array_equal(masked(1, 0), first)
    others = (masked(2, 0), masked(1, 1), masked(1, 0, position=1))
    for other in others:
        assert (other != first).any()
    assert (others[0] != others[1]).any()


def test_one_layer_draws_a_new_mask_at_every_step() -> None:
    model = Sequential([Dropout(RATE)], input_shape=(50,))
    x = np.ones((4, 50))
    first, second = (model.forward(x, step=Step(1, index)).copy() for index in (0, 1))
    assert (first != second).any()
    np.testing.assert_array_equal(model.forward(x, step=Step(1, 0)), first)


def test_the_rows_of_a_batch_are_masked_apart() -> None:
    rows = masked(1, 0)
    assert (rows[0] != rows[1]).any()


def test_float64_drops_the_same_units() -> None:
    np.testing.assert_array_equal(masked(1, 0) == 0, masked(1, 0, dtype=np.float64) == 0)


def test_rate_and_mean() -> None:
    y = masked(5, 0, dtype=np.float64, n=MANY // 4)
    assert abs(np.mean(y == 0) - RATE) < RATE_TOLERANCE
    assert set(np.unique(y)) == {0.0, 1 / (1 - RATE)}
    assert abs(y.mean() - 1) < RATE_TOLERANCE / (1 - RATE)


def test_inference_is_the_identity() -> None:
    model = Sequential([Dropout(0.9)], input_shape=(3,))
    x = np.array([[1.5, -2, 0]], np.float32)
    np.testing.assert_array_equal(model.forward(x), x)


def test_backward_uses_the_mask_of_forward() -> None:
    model = Sequential([Dense(3, 40), Dropout(0.5)], seed=1)
    x = np.ones((6, 3), np.float32)
    y = model.forward(x, step=Step(1, 0))
    layer = model.layers[1]
    dx = layer.backward(np.ones_like(y))
    assert dx is not None
    np.testing.assert_array_equal(dx == 0, y == 0)
    assert set(np.unique(dx)) == {0.0, 2.0}


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan"), float("inf")])
def test_rates_are_from_0_to_below_1(rate: float) -> None:
    with pytest.raises(InputError, match=r"Dropout: rate: got .*; expected a number from 0 to below 1"):
        Dropout(rate)
