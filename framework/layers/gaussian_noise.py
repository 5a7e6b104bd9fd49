"""GaussianNoise: in training, blur every number a little, so that nothing is learnt from its last digits."""

from typing import final

import numpy as np

from framework.arguments import real_number
from framework.initializers import LARGEST
from framework.layers.base import Layer
from framework.randomness import Step
from framework.types import Array


@final
class GaussianNoise(Layer):
    """Training: y = x + deviation · ε with ε ~ Normal(0, 1), drawn anew for every number. Inference: y = x.

    x and y have the same shape, whatever it is; dx = dy. The noise is a function of the run's seed, the layer's path
    and the step. Bishop 1995, Neural Computation 7: it acts as a penalty on steep functions.
    """

    def __init__(self, deviation: float) -> None:
        self.deviation = real_number(
            "GaussianNoise: deviation",
            deviation,
            f"a number from 0 to {LARGEST:.0e}",
            fits=lambda number: 0 <= number <= LARGEST,
        )

    def formula(self, x: str, number: int) -> str:
        return f"{x} + {self.deviation:.4g}·noise"

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is None:
            return x
        # Drawn in float32 whatever the model's dtype, so that its float64 twin meets the same noise.
        noise = self.scratch("noise", x.shape, np.float32)
        step.rng(self.path).standard_normal(out=noise, dtype=np.float32)
        y = np.multiply(noise, self.deviation, out=self.scratch("y", x.shape, x.dtype), dtype=x.dtype)
        y += x
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy if need_dx else None
