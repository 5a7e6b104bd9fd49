"""Slopes by central differences: a judge of gradients that knows nothing of how they are computed."""

from collections.abc import Callable

import numpy as np

from framework.types import Array

STEP = 6e-6
"""About the cube root of float64's epsilon, where the error of the formula (h²) and of rounding (ε/h) are equal."""

GRADIENT_TOLERANCE = 1e-7
"""Rounding alone is about ε/(2 · STEP) = 2e-11 of the sum that is differentiated; with `FLOOR` that is some 1e-8."""

FLOOR = 1e-2
"""Entries below this part of the largest one are judged by it: of their own size nothing but rounding is left."""

KINK_DISTANCE = 1e-3
"""Points this far from a kink stay on their side of it under a step of STEP, also behind a layer of weights near 1."""


def numeric_gradient(function: Callable[[], float], array: Array) -> Array:
    """∂function/∂array: each number of `array` is moved in place, both ways, and put back."""
    gradient = np.empty(array.shape)
    for index in np.ndindex(array.shape):
        original = float(array[index])
        h = STEP * max(1.0, abs(original))
        array[index] = original + h
        above = function()
        array[index] = original - h
        below = function()
        array[index] = original
        gradient[index] = (above - below) / ((original + h) - (original - h))
    return gradient


def relative_error(analytic: Array, numeric: Array) -> float:
    """The largest difference, relative to the entry it is found in or to FLOOR of the largest entry."""
    assert analytic.shape == numeric.shape
    largest = np.abs(analytic).max()
    assert largest > 0, "a gradient of nothing but zeros proves nothing"
    scale = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), FLOOR * largest)
    return float((np.abs(analytic - numeric) / scale).max())
