"""A layer of one's own: written, its gradient checked, trained with, saved and loaded.

`python -m scripts.examples.own_layer` does so with PReLU, a ReLU that learns how to treat what is below 0. A whole
battery of tests is as short; pytest runs it from a file such as test_prelu.py:

    from framework.testing import LayerBattery

    class TestPReLU(LayerBattery):
        layer, spec = PReLU(), PReLUSpec
"""

from typing import Literal

import numpy as np

from framework import Constant, Dense, Layer, Parameter, Rescale, Sequential, Step, fit
from framework.gradcheck import check
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
    print(check(PReLU()), "\n")
    model = Sequential([Rescale(1 / 255), Dense(784, 64), PReLU(), Dense(64, 10)], seed=0)
    fit(model, load_training_digits(), epochs=3, validation_split=0.1)
    model.save("prelu.safetensors", extra=[PReLUSpec])
    loaded = Sequential.load("prelu.safetensors", extra=[PReLUSpec])
    print(f"\nsaved and loaded; the slope it learned is {loaded.get_weights()['layers.2.slope'][0]:.2f}")


if __name__ == "__main__":
    main()
