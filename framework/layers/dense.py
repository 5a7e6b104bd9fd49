"""Dense: the layer the lesson is about, Z = W·X + b."""

from typing import final

import numpy as np

from framework.arguments import whole_number
from framework.errors import InputError
from framework.initializers import Constant, HeNormal, Initializer
from framework.layers.base import Layer
from framework.parameters import Parameter
from framework.products import product, product_over_rows, transposed
from framework.randomness import Step
from framework.sums import sum_over_rows
from framework.types import Array, Shape


@final
class Dense(Layer):
    """y = x W + b, every output a weighted sum of every input.

    x is (n, in_features), y is (n, out_features), W is (in_features, out_features), b is (out_features,).
    Backward: dW = xᵀ dy, db = Σ dy over the batch, dx = dy Wᵀ. Samples are rows here and columns in the lesson, so its
    W·X is our x W and its dZ·Aᵀ our xᵀ dy; its 1/m is in dy, where the loss has put it. W starts from HeNormal and
    b from 0 unless told otherwise.
    """

    symbol = "Z"

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        use_bias: bool = True,
        weight_initializer: Initializer = HeNormal(),
        bias_initializer: Initializer = Constant(0.0),
    ) -> None:
        self.in_features = whole_number("Dense: in_features", in_features)
        self.out_features = whole_number("Dense: out_features", out_features)
        self.use_bias = use_bias
        self.weight_initializer = weight_initializer
        self.bias_initializer = bias_initializer
        self.input_shape = (self.in_features,)
        self.weight = Parameter("weight", (self.in_features, self.out_features), weight_initializer)
        self.bias = Parameter("bias", (self.out_features,), bias_initializer) if use_bias else None
        self.parameters = (self.weight,) if self.bias is None else (self.weight, self.bias)

    def formula(self, x: str, number: int) -> str:
        return f"W{number}·{x} + b{number}" if self.use_bias else f"W{number}·{x}"

    @classmethod
    def inferred(cls, input_shape: Shape) -> dict[str, int]:
        if len(input_shape) != 1:
            raise InputError(f"Dense: got samples of shape {input_shape}; expected one dimension, (in_features,)")
        return {"in_features": input_shape[0]}

    def output_shape(self, input_shape: Shape) -> Shape:
        if input_shape != self.input_shape:
            raise InputError(f"{self!r}: got samples of shape {input_shape}; expected {self.input_shape}")
        return (self.out_features,)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is None:
            y: Array = np.matmul(x, self.weight.value)
        else:
            self.keep(x=x)
            y = product(x, self.weight.value, self.scratch("y", (len(x), self.out_features), x.dtype))
        if self.bias is not None:
            y += self.bias.value
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        x = self.kept("x")
        product_over_rows(x, dy, self.weight.grad)
        self.find_bias_grad(dy)
        if not need_dx:
            return None
        return product(dy, transposed(self.weight.value), self.scratch("dx", x.shape, x.dtype))

    def find_bias_grad(self, dy: Array) -> None:
        """db = Σ dy over the rows."""
        if self.bias is not None:
            self.bias.grad[...] = sum_over_rows(dy)
