"""SGD: downhill along the gradient, step by step, or with momentum like a ball that rolls."""

from typing import final

import numpy as np

from framework.arguments import fraction, non_negative
from framework.errors import InputError
from framework.optimizers.base import Block, Elementwise, forget_the_tiny


@final
class SGD(Elementwise):
    """w ← w − η g. With momentum μ: v ← μ v + g and w ← w − η v, or with `nesterov` w ← w − η (g + μ v).

    `weight_decay` λ adds λ w to g first (an L2 penalty of λ/2 ‖w‖²), never for biases. Sutskever et al. 2013.
    """

    def __init__(
        self,
        learning_rate: float = 0.1,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__()
        self.learning_rate = non_negative("SGD: learning_rate", learning_rate)
        self.momentum = fraction("SGD: momentum", momentum)
        self.nesterov = nesterov
        self.weight_decay = non_negative("SGD: weight_decay", weight_decay)
        if self.nesterov and not self.momentum:
            raise InputError("SGD: nesterov: got True with momentum 0; expected a momentum above 0")

    @property
    def lets_rest(self) -> bool:
        return not self.weight_decay

    def slot_names(self) -> tuple[str, ...]:
        return ("velocity",) if self.momentum else ()

    def update(self, block: Block, learning_rate: float, index: int) -> None:
        values, grads, slots, change, decayed = block
        if self.weight_decay:
            np.multiply(values[:decayed], self.weight_decay, out=change[:decayed])
            change[decayed:] = 0
            change += grads
            grads = change
        if self.momentum:
            velocity = slots["velocity"]
            velocity *= self.momentum
            velocity += grads
            forget_the_tiny(velocity, index)
        if not self.momentum or self.nesterov:
            np.multiply(grads, learning_rate, out=change)
            values -= change
        if self.momentum:
            np.multiply(velocity, learning_rate * (self.momentum if self.nesterov else 1), out=change)
            values -= change
