"""Activations by hand: values, the documented slope at the kink, and inputs far out."""

import numpy as np
import pytest

from framework import InputError, Layer, LeakyReLU, ReLU, Sequential, Sigmoid, Step, Tanh
from framework.types import Array

ULPS = 4
"""Half an ulp for each rounding of e^x, the sum and the quotient, with room for the C library's exp and tanh."""


def values_and_slopes(layer: Layer, x: list[float], dtype: type[np.floating] = np.float64) -> tuple[Array, Array]:
    """f(x) and f′(x), after making sure that inference sees the same f."""
    model = Sequential([layer], input_shape=(len(x),), dtype=dtype)
    y = model.forward([x], step=Step(0, 0)).copy()
    np.testing.assert_array_equal(model.forward([x]), y)
    dx = model.backward(np.ones_like(y), need_dx=True)
    assert dx is not None
    return y[0], dx[0]


def test_relu_by_hand_with_slope_0_at_the_kink() -> None:
    y, slope = values_and_slopes(ReLU(), [-2, -0.0, 0, 1e-300, 3])
    assert y.tolist() == [0, 0, 0, 1e-300, 3]
    assert slope.tolist() == [0, 0, 0, 1, 1]


def test_leaky_relu_by_hand_with_the_lower_slope_at_the_kink() -> None:
    y, slope = values_and_slopes(LeakyReLU(0.25), [-2, -0.0, 0, 1, 3])
    assert y.tolist() == [-0.5, 0, 0, 1, 3]
    assert slope.tolist() == [0.25, 0.25, 0.25, 1, 1]
    assert LeakyReLU().negative_slope == 0.01


def test_leaky_relu_ends_at_relu_and_at_the_identity() -> None:
    x = [-2.0, 0, 3]
    y, slope = values_and_slopes(LeakyReLU(0), x)
    assert (y.tolist(), slope.tolist()) == ([0, 0, 3], [0, 0, 1])
    y, slope = values_and_slopes(LeakyReLU(1), x)
    assert (y.tolist(), slope.tolist()) == (x, [1, 1, 1])


@pytest.mark.parametrize("negative_slope", [-0.1, 1.1, float("nan"), float("inf")])
def test_leaky_relu_refuses_other_slopes(negative_slope: float) -> None:
    with pytest.raises(InputError, match=r"LeakyReLU: negative_slope: got '.*'; expected a number from 0 to 1"):
        LeakyReLU(negative_slope)


def test_sigmoid_keeps_its_digits_far_from_0() -> None:
    y, slope = values_and_slopes(Sigmoid(), [-700, -30, -1, 0, 2])
    # mpmath 1.3, rounded to float64
    expected = np.array([9.859676543759771e-305, 9.357622968839299e-14, 0.26894142136999512, 0.5, 0.88079707797788244])
    np.testing.assert_array_max_ulp(y, expected, maxulp=ULPS)
    np.testing.assert_array_max_ulp(slope[[1, 3]], np.array([9.357622968838423e-14, 0.25]), maxulp=ULPS)


def test_tanh_by_mpmath() -> None:
    y, slope = values_and_slopes(Tanh(), [-3, 0, 1e-5, 0.5])
    # mpmath 1.3, rounded to float64; the last slope is sech² 0.5
    expected = np.array([-0.99505475368673045, 0, 9.99999999966666748e-06, 0.46211715726000976])
    np.testing.assert_array_max_ulp(y, expected, maxulp=ULPS)
    assert slope[1] == 1
    np.testing.assert_array_max_ulp(slope[3], 0.78644773296592741, maxulp=ULPS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_out_nothing_overflows(dtype: type[np.floating]) -> None:
    far = [-1e4, -800, 800, 1e4]
    y, slope = values_and_slopes(Sigmoid(), far, dtype)
    assert (y.tolist(), slope.tolist()) == ([0, 0, 1, 1], [0, 0, 0, 0])
    y, slope = values_and_slopes(Tanh(), far, dtype)
    assert (y.tolist(), slope.tolist()) == ([-1, -1, 1, 1], [0, 0, 0, 0])
    y, slope = values_and_slopes(ReLU(), far, dtype)
    assert (y.tolist(), slope.tolist()) == ([0, 0, 800, 1e4], [0, 0, 1, 1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layer", [Sigmoid, Tanh])
def test_curves_stay_in_their_range_and_rise(layer: type[Sigmoid | Tanh], dtype: type[np.floating]) -> None:
    y, slope = values_and_slopes(layer(), np.linspace(-40, 40, 2001).tolist(), dtype)
    assert (np.diff(y) >= 0).all()
    assert y.min() >= (0 if layer is Sigmoid else -1)
    assert y.max() <= 1
    assert (slope >= 0).all()
