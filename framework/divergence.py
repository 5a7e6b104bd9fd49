"""When numbers stop being finite: which was the first, why that is likely, and what to try."""

from collections.abc import Iterable
from inspect import signature

import numpy as np

from framework.arguments import real_numbers
from framework.data.batches import Batch
from framework.layers import Rescale
from framework.optimizers import Optimizer
from framework.randomness import Step
from framework.sequential import Sequential
from framework.training_state import TrainingState
from framework.types import Array, Numbers

LARGE_INPUT = 20.0
"""Weights are drawn for inputs of size 1; scores grow with their size, and the steps that are safe shrink with it."""


def first_not_finite(model: Sequential, parts: Iterable[Batch], step: Step) -> str | None:
    """What is not finite, in the order in which a step computes: weights, what each layer gives, gradients.

    None where all of these are finite. The layers run forward once more, on the same rows with the same random numbers;
    what they keep without learning it stays as it is.
    """
    for array in (*model.parameters, *model.buffers):
        if not np.isfinite(array.value).all():
            return f"the weights {array.path}"
    before = model.buffers.values.copy()
    try:
        if place := _first_output(model, parts, step):
            return place
    finally:
        model.buffers.values[...] = before
    for parameter in model.parameters:
        if not np.isfinite(parameter.grad).all():
            return f"the gradient of {parameter.path}"
    return None


def _first_output(model: Sequential, parts: Iterable[Batch], step: Step) -> str | None:
    with np.errstate(all="ignore"):
        for number, part in enumerate(parts):
            x: Array = real_numbers("x", part.x)
            for layer in model.layers:
                if not layer.casts_input:
                    x = x.astype(model.dtype, copy=False)
                x = layer.forward(x, step=Step(step.seed, step.index, number))
                if not np.isfinite(x).all():
                    return f"the output of {layer.path} ({type(layer).__name__})"
    return None


def first_not_finite_between_steps(model: Sequential, optimizer: Optimizer, state: TrainingState) -> str | None:
    """What of all that is kept from one step to the next is not finite, if anything."""
    named = {array.path: array.value for array in (*model.parameters, *model.buffers)} | dict(optimizer.slots)
    if state.best_values is not None and state.best_buffers is not None:
        named |= {"the best epoch's weights": state.best_values, "its statistics": state.best_buffers}
    if state.average is not None:
        named |= {"the average of the weights": state.average.values, "that of the statistics": state.average.buffers}
    named["the sum of the losses"] = np.array(state.loss_sum)
    return next((name for name, values in named.items() if not np.isfinite(values).all()), None)


def remedy(model: Sequential, x: Numbers, optimizer: Optimizer, *, updates: int) -> str:
    """A likely cause, and one thing to try. `updates` is how often the weights were changed before."""
    if unscaled := too_large(model, x):
        return unscaled
    if updates and optimizer.learning_rate:
        return f"the learning rate is likely too large: try {smaller_rate(optimizer):.3g}"
    return "no weight was changed yet, so look at the layer or the loss that is named: try framework.gradcheck.check"


def too_large(model: Sequential, x: Numbers) -> str:
    """What to do about inputs that are far too large for the weights, if they are and nothing is done yet."""
    largest = float(np.abs(x).max(initial=0))
    if largest <= LARGE_INPUT or isinstance(model.layers[0], Rescale):
        return ""
    return f"x reaches {largest:.3g}, far from 1: try Rescale(1 / {largest:.3g}) as the first layer"


def usual_rate(optimizer: Optimizer) -> float | None:
    """The learning rate that such an optimizer has unless told, if it has any."""
    parameter = signature(type(optimizer)).parameters.get("learning_rate")
    return parameter.default if parameter is not None and isinstance(parameter.default, float) else None


def smaller_rate(optimizer: Optimizer) -> float:
    """A tenth of its learning rate, or the usual one where that is still less: from 1e9 it is a long way in tenths."""
    tenth, usual = optimizer.learning_rate / 10, usual_rate(optimizer)
    return tenth if usual is None else min(tenth, usual)
