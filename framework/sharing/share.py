"""Share: what a rank has of a training, and what the kinds of sharing have in common."""

from typing import Protocol

import numpy as np

from framework.data.augmentation import Augmentation
from framework.optimizers import Optimizer
from framework.parameters import ParameterVector
from framework.randomness import Step, stream
from framework.sequential import Sequential
from framework.stepper import Update
from framework.types import Array, Numbers
from framework.weights import views


class Share(Protocol):
    """One rank's part in a training."""

    update: Update

    def is_as_given(self) -> bool:
        """Whether weights and slots are those that `give` has copied."""

    def give(self) -> None:
        """Copy this rank's weights, gradients and optimizer's slots to the whole model and its optimizer."""


def work(model: Sequential) -> list[int]:
    """How many products one sample's forward sums up, by layer."""
    shapes = (model.input_shape, *model.shapes)
    return [layer.multiply_adds(shape) for layer, shape in zip(model.layers, shapes, strict=False)]


def augmented(augmentation: Augmentation, x: Numbers, step: Step, rank: int) -> Array:
    """The rows of one rank as they are to be learnt: each draws random numbers of its own."""
    if not len(x):
        return x.astype(np.float32)
    return augmentation(x, stream(step.seed, f"augmentation/{rank}" if rank else "augmentation", step.index))


def by_path(parameters: ParameterVector, optimizer: Optimizer) -> dict[str, tuple[Array, ...]]:
    """For each parameter its value, its gradient and its part of every slot."""
    vectors = (parameters.values, parameters.grads, *optimizer.slots.values())
    places = zip(*(views(parameters, vector) for vector in vectors), strict=True)
    return {parameter.path: arrays for parameter, arrays in zip(parameters, places, strict=True)}
