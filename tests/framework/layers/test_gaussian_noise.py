"""GaussianNoise: whose noise it is, how much there is of it, and that inference has none."""

import numpy as np
import pytest

from framework import Dropout, GaussianNoise, InputError, Sequential, Step
from framework.types import Array

MANY = 200_000
DEVIATION = 0.3
MEAN_TOLERANCE = 4 * DEVIATION / MANY**0.5
"""Four standard deviations of the mean of MANY draws; the seed is fixed, so the outcome is too."""
DEVIATION_TOLERANCE = 4 * DEVIATION / (2 * MANY) ** 0.5
"""Four standard deviations of their standard deviation."""
FLOAT32_TOLERANCE = 2e-7
"""Two roundings of float32, 6e-8 each: of the deviation, and of its product with the noise."""


def noise(seed: int, index: int, *, position: int = 0, dtype: type[np.floating] = np.float32, n: int = 50) -> Array:
    """What is added to zeros, at this position of a model."""
    idle = [Dropout(0.0) for _ in range(position)]
    model = Sequential([*idle, GaussianNoise(DEVIATION)], input_shape=(n,), dtype=dtype)
    return model.forward(np.zeros((4, n)), step=Step(seed, index)).copy()


def test_the_noise_is_a_function_of_seed_path_and_step() -> None:
    first = noise(1, 0)
    np.testing.assert_array_equal(noise(1, 0), first)
    others = (noise(2, 0), noise(1, 1), noise(1, 0, position=1))
    for other in others:
        assert (other != first).all()
    assert (others[0] != others[1]).all()


def test_the_rows_of_a_batch_get_noise_of_their_own() -> None:
    rows = noise(1, 0)
    assert (rows[0] != rows[1]).all()


def test_float64_meets_the_same_noise() -> None:
    np.testing.assert_allclose(noise(1, 0), noise(1, 0, dtype=np.float64), rtol=FLOAT32_TOLERANCE)


def test_mean_and_deviation() -> None:
    y = noise(5, 0, dtype=np.float64, n=MANY // 4)
    assert abs(y.mean()) < MEAN_TOLERANCE
    assert abs(y.std() - DEVIATION) < DEVIATION_TOLERANCE
    assert abs(np.mean(np.abs(y) < DEVIATION) - 0.6827) < 4 * (0.6827 * 0.3173 / MANY) ** 0.5  # normal, not uniform


def test_it_is_added_to_x_in_training_only() -> None:
    model = Sequential([GaussianNoise(DEVIATION)], input_shape=(50,), dtype=np.float64)
    x = np.full((4, 50), 7.0)
    np.testing.assert_array_equal(model.forward(x), x)
    np.testing.assert_array_equal(model.forward(x, step=Step(1, 0)), noise(1, 0, dtype=np.float64) + 7)


def test_none_of_it_is_there_with_a_deviation_of_0() -> None:
    x = np.array([[1.5, -2]])
    model = Sequential([GaussianNoise(0)], input_shape=(2,), dtype=np.float64)
    np.testing.assert_array_equal(model.forward(x, step=Step(1, 0)), x)


def test_slopes_pass_through() -> None:
    model = Sequential([GaussianNoise(DEVIATION)], input_shape=(2,), dtype=np.float64)
    model.forward([[1, 2]], step=Step(1, 0))
    dx = model.backward(np.array([[3.0, -4]]), need_dx=True)
    assert dx is not None
    assert dx.tolist() == [[3, -4]]


@pytest.mark.parametrize("deviation", [-0.1, float("nan"), float("inf"), 1e31, "1", True, None])
def test_deviations_are_from_0(deviation: float) -> None:
    expected = r"^GaussianNoise: deviation: got .*; expected a number from 0 to 1e\+30$"
    with pytest.raises(InputError, match=expected):
        GaussianNoise(deviation)
