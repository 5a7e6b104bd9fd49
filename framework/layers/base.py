"""Layer, the one contract everything in a model keeps, and Activation, its element-wise kind."""

import copy
from abc import ABC, abstractmethod
from functools import cached_property
from typing import ClassVar, Self

import numpy as np

from framework.buffers import Buffer
from framework.errors import InputError
from framework.layers.scratch import Scratch
from framework.parameters import Parameter
from framework.randomness import Step
from framework.representation import constructor_call
from framework.types import Array, Shape


class Layer(ABC):
    """One differentiable step.

    For a batch of n samples x is (n, *input_shape) and y = forward(x) is (n, *output_shape). With L the loss,
    dy = ∂L/∂y and dx = ∂L/∂x have the shapes of y and x.

    A subclass keeps each constructor argument as an attribute of the same name, and lists what it learns in
    `parameters`, and what else it keeps, such as running statistics, in `buffers`. In training (`step` given) it may
    write y and dx into `self.scratch`, and notes with `keep` what backward will need; in inference (`step` None) it
    stores nothing, so two threads may use one model.
    """

    casts_input: ClassVar[bool] = False
    """True for a layer that turns any real dtype into the model's itself; before others the model does it."""

    symbol: ClassVar[str] = ""
    """What the lesson calls y: Z for weighted sums, A for activations; a layer without one keeps the name of its x."""

    parameters: tuple[Parameter, ...] = ()
    """What it learns, with that of the layers it is made of."""
    buffers: tuple[Buffer, ...] = ()
    """The numbers it keeps without learning them, with those of the layers it is made of."""
    layers: tuple["Layer", ...] = ()
    """The layers it is made of, in a row from x on; none for most."""
    rows_are_independent: bool = True
    """Whether rows do not know of each other in training either, so that a large batch may go through in parts, side by
    side. False also for a layer that writes into a buffer in training."""
    input_shape: Shape | None = None
    """The shape of one sample where the constructor fixes it, None where any shape will do."""
    path: str = ""
    """The layer's name in its model, such as 'layers.2'; empty while it belongs to none."""
    dtype: np.dtype[np.floating] = np.dtype(np.float32)

    @classmethod
    def inferred(cls, input_shape: Shape) -> dict[str, int]:
        """The constructor arguments a JSON spec leaves out, because the shape that comes in gives them."""
        return {}

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of one sample of y. Raises InputError, naming both shapes, where x cannot have `input_shape`."""
        return input_shape

    @abstractmethod
    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        """y for x, which stays as it is. What is returned in training is valid until the next training forward."""

    @abstractmethod
    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        """Overwrite the gradient of every parameter and return dx, or None without `need_dx`. May overwrite dy."""

    def formula(self, x: str, number: int) -> str:
        """The right-hand side of y = ..., as the lesson writes it, for an input called `x`.

        `number` tells apart the Zs of a model, and what belongs to them: W1, b1, A1.
        """
        return f"{type(self).__name__}({x})"

    def multiply_adds(self, input_shape: Shape) -> int:
        """How many products one sample's forward sums up: each entry of a weight matrix is used once, unless told."""
        return sum(parameter.size for parameter in self.parameters if len(parameter.shape) > 1)

    @cached_property
    def scratch(self) -> Scratch:
        """Arrays this layer writes into at every training step instead of allocating them anew."""
        return Scratch()

    def keep(self, **arrays: Array) -> None:
        """Remember, in training, what backward will need; nothing is copied."""
        self.scratch.kept.update(arrays)

    def kept(self, name: str) -> Array:
        """What the last training forward kept under `name`."""
        if name not in self.scratch.kept:
            place, names = self.path or type(self).__name__, ", ".join(map(repr, self.scratch.kept))
            if names:
                hint = f"self.keep({name}=...) in forward would keep it"
                raise InputError(f"{place}: got {name!r}; expected a name of what forward keeps: {names}", hint=hint)
            raise InputError(
                f"{place}: backward found nothing kept as {name!r}; expected forward(x, step=...) first",
                hint=f"forward(x) keeps nothing; forward(x, step=Step(...)) calls self.keep({name}=...) for backward",
            )
        return self.scratch.kept[name]

    def adopt(self, path: str, dtype: np.dtype[np.floating]) -> None:
        """Become part of a model, under `path`."""
        self.path, self.dtype = path, dtype

    def __copy__(self) -> Self:
        # a shallow copy would share its parameters, and two models would write into one of them
        return copy.deepcopy(self)

    def __getstate__(self) -> dict[str, object]:
        """A copy or a pickle starts outside any model and without scratch."""
        return {name: value for name, value in self.__dict__.items() if name not in ("scratch", "path", "dtype")}

    def __repr__(self) -> str:
        return constructor_call(self)


class Activation(Layer):
    """An element-wise layer without parameters: y = f(x), dx = dy ⊙ f′(x)."""

    symbol = "A"

    @abstractmethod
    def activate(self, x: Array, out: Array | None) -> Array:
        """f(x), written into `out` if given."""

    @abstractmethod
    def slope(self, x: Array, y: Array, out: Array) -> Array:
        """f′(x), written into `out`; from y = f(x) where that is cheaper."""

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is None:
            return self.activate(x, None)
        y = self.activate(x, self.scratch("y", x.shape, x.dtype))
        self.keep(x=x, y=y)
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        if not need_dx:
            return None
        y = self.kept("y")
        dy *= self.slope(self.kept("x"), y, self.scratch("slope", y.shape, y.dtype))
        return dy
