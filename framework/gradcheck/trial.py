"""One batch through a network and back, with all that flows kept; then the loss again, as often as it is asked for."""

from typing import final

import numpy as np

from framework.chain import forward_through
from framework.errors import CheckFailed
from framework.gradcheck.slopes import rounding
from framework.layers import Layer
from framework.losses import Loss
from framework.randomness import Step
from framework.sequential import Sequential
from framework.types import Array, Numbers

REPEATED = 1e-9
"""Relative; the same sums done again differ by a few roundings at most, other random numbers by far more."""


@final
class Trial:
    """A training forward and a backward of a float64 model. Raises CheckFailed, naming the layer, where no gradient can
    be compared: numbers that are not finite, a wrong shape, an x that was written to, other numbers at the same step.

    `values` has what each layer got, and last what the loss got; `slopes` what backward says ∂loss/∂ of each is, and
    `grads` that of each parameter.
    """

    def __init__(self, model: Sequential, loss: Loss, x: Array, y: Numbers, step: Step) -> None:
        self.model, self.loss, self.y, self.step = model, loss, y, step
        self.values: list[Array] = []
        self.slopes: list[Array] = []
        self._buffers = model.buffers.values.copy()
        outputs = self._forward(x.copy())
        self.value, dy = loss.value_and_grad(outputs, y)
        if not np.isfinite(self.value):
            raise CheckFailed(f"{type(loss).__name__}: the loss is {self.value}; expected a finite number")
        self._backward(dy)
        self.grads = {parameter.path: parameter.grad.copy() for parameter in model.parameters}
        self._repeat()
        self.noise = rounding(self.value, max(map(_weight, self.values, self.slopes)))

    def loss_from(self, first: int) -> float:
        """The loss, if `values[first]` is what goes into that layer."""
        self._restart()
        outputs = forward_through(self.model.layers[first:], self.values[first].copy(), self.step)
        return self.loss.value(outputs, self.y)

    def _forward(self, x: Array) -> Array:
        for layer, shape in zip(self.model.layers, self.model.shapes, strict=True):
            before = x.copy()
            self.values.append(before)
            y = layer.forward(x, step=self.step)
            _check_array(layer, "forward", y, (len(x), *shape))
            if not np.isfinite(y).all():
                raise _failed(layer, "forward gives numbers that are not finite")
            if not np.array_equal(x, before):
                raise _failed(layer, "forward changed x; expected it to stay as it is")
            x = y
        self.values.append(x.copy())
        return x

    def _backward(self, dy: Array) -> None:
        self.model.parameters.grads[...] = np.nan  # what backward does not overwrite will be seen
        self.slopes.append(dy.copy())
        for layer, x in zip(reversed(self.model.layers), reversed(self.values[:-1]), strict=True):
            dx = layer.backward(dy, need_dx=True)
            if dx is None:
                raise _failed(layer, "backward with need_dx=True returned None; expected dx")
            _check_array(layer, "backward", dx, x.shape)
            self.slopes.append(dx.copy())
            dy = dx
        self.slopes.reverse()

    def _restart(self) -> None:
        """Have every training forward start from the same buffers."""
        self.model.buffers.values[...] = self._buffers

    def _repeat(self) -> None:
        self._restart()
        for layer, x, y in zip(self.model.layers, self.values, self.values[1:], strict=False):
            again = layer.forward(x.copy(), step=self.step)
            if not np.allclose(again, y, rtol=REPEATED, atol=REPEATED * float(np.abs(y).max(initial=0))):
                raise _failed(
                    layer, "two forwards of one step differ; expected random numbers from step.rng(self.path) alone"
                )


def _check_array(layer: Layer, name: str, array: object, shape: tuple[int, ...]) -> None:
    if not isinstance(array, np.ndarray):
        raise _failed(layer, f"{name} gives {type(array).__name__}; expected an array of shape {shape}")
    if array.shape != shape:
        raise _failed(layer, f"{name} gives shape {array.shape}; expected {shape}")
    if array.dtype != np.float64:
        raise _failed(layer, f"{name} gives {array.dtype} in a float64 model; expected float64")


def _failed(layer: Layer, what: str) -> CheckFailed:
    return CheckFailed(f"{layer.path} ({type(layer).__name__}): {what}")


def _weight(values: Array, slopes: Array) -> float:
    """Σ |v ∂loss/∂v|; what is not finite will be found wrong, and must not hide the rest."""
    products = np.abs(values * slopes)
    return float(products[np.isfinite(products)].sum())
