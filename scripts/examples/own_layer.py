"""A layer of one's own: written, its gradient checked, trained with, saved and loaded.

`python -m scripts.examples.own_layer` does so with PReLU, a ReLU that learns how to treat what is below 0.
"""

from typing import Literal

import numpy as np

from framework import Constant, Dense, Layer, Parameter, Rescale, Sequential, SoftmaxCrossEntropy, Step, fit
from framework.specs import LayerSpec
from framework.types import Array
from models.digits import load_training_digits


class PReLU(Layer):
    """y = max(0, x) + a · min(0, x), with a slope a to learn. He et al. 2015, arXiv:1502.01852."""

    def __init__(self) -> None:
        self.slope = Parameter("slope", (1,), Constant(0.25))
        self.parameters = (self.slope,)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None:  # training: remember what backward needs
            self.keep(x=x)
        return np.maximum(x, 0) + self.slope.value * np.minimum(x, 0)

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        x = self.kept("x")
        self.slope.grad[...] = np.sum(dy * np.minimum(x, 0))
        return dy * np.where(x > 0, 1, self.slope.value) if need_dx else None


class PReLUSpec(LayerSpec):  # what a file says of the layer
    type: Literal["prelu"] = "prelu"
    component = PReLU


def main() -> None:
    x, y = load_training_digits()
    model = Sequential([Rescale(1 / 255), Dense(784, 8), PReLU(), Dense(8, 10)], seed=0, dtype=np.float64)
    loss, few, w = SoftmaxCrossEntropy(), slice(50), model.parameters.values
    model.backward(loss.value_and_grad(model.forward(x[few], step=Step(seed=0, index=0)), y[few])[1])
    # A small step s for all weights w at once: L(w + s) − L(w − s) is 2 s · gradient, or backward is wrong.
    s = 1e-6 * np.random.default_rng(0).standard_normal(w.size)
    w += s
    above = loss.value(model.forward(x[few]), y[few])
    w -= 2 * s
    below = loss.value(model.forward(x[few]), y[few])
    print(f"gradient check: relative error {abs((above - below) / (2 * s @ model.parameters.grads) - 1):.0e}")
    model = Sequential([Rescale(1 / 255), Dense(784, 64), PReLU(), Dense(64, 10)], seed=0)
    fit(model, x, y, epochs=3, validation_split=0.1)
    model.save("prelu.safetensors", extra=[PReLUSpec])
    loaded = Sequential.load("prelu.safetensors", extra=[PReLUSpec])
    print(f"\nsaved and loaded; the slope it learned is {loaded.get_weights()['layers.2.slope'][0]:.2f}")


if __name__ == "__main__":
    main()
