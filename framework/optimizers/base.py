"""Optimizer, the contract of all update rules, and what they share to stay fast and finite."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple

import numpy as np

from framework.arguments import check_finite, check_minimum, real_number
from framework.errors import InputError, quoted
from framework.parameters import ParameterVector
from framework.representation import constructor_call
from framework.types import Array

BLOCK = 65_536
"""Weights changed at a time. A step of Adam on 636,000 weights takes half as long as all at once, one of SGD 0.45."""

FORGET_EVERY = 64
"""Steps. 0.9 to the 64th is 1e-3, and from where averages are forgotten to the first denormal number it is 1e-7."""

SMALLEST_EPSILON = 1e-30
"""A smaller one would be 0 in float32, and 0/0 the change of a weight that never had a gradient."""


class Optimizer(ABC):
    """An update rule. `learning_rate` is its full rate; a schedule says what part of it a step gets."""

    learning_rate: float

    squares: ClassVar[tuple[str, ...]] = ()
    """The slots that hold fading sums or averages of squares: none of their numbers is below 0."""

    def __init__(self) -> None:
        self.steps = 0
        """Updates made since the slots were allocated; kept by the training loop."""
        self._serves: object = None
        self._slots: dict[str, Array] = {}
        self._decayed = 0

    def begin(self, parameters: ParameterVector, *, zeros: Callable[[Array], Array] = np.zeros_like) -> None:
        """Allocate the slots for `parameters`, all 0; for the vector it already serves keep them: training goes on.

        `zeros` makes a slot, in the size and dtype of the vector it is given.
        """
        if self._serves is parameters.identity:
            return
        self._serves = parameters.identity  # not the arrays: an optimizer that keeps them may train dead ones
        self._slots = {name: zeros(parameters.values) for name in self.slot_names()}
        self._scratch = np.empty(min(BLOCK, parameters.values.size), parameters.values.dtype)
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

    def load_slots(self, slots: Mapping[str, Array]) -> None:
        """Copy `slots` in. Raises InputError, and changes nothing, unless names, shapes and dtypes fit exactly, every
        number is finite, and none among squares is below 0.
        """
        own = self.slots
        if own.keys() != slots.keys():
            raise InputError(f"slots: got {sorted(slots)}; expected {sorted(own)}")
        for name, array in slots.items():
            if array.shape != own[name].shape or array.dtype != own[name].dtype:
                raise InputError(
                    f"slots: {quoted(name)}: got {array.dtype} of shape {array.shape}; "
                    f"expected {own[name].dtype} of shape {own[name].shape}"
                )
            check_finite(f"slots: {quoted(name)}", array)
            if name in self.squares:
                check_minimum(f"slots: {quoted(name)}", array, 0.0)
        for name, array in slots.items():
            own[name][...] = array

    @abstractmethod
    def step(self, values: Array, grads: Array, learning_rate: float, index: int) -> None:
        """Change `values` in place by the rule, at the given rate; `index` counts steps from 0. Keeps neither array."""

    def __repr__(self) -> str:
        return constructor_call(self)


class Block(NamedTuple):
    """Neighbouring weights, and all that changes them: so many that everything stays in a core's cache meanwhile."""

    values: Array
    grads: Array
    slots: Mapping[str, Array]
    change: Array
    """Scratch, with anything in it."""
    decayed: int
    """How many of them, the first ones, weight decay may touch."""


class Elementwise(Optimizer):
    """A rule by which each weight changes through its own gradient and its own slots alone."""

    @property
    def lets_rest(self) -> bool:
        """Whether a weight keeps its value whose gradient is 0, as are its slots."""
        return True

    def step(self, values: Array, grads: Array, learning_rate: float, index: int) -> None:
        all_slots, change = self.slots, self._scratch
        if len(all_slots) < len(names := self.slot_names()):
            late = ", ".join(name for name in names if name not in all_slots)
            raise InputError(f"{self!r}: got no {late} from the steps before; expected such a setting from the start")
        if len(values) <= BLOCK:
            self.update(Block(values, grads, all_slots, change, self._decayed), learning_rate, index)
            return
        for start in range(0, len(values), BLOCK):
            end = min(start + BLOCK, len(values))
            slots = {name: slot[start:end] for name, slot in all_slots.items()}
            decayed = min(max(self._decayed - start, 0), end - start)
            block = Block(values[start:end], grads[start:end], slots, change[: end - start], decayed)
            self.update(block, learning_rate, index)

    @abstractmethod
    def update(self, block: Block, learning_rate: float, index: int) -> None:
        """Change `block.values` in place by the rule, and the slots."""


def forget_the_tiny(average: Array, index: int) -> None:
    """Now and then set to 0 what decays towards 0: below 1e-38 float32 is denormal, and products take far longer.

    A pixel that is rarely inked leaves such averages behind. Without this, plain-128 slows down from 154,000 samples a
    second in its first epoch to 130,000 in its third.
    """
    if (index + 1) % FORGET_EVERY == 0:
        kind = np.finfo(average.dtype)
        average[np.abs(average) < kind.tiny / kind.eps] = 0


def checked_epsilon(place: str, epsilon: float) -> float:
    """`epsilon`, which keeps a division by an average from being one by 0, if it is from SMALLEST_EPSILON to 1."""
    expected = f"a number from {SMALLEST_EPSILON} to 1"
    return real_number(place, epsilon, expected, fits=lambda number: SMALLEST_EPSILON <= number <= 1)
