"""RMSprop: every weight's step is measured by how large its gradients have been of late."""

from typing import final

import numpy as np

from framework.arguments import fraction, non_negative
from framework.optimizers.base import Block, Elementwise, checked_epsilon, forget_the_tiny


@final
class RMSprop(Elementwise):
    """v ← ρ v + (1 − ρ) g², s = g / (√v + ε); w ← w − η s. With momentum μ: b ← μ b + s and w ← w − η b.

    `decay` ρ is how much of the average v the next step keeps (PyTorch calls it alpha). Tieleman and Hinton 2012,
    lecture 6.5 of Neural Networks for Machine Learning.
    """

    squares = ("v",)

    def __init__(
        self,
        learning_rate: float = 0.001,
        *,
        decay: float = 0.9,
        epsilon: float = 1e-8,
        momentum: float = 0.0,
    ) -> None:
        super().__init__()
        self.learning_rate = non_negative("RMSprop: learning_rate", learning_rate)
        self.decay = fraction("RMSprop: decay", decay)
        self.epsilon = checked_epsilon("RMSprop: epsilon", epsilon)
        self.momentum = fraction("RMSprop: momentum", momentum)

    def slot_names(self) -> tuple[str, ...]:
        return ("v", "velocity") if self.momentum else ("v",)

    def update(self, block: Block, learning_rate: float, index: int) -> None:
        values, grads, slots, change, _ = block
        v = slots["v"]
        np.multiply(grads, grads, out=change)
        change *= 1 - self.decay
        v *= self.decay
        forget_the_tiny(v, index)  # what is left of old gradients; a square just come is not forgotten
        v += change

        np.sqrt(v, out=change)
        change += self.epsilon
        np.divide(grads, change, out=change)
        if self.momentum:
            velocity = slots["velocity"]
            velocity *= self.momentum
            velocity += change
            forget_the_tiny(velocity, index)
            np.multiply(velocity, learning_rate, out=change)
        else:
            change *= learning_rate
        values -= change
