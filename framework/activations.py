"""The bends between the layers: without them a stack of Dense layers would be one Dense layer."""

import math
from typing import final

import numpy as np

from framework.arguments import real_number
from framework.curves import sigmoid, softplus
from framework.initializers import LARGEST
from framework.layers.base import Activation
from framework.types import Array

__all__ = ["ELU", "GELU", "LeakyReLU", "ReLU", "SiLU", "Sigmoid", "Softplus", "Tanh"]


@final
class ReLU(Activation):
    """f(x) = max(0, x); f′(x) = 1 for x > 0, else 0, the kink at 0 included. Nair and Hinton 2010."""

    def formula(self, x: str, number: int) -> str:
        return f"max(0, {x})"

    def activate(self, x: Array, out: Array | None) -> Array:
        y = np.empty_like(x) if out is None else out
        y.fill(0)
        return np.maximum(x, y, out=y)  # of two arrays, in half the time of an array and a number

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
class ELU(Activation):
    """f(x) = x for x > 0, else alpha (eˣ − 1), from −alpha; f′ is 1 or alpha eˣ = y + alpha, the latter at 0.

    `alpha` is from 0 to 10³⁰; at 1 there is no kink. Clevert, Unterthiner and Hochreiter 2016, arXiv:1511.07289.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = real_number(
            "ELU: alpha", alpha, f"a number from 0 to {LARGEST:.0e}", fits=lambda alpha: 0 <= alpha <= LARGEST
        )

    def formula(self, x: str, number: int) -> str:
        return f"max(0, {x}) + {self.alpha:.4g}·(exp min(0, {x}) − 1)"

    def activate(self, x: Array, out: Array | None) -> Array:
        y = np.minimum(x, 0, out=out)  # the exponential of what is above 0 could overflow, and nobody asked for it
        np.expm1(y, out=y)
        y *= self.alpha
        np.copyto(y, x, where=x > 0)
        return y

    def slope(self, x: Array, y: Array, out: Array) -> Array:
        np.add(y, self.alpha, out=out)
        np.copyto(out, 1, where=x > 0)
        return out


@final
class Sigmoid(Activation):
    """f(x) = 1 / (1 + e⁻ˣ), from 0 to 1; f′ = y (1 − y)."""

    def formula(self, x: str, number: int) -> str:
        return f"1 / (1 + exp −{x})"

    def activate(self, x: Array, out: Array | None) -> Array:
        return sigmoid(x, out)

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


@final
class Softplus(Activation):
    """f(x) = log(1 + eˣ), a smooth max(0, x); f′ = sigmoid x = 1 − e⁻ʸ. Dugas et al. 2001."""

    def formula(self, x: str, number: int) -> str:
        return f"log(1 + exp {x})"

    def activate(self, x: Array, out: Array | None) -> Array:
        return softplus(x, out)

    def slope(self, x: Array, y: Array, out: Array) -> Array:
        np.negative(y, out=out)
        np.expm1(out, out=out)
        return np.negative(out, out=out)


@final
class SiLU(Activation):
    """f(x) = x s with the gate s = sigmoid x, also called swish; f′ = s + y (1 − s).

    Elfwing, Uchibe and Doya 2018, arXiv:1702.03118; Ramachandran, Zoph and Le 2017, arXiv:1710.05941.
    """

    def formula(self, x: str, number: int) -> str:
        return f"{x} / (1 + exp −{x})"

    def activate(self, x: Array, out: Array | None) -> Array:
        return np.multiply(x, sigmoid(x), out=out)

    def slope(self, x: Array, y: Array, out: Array) -> Array:
        gate = sigmoid(x)
        np.subtract(1, gate, out=out)
        out *= y
        out += gate
        return out


GELU_STEEPNESS = 2 * math.sqrt(2 / math.pi)
GELU_CUBE = 0.044715
GELU_FAR = 30.0
"""From here on the gate is exactly 0 or 1, in float64 too: x is cut off at it, and x³ cannot overflow."""


@final
class GELU(Activation):
    """f(x) = x s with the gate s = sigmoid(a (x + c x³)), a = 2√(2/π), c = 0.044715; f′ = s + y (1 − s) a (1 + 3 c x²).

    This is the tanh form, since (1 + tanh u)/2 = sigmoid 2u, which keeps its digits far left of 0 as well. It is within
    0.0005 of x Φ(x), the exact form; that needs the error function, which NumPy does not have.
    Hendrycks and Gimpel 2016, arXiv:1606.08415.
    """

    def formula(self, x: str, number: int) -> str:
        return f"{x} / (1 + exp −{GELU_STEEPNESS:.4g}·({x} + {GELU_CUBE}·{x}³))"

    def activate(self, x: Array, out: Array | None) -> Array:
        return np.multiply(x, self._gate(x), out=out)

    def slope(self, x: Array, y: Array, out: Array) -> Array:
        gate = self._gate(x)
        near = np.clip(x, -GELU_FAR, GELU_FAR, out=out)
        near *= near
        near *= 3 * GELU_CUBE * GELU_STEEPNESS
        near += GELU_STEEPNESS
        out *= 1 - gate  # before y, which may be large where this is 0
        out *= y
        out += gate
        return out

    def _gate(self, x: Array) -> Array:
        near = np.clip(x, -GELU_FAR, GELU_FAR)
        argument = near * near
        argument *= GELU_CUBE * GELU_STEEPNESS
        argument += GELU_STEEPNESS
        argument *= near
        return sigmoid(argument)
