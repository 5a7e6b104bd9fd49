"""Adam and AdamW: a rate for every weight of its own, from running averages of its gradient and of its square."""

import math
from typing import final

import numpy as np

from framework.arguments import fraction, non_negative
from framework.optimizers.base import Block, Elementwise, checked_epsilon, forget_the_tiny


@final
class Adam(Elementwise):
    """m ← β₁m + g, v ← β₂v + g²; w ← w − η · m̂ / (√v̂ + ε), m̂ = m (1−β₁)/(1−β₁ᵗ), v̂ = v (1−β₂)/(1−β₂ᵗ).

    t counts from 1, and the hats make averages of the fading sums, from the first step on. The paper has the averages
    themselves in m and v, with 1−β inside and two passes more. Kingma and Ba 2015, arXiv:1412.6980.
    """

    squares = ("v",)

    def __init__(
        self,
        learning_rate: float = 0.001,
        *,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__()
        self.learning_rate = non_negative("Adam: learning_rate", learning_rate)
        self.beta_1 = fraction("Adam: beta_1", beta_1)
        self.beta_2 = fraction("Adam: beta_2", beta_2)
        self.epsilon = checked_epsilon("Adam: epsilon", epsilon)

    def slot_names(self) -> tuple[str, ...]:
        return ("m", "v")

    def update(self, block: Block, learning_rate: float, index: int) -> None:
        _adam(self, block, learning_rate, index)


@final
class AdamW(Elementwise):
    """Adam, after w ← w − η λ w for every weight and no bias: decay apart from the gradient.

    `weight_decay` λ is not Adam's gradient plus λw, which the division by √v̂ would even out again.
    Loshchilov and Hutter 2019, arXiv:1711.05101.
    """

    squares = ("v",)

    def __init__(
        self,
        learning_rate: float = 0.001,
        *,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__()
        self.learning_rate = non_negative("AdamW: learning_rate", learning_rate)
        self.beta_1 = fraction("AdamW: beta_1", beta_1)
        self.beta_2 = fraction("AdamW: beta_2", beta_2)
        self.epsilon = checked_epsilon("AdamW: epsilon", epsilon)
        self.weight_decay = non_negative("AdamW: weight_decay", weight_decay)

    @property
    def lets_rest(self) -> bool:
        return not self.weight_decay

    def slot_names(self) -> tuple[str, ...]:
        return ("m", "v")

    def update(self, block: Block, learning_rate: float, index: int) -> None:
        block.values[: block.decayed] *= 1 - learning_rate * self.weight_decay
        _adam(self, block, learning_rate, index)


def _adam(rule: Adam | AdamW, block: Block, learning_rate: float, index: int) -> None:
    """Adam's rule, in place. With a = (1−β₁)/(1−β₁ᵗ), b = √((1−β₂)/(1−β₂ᵗ)): m̂/(√v̂+ε) = m · a/b / (√v + ε/b)."""
    values, grads, slots, change, _ = block
    m, v, t = slots["m"], slots["v"], index + 1
    m *= rule.beta_1
    m += grads
    forget_the_tiny(m, index)

    np.multiply(grads, grads, out=change)
    v *= rule.beta_2
    v += change

    a = (1 - rule.beta_1) / (1 - rule.beta_1**t)
    b = math.sqrt((1 - rule.beta_2) / (1 - rule.beta_2**t))
    np.sqrt(v, out=change)
    change += rule.epsilon / b
    np.divide(m, change, out=change)
    change *= learning_rate * a / b
    values -= change
