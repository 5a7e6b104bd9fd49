"""The bends between the layers: without them a stack of Dense layers would be one Dense layer."""

from typing import final

import numpy as np

from framework.arguments import real_number
from framework.layers.base import Activation
from framework.types import Array


@final
class ReLU(Activation):
    """f(x) = max(0, x); f′(x) = 1 for x > 0, else 0, the kink at 0 included. Nair and Hinton 2010."""

    def formula(self, x: str, number: int) -> str:
        return f"max(0, {x})"

    def activate(self, x: Array, out: Array | None) -> Array:
        return np.maximum(x, 0, out=out)

    def slope(self, x: Array, y: Array, out: Array) -> Array:
        return np.greater(y, 0, out=out)


@final
class LeakyReLU(Activation):
    """f(x) = x for x > 0, else negative_slope · x; f′ is 1 or negative_slope, the latter at 0. Maas et al. 2013."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = real_number(
            "LeakyReLU: negative_slope", negative_slope, "a number from 0 to 1", fits=lambda slope: 0 <= slope <= 1
        )

    def formula(self, x: str, number: int) -> str:
        return f"max({x}, {self.negative_slope:.4g}·{x})"

    def activate(self, x: Array, out: Array | None) -> Array:
        leaked = np.multiply(x, self.negative_slope, out=out)
        return np.maximum(x, leaked, out=leaked)

    def slope(self, x: Array, y: Array, out: Array) -> Array:
        np.greater(x, 0, out=out)
        return np.maximum(out, self.negative_slope, out=out)


@final
class Sigmoid(Activation):
    """f(x) = 1 / (1 + e⁻ˣ), from 0 to 1; f′ = y (1 − y)."""

    def formula(self, x: str, number: int) -> str:
        return f"1 / (1 + exp −{x})"

    def activate(self, x: Array, out: Array | None) -> Array:
        # With e = e^−|x|, never above 1, nothing overflows: f = 1/(1+e) right of 0 and e/(1+e) left of it.
        e = np.abs(x, out=out)
        np.negative(e, out=e)
        np.exp(e, out=e)
        above = np.where(x >= 0, 1, e)
        e += 1
        return np.divide(above, e, out=e)

    def slope(self, x: Array, y: Array, out: Array) -> Array:
        np.subtract(1, y, out=out)
        return np.multiply(out, y, out=out)


@final
class Tanh(Activation):
    """f(x) = tanh x, from −1 to 1; f′ = 1 − y²."""

    def formula(self, x: str, number: int) -> str:
        return f"tanh {x}"

    def activate(self, x: Array, out: Array | None) -> Array:
        return np.tanh(x, out=out)

    def slope(self, x: Array, y: Array, out: Array) -> Array:
        np.multiply(y, y, out=out)
        return np.subtract(1, out, out=out)
