"""How the parameters learn: an Optimizer turns the gradient vector into a change of the value vector.

It sees two flat vectors and knows nothing of layers or shapes. What it must remember between steps, such as Adam's
running averages, are its `slots`, one vector each.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import final

import numpy as np

from framework.arguments import fraction, non_negative, real_number
from framework.errors import InputError, quoted
from framework.parameters import ParameterVector
from framework.representation import constructor_call
from framework.types import Array

FORGET_EVERY = 64
"""Steps. 0.9 to the 64th is 1e-3, and from where averages are forgotten to the first denormal number it is 1e-7."""

SMALLEST_EPSILON = 1e-30
"""A smaller one would be 0 in float32, and 0/0 the change of a weight that never had a gradient."""

EPSILON_RANGE = f"a number from {SMALLEST_EPSILON} to 1"


class Optimizer(ABC):
    """An update rule. `learning_rate` is its full rate; a schedule says what part of it a step gets."""

    learning_rate: float

    def __init__(self) -> None:
        self.steps = 0
        """Updates made since the slots were allocated; kept by the training loop."""
        self._serves: object = None
        self._slots: dict[str, Array] = {}
        self._decayed = 0

    def begin(self, parameters: ParameterVector) -> None:
        """Allocate the slots for `parameters`, all 0; for the vector it already serves keep them: training goes on."""
        if self._serves is parameters.identity:
            return
        self._serves = parameters.identity  # not the arrays: an optimizer that keeps them may train dead ones
        self._slots = {name: np.zeros_like(parameters.values) for name in self.slot_names()}
        self._scratch = np.empty_like(parameters.values)
        self._decayed = parameters.decayed
        self.steps = 0

    @abstractmethod
    def slot_names(self) -> tuple[str, ...]:
        """What this rule remembers between steps."""

    @property
    def slots(self) -> Mapping[str, Array]:
        """The memory between steps, by name. Raises InputError before `begin`."""
        if self._serves is None:
            raise InputError(f"{self!r} has no slots yet; call begin(model.parameters) first")
        return self._slots

    @property
    def change(self) -> Array:
        """Scratch of `step`, of the size of the values. Raises InputError before `begin`."""
        if self._serves is None:
            raise InputError(f"{self!r} does not know its parameters yet; call begin(model.parameters) first")
        return self._scratch

    def load_slots(self, slots: Mapping[str, Array]) -> None:
        """Copy `slots` in. Raises InputError, and changes nothing, unless names, shapes and dtypes fit exactly."""
        own = self.slots
        if own.keys() != slots.keys():
            raise InputError(f"slots: got {sorted(slots)}; expected {sorted(own)}")
        for name, array in slots.items():
            if array.shape != own[name].shape or array.dtype != own[name].dtype:
                raise InputError(
                    f"slots: {quoted(name)}: got {array.dtype} of shape {array.shape}; "
                    f"expected {own[name].dtype} of shape {own[name].shape}"
                )
        for name, array in slots.items():
            own[name][...] = array

    @abstractmethod
    def step(self, values: Array, grads: Array, learning_rate: float, index: int) -> None:
        """Change `values` in place by the rule, at the given rate; `index` counts steps from 0. Keeps neither array."""

    def __repr__(self) -> str:
        return constructor_call(self)


@final
class SGD(Optimizer):
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

    def slot_names(self) -> tuple[str, ...]:
        return ("velocity",) if self.momentum else ()

    def step(self, values: Array, grads: Array, learning_rate: float, index: int) -> None:
        change = self.change
        if self.weight_decay:
            decayed = self._decayed
            np.multiply(values[:decayed], self.weight_decay, out=change[:decayed])
            change[decayed:] = 0
            change += grads
            grads = change
        if self.momentum:
            velocity = self.slots["velocity"]
            velocity *= self.momentum
            velocity += grads
            _forget_the_tiny(velocity, index)
        if not self.momentum or self.nesterov:
            np.multiply(grads, learning_rate, out=change)
            values -= change
        if self.momentum:
            np.multiply(velocity, learning_rate * (self.momentum if self.nesterov else 1), out=change)
            values -= change


@final
class Adam(Optimizer):
    """m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²; w ← w − η · m̂ / (√v̂ + ε), m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ).

    t counts from 1; the hats undo the start from 0. Kingma and Ba 2015, arXiv:1412.6980.
    """

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
        self.epsilon = real_number("Adam: epsilon", epsilon, EPSILON_RANGE, fits=_is_epsilon)

    def slot_names(self) -> tuple[str, ...]:
        return ("m", "v")

    def step(self, values: Array, grads: Array, learning_rate: float, index: int) -> None:
        _adam(self, values, grads, learning_rate, index)


@final
class AdamW(Optimizer):
    """Adam, after w ← w − η λ w for every weight and no bias: decay apart from the gradient.

    `weight_decay` λ is not Adam's gradient plus λw, which the division by √v̂ would even out again.
    Loshchilov and Hutter 2019, arXiv:1711.05101.
    """

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
        self.epsilon = real_number("AdamW: epsilon", epsilon, EPSILON_RANGE, fits=_is_epsilon)
        self.weight_decay = non_negative("AdamW: weight_decay", weight_decay)

    def slot_names(self) -> tuple[str, ...]:
        return ("m", "v")

    def step(self, values: Array, grads: Array, learning_rate: float, index: int) -> None:
        values[: self._decayed] *= 1 - learning_rate * self.weight_decay
        _adam(self, values, grads, learning_rate, index)


def _adam(rule: Adam | AdamW, values: Array, grads: Array, learning_rate: float, index: int) -> None:
    """Adam's rule, in place. With c = √(1−β₂ᵗ): m̂/(√v̂+ε) = m · c/(1−β₁ᵗ) / (√v + ε c), one pass less."""
    m, v, change = rule.slots["m"], rule.slots["v"], rule.change
    np.subtract(grads, m, out=change)
    change *= 1 - rule.beta_1
    m += change
    _forget_the_tiny(m, index)

    np.multiply(grads, grads, out=change)
    change *= 1 - rule.beta_2
    v *= rule.beta_2
    v += change

    correction = math.sqrt(1 - rule.beta_2 ** (index + 1))
    np.sqrt(v, out=change)
    change += rule.epsilon * correction
    np.divide(m, change, out=change)
    change *= learning_rate * correction / (1 - rule.beta_1 ** (index + 1))
    values -= change


def _forget_the_tiny(average: Array, index: int) -> None:
    """Now and then set to 0 what decays towards 0: below 1e-38 float32 is denormal, and products take far longer.

    A pixel that is rarely inked leaves such averages behind. Without this, plain-128 slows down from 154,000 samples a
    second in its first epoch to 130,000 in its third.
    """
    if (index + 1) % FORGET_EVERY == 0:
        kind = np.finfo(average.dtype)
        average[np.abs(average) < kind.tiny / kind.eps] = 0


def _is_epsilon(number: float) -> bool:
    return SMALLEST_EPSILON <= number <= 1
