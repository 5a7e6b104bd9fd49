"""Activations by hand and by mpmath: values, the documented slope at the kink, and inputs far out."""

from collections.abc import Callable

import mpmath
import numpy as np
import pytest

from framework import ELU, GELU, InputError, Layer, LeakyReLU, ReLU, Sequential, Sigmoid, SiLU, Softplus, Step, Tanh
from framework.curves import sigmoid, softplus
from framework.types import Array

ULPS = 4
"""Half an ulp for each rounding of e^x, the sum and the quotient, with room for the C library's exp and tanh."""

TAIL_TOLERANCE = 1e-12
"""Relative. e^−u is off by u roundings of 1e-16, and u goes up to 700; there Softplus and the gates are e^−u."""

SLOPE_TOLERANCE = 1e-15
"""Absolute: the slope of ELU left of 0 is y + 1, a few roundings of numbers up to 1; the others keep their digits."""


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
    with pytest.raises(InputError, match=r"LeakyReLU: negative_slope: got .*; expected a number from 0 to 1"):
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


def _gelu(x: mpmath.mpf) -> mpmath.mpf:
    """As Hendrycks and Gimpel write it; the layer computes another form."""
    return x / 2 * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)))


SMOOTH: tuple[tuple[Layer, Callable[[mpmath.mpf], mpmath.mpf]], ...] = (
    (ELU(), lambda x: x if x > 0 else mpmath.expm1(x)),
    (Softplus(), lambda x: mpmath.log1p(mpmath.exp(x))),
    (SiLU(), lambda x: x / (1 + mpmath.exp(-x))),
    (GELU(), _gelu),
)
POINTS = [-1e4, -700.0, -19.0, -5.0, -1.0, -0.3, -1e-5, 1e-5, 0.5, 1.0, 5.0, 19.0, 700.0, 1e4]


@pytest.mark.parametrize(("layer", "reference"), SMOOTH, ids=[repr(layer) for layer, _ in SMOOTH])
def test_smooth_bends_agree_with_four_hundred_digits(
    layer: Layer, reference: Callable[[mpmath.mpf], mpmath.mpf]
) -> None:
    y, slope = values_and_slopes(layer, POINTS)
    with mpmath.workdps(400):  # of 1 + tanh −300 the first 260 digits are 0
        expected = [float(reference(mpmath.mpf(x))) for x in POINTS]
        slopes = [float(mpmath.diff(reference, mpmath.mpf(x))) for x in POINTS]
    np.testing.assert_allclose(y, expected, rtol=TAIL_TOLERANCE)
    rounded_at = SLOPE_TOLERANCE if isinstance(layer, ELU) else 0
    np.testing.assert_allclose(slope, slopes, rtol=TAIL_TOLERANCE, atol=rounded_at)


def test_smooth_bends_at_0() -> None:
    for layer, value, expected in ((ELU(), 0, 1), (Softplus(), np.log(2), 0.5), (SiLU(), 0, 0.5), (GELU(), 0, 0.5)):
        y, slope = values_and_slopes(layer, [-0.0, 0.0])
        np.testing.assert_allclose(y, [value] * 2, rtol=1e-15)
        np.testing.assert_allclose(slope, [expected] * 2, rtol=1e-15)


def test_elu_by_hand_with_the_lower_slope_at_the_kink() -> None:
    y, slope = values_and_slopes(ELU(0.25), [-np.log(2), -0.0, 0, 1e-300, 3])
    np.testing.assert_allclose(y, [-0.125, 0, 0, 1e-300, 3], rtol=1e-15)
    np.testing.assert_allclose(slope, [0.125, 0.25, 0.25, 1, 1], rtol=1e-15)
    assert ELU().alpha == 1
    y, slope = values_and_slopes(ELU(0), [-2, 0, 3])
    assert (y.tolist(), slope.tolist()) == ([0, 0, 3], [0, 0, 1])


@pytest.mark.parametrize("alpha", [-0.1, 2e30, float("nan"), float("inf")])
def test_elu_refuses_other_alphas(alpha: float) -> None:
    with pytest.raises(InputError, match=r"ELU: alpha: got .*; expected a number from 0 to 1e\+30"):
        ELU(alpha)


def test_gelu_is_close_to_the_exact_form() -> None:
    """x Φ(x), by the error function that NumPy lacks: closer than the 0.0005 the docstring says, and not the same."""
    x = np.linspace(-6, 6, 1201)
    exact = [float(point * mpmath.ncdf(point)) for point in x]
    y, _ = values_and_slopes(GELU(), x.tolist())
    assert 0.0004 < np.abs(y - exact).max() < 0.0005


@pytest.mark.parametrize(("dtype", "farthest"), [(np.float32, 3e38), (np.float64, 1e308)])
@pytest.mark.parametrize("layer", [ELU(), Softplus(), SiLU(), GELU()], ids=repr)
def test_smooth_bends_far_out_are_relu(layer: Layer, dtype: type[np.floating], farthest: float) -> None:
    far = [-farthest, -1e4, -800, 800, 1e4, farthest]
    y, slope = values_and_slopes(type(layer)(), far, dtype)
    left = -1 if isinstance(layer, ELU) else 0
    assert y.tolist() == [left] * 3 + np.array(far[3:], dtype).tolist()
    assert slope.tolist() == [0, 0, 0, 1, 1, 1]


def test_the_curves_take_any_numbers() -> None:
    assert sigmoid(0) == 0.5
    assert sigmoid([0, 800]).tolist() == [0.5, 1]
    assert sigmoid(np.array([[0, 3]], np.uint8)).dtype == np.float64
    np.testing.assert_allclose(sigmoid(np.log([1 / 3, 4])), [0.25, 0.8], rtol=1e-15)
    assert softplus([0, 800, -800]).tolist() == [np.log(2), 800, 0]
    x = np.array([1.0, -2.0])
    out = np.empty(2)
    assert sigmoid(x, out) is out
    assert softplus(x, out) is out
    assert x.tolist() == [1, -2]
