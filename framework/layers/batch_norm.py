"""BatchNorm: every feature with mean 0 and variance 1 over the batch, so that deep networks learn at larger rates.

For training the batch speaks for all data, for inference running averages over the batches of the past do.
"""

from typing import final

import numpy as np

from framework.arguments import fraction, whole_number
from framework.buffers import Buffer
from framework.errors import InputError
from framework.initializers import Constant
from framework.layers.base import Layer
from framework.layers.normalizing import checked_epsilon, checked_last_axis, feature_sums
from framework.parameters import Parameter
from framework.randomness import Step
from framework.types import Array, Shape


@final
class BatchNorm(Layer):
    """y = γ ⊙ x̂ + β, x̂ = (x − μ) / √(σ² + ε), with μ and σ² of each feature, over all axes but the last.

    x and y are (n, ..., features); γ (from 1), β (from 0), μ and σ² are (features,). Training takes μ and the variance
    σ² = Σ (x − μ)² / m from the batch, of m values per feature, and moves two buffers: running ← momentum · running +
    (1 − momentum) · batch, with the unbiased variance m σ² / (m − 1). Inference takes the buffers, which start from 0
    and 1. `momentum` is the part that is kept; what PyTorch calls momentum is 1 minus that. Backward, as μ and σ² come
    from x: dγ = Σ dy ⊙ x̂, dβ = Σ dy, dx = γ / √(σ² + ε) ⊙ (dy − dβ / m − x̂ ⊙ dγ / m). Raises InputError for a training
    batch of fewer than two values per feature. Ioffe and Szegedy 2015, arXiv:1502.03167.
    """

    rows_are_independent = False

    def __init__(self, features: int, *, momentum: float = 0.9, epsilon: float = 1e-5) -> None:
        self.features = whole_number("BatchNorm: features", features)
        self.momentum = fraction("BatchNorm: momentum", momentum)
        self.epsilon = checked_epsilon("BatchNorm: epsilon", epsilon)
        self.gamma = Parameter("gamma", (self.features,), Constant(1.0))
        self.beta = Parameter("beta", (self.features,), Constant(0.0))
        self.parameters = (self.gamma, self.beta)
        self.running_mean = Buffer("running_mean", (self.features,), 0.0)
        self.running_variance = Buffer("running_variance", (self.features,), 1.0, minimum=0.0)
        self.buffers = (self.running_mean, self.running_variance)

    def formula(self, x: str, number: int) -> str:
        return f"γ{number} ⊙ ({x} − μ) / √(σ² + ε) + β{number}"

    @classmethod
    def inferred(cls, input_shape: Shape) -> dict[str, int]:
        return {"features": input_shape[-1]}

    def output_shape(self, input_shape: Shape) -> Shape:
        return checked_last_axis(self, input_shape, self.features)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is None:
            y: Array = x - self.running_mean.value
            y *= self.gamma.value / np.sqrt(self.running_variance.value + self.epsilon)
            y += self.beta.value
            return y
        count = x.size // self.features
        if count < 2:
            place = self.path or type(self).__name__
            raise InputError(
                f"{place}: values per feature in a training batch: got {count}; expected 2 or more",
                hint="choose a batch size that leaves no single row for the last batch",
            )
        normalized, y = (self.scratch(name, x.shape, x.dtype) for name in ("normalized", "y"))
        mean = feature_sums(x) / count
        np.subtract(x, mean, out=normalized)
        variance = feature_sums(np.multiply(normalized, normalized, out=y)) / count
        inverse = 1 / np.sqrt(variance + self.epsilon)
        normalized *= inverse
        self.keep(normalized=normalized, inverse=inverse)
        self._move(self.running_mean, mean)
        self._move(self.running_variance, variance * (count / (count - 1)))
        np.multiply(normalized, self.gamma.value, out=y)
        y += self.beta.value
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        normalized = self.kept("normalized")
        product = np.multiply(dy, normalized, out=self.scratch("product", dy.shape, dy.dtype))
        self.gamma.grad[...] = feature_sums(product)
        self.beta.grad[...] = feature_sums(dy)
        if not need_dx:
            return None
        count = dy.size // self.features
        dy -= self.beta.grad / count
        dy -= np.multiply(normalized, self.gamma.grad / count, out=product)
        dy *= self.gamma.value * self.kept("inverse")
        return dy

    def _move(self, buffer: Buffer, towards: Array) -> None:
        running = buffer.value
        running *= self.momentum
        running += (1 - self.momentum) * towards
