"""Rescale: every pixel value exactly, and whatever dtype it comes in."""

from fractions import Fraction

import numpy as np
import pytest

from framework import InputError, Rescale, Sequential, Step


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_pixel_value_is_the_nearest_number_to_v_over_255(dtype: type[np.floating]) -> None:
    model = Sequential([Rescale(1 / 255)], input_shape=(256,), dtype=dtype)
    pixels = np.arange(256, dtype=np.uint8)[np.newaxis]
    expected = np.array([float(Fraction(v, 255)) for v in range(256)])  # rounded once, by exact arithmetic
    if dtype is np.float32:
        expected = expected.astype(np.float32)
    np.testing.assert_array_equal(model.forward(pixels)[0], expected)
    np.testing.assert_array_equal(model.forward(pixels, step=Step(0, 0))[0], expected)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "float16", "float32", "float64", "longdouble", ">f4"])
def test_takes_any_real_dtype(dtype: str) -> None:
    model = Sequential([Rescale(0.5)], input_shape=(3,))
    y = model.forward(np.array([[0, 1, 1]], dtype))
    assert y.dtype == np.float32
    assert y.tolist() == [[0, 0.5, 0.5]]


def test_the_slope_is_the_scale() -> None:
    model = Sequential([Rescale(-4.0)], input_shape=(2,))
    assert model.forward([[1, 2]], step=Step(0, 0)).tolist() == [[-4, -8]]
    dx = model.backward(np.array([[1, 3]], np.float32), need_dx=True)
    assert dx is not None
    assert dx.tolist() == [[-4, -12]]


@pytest.mark.parametrize("scale", [0.0, float("nan"), float("inf"), float("-inf"), 5e-324])
def test_scales_are_finite_and_not_zero(scale: float) -> None:
    with pytest.raises(InputError, match="Rescale: scale: got"):
        Rescale(scale)
