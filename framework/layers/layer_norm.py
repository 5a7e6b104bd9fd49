"""LayerNorm: every sample with mean 0 and variance 1 over its own features, whatever batch it comes in."""

from typing import final

import numpy as np

from framework.arguments import whole_number
from framework.initializers import Constant
from framework.layers.base import Layer
from framework.layers.normalizing import checked_epsilon, checked_last_axis, feature_sums
from framework.parameters import Parameter
from framework.randomness import Step
from framework.types import Array, Shape


@final
class LayerNorm(Layer):
    """y = γ ⊙ x̂ + β, x̂ = (x − μ) / √(σ² + ε), with μ and σ² over the last axis, apart for every place of the others.

    x and y are (n, ..., features), γ (from 1) and β (from 0) are (features,), σ² = Σ (x − μ)² / features. Training and
    inference do the same. Backward: dγ = Σ dy ⊙ x̂ and dβ = Σ dy over all axes but the last; with g = γ ⊙ dy and means
    over the last, dx = (g − mean g − x̂ ⊙ mean (g ⊙ x̂)) / √(σ² + ε). Ba, Kiros and Hinton 2016, arXiv:1607.06450.
    """

    def __init__(self, features: int, *, epsilon: float = 1e-5) -> None:
        self.features = whole_number("LayerNorm: features", features)
        self.epsilon = checked_epsilon("LayerNorm: epsilon", epsilon)
        self.gamma = Parameter("gamma", (self.features,), Constant(1.0))
        self.beta = Parameter("beta", (self.features,), Constant(0.0))
        self.parameters = (self.gamma, self.beta)

    def formula(self, x: str, number: int) -> str:
        return f"γ{number} ⊙ ({x} − μ) / √(σ² + ε) + β{number}"

    @classmethod
    def inferred(cls, input_shape: Shape) -> dict[str, int]:
        return {"features": input_shape[-1]}

    def output_shape(self, input_shape: Shape) -> Shape:
        return checked_last_axis(self, input_shape, self.features)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is None:
            y, _ = self._normalized(x, None)
            y *= self.gamma.value
        else:
            normalized, inverse = self._normalized(x, self.scratch("normalized", x.shape, x.dtype))
            self.keep(normalized=normalized, inverse=inverse)
            y = np.multiply(normalized, self.gamma.value, out=self.scratch("y", x.shape, x.dtype))
        y += self.beta.value
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        normalized = self.kept("normalized")
        product = np.multiply(dy, normalized, out=self.scratch("product", dy.shape, dy.dtype))
        self.gamma.grad[...] = feature_sums(product)
        self.beta.grad[...] = feature_sums(dy)
        if not need_dx:
            return None
        dy *= self.gamma.value
        share = np.vecdot(dy, normalized)[..., np.newaxis] / self.features
        dy -= dy.mean(axis=-1, keepdims=True)
        dy -= np.multiply(normalized, share, out=product)
        dy *= self.kept("inverse")
        return dy

    def _normalized(self, x: Array, out: Array | None) -> tuple[Array, Array]:
        """x̂, written into `out` if given, and 1/√(σ² + ε)."""
        centred = np.subtract(x, x.mean(axis=-1, keepdims=True), out=out)
        variance = np.vecdot(centred, centred)[..., np.newaxis] / self.features
        inverse: Array = 1 / np.sqrt(variance + self.epsilon)
        centred *= inverse
        return centred, inverse
