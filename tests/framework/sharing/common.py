"""Small trainings for processes to share out, and what becomes of them: numbers to compare, processes to count."""

import os
import platform
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Literal, final

import numpy as np
import pytest

from framework import (
    SGD,
    Augmentation,
    CosineSchedule,
    Dataset,
    Dense,
    Layer,
    Optimizer,
    ReLU,
    Rescale,
    Sequential,
    SoftmaxCrossEntropy,
    Training,
    TrainingSettings,
)
from framework.saving import Checkpoints
from framework.sharing.ranks import Ranks
from framework.task import Task
from framework.types import Array, Numbers

SEED = 5
ROWS, FEATURES, UNITS, CLASSES, BATCH = 210, 12, 50, 4, 32
FLOAT64 = 1e-9
"""Of each number: 14 steps amplify what sums in another order round, from 1e-16 to 6e-12 at the most."""
NEXT_TO_NOTHING = 1e-12
"""What sums that come out as almost 0 may differ by, whatever their own size."""

only_where_shared = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="processes cannot share a training here"
)


@final
class Brighter(Augmentation):
    """As pure as can be: no random numbers, so that it does not matter who draws them."""

    def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
        return x.astype(np.float32) + np.float32(1)


def dense_layers(*hidden: int, between: Callable[[], Layer] = ReLU, bias: bool = True) -> list[Layer]:
    """Rescale, and Dense layers that lead from FEATURES through so many hidden units to CLASSES."""
    layers: list[Layer] = [Rescale(1 / 255)]
    for sizes in pairwise((FEATURES, *hidden, CLASSES)):
        layers += [Dense(*sizes, use_bias=bias), between()]
    return layers[:-1]


def task_of(
    layers: list[Layer], optimizer: Optimizer | None = None, settings: TrainingSettings | None = None, rows: int = BATCH
) -> Task:
    model = Sequential(layers, seed=0, input_shape=(FEATURES,))
    settings = settings or TrainingSettings()
    return Task(model, SoftmaxCrossEntropy(), optimizer or SGD(), settings, None, noise(FEATURES), rows, fresh=True)


def noise(features: int, rows: int = ROWS, *, weighted: bool = False) -> Dataset:
    rng = np.random.default_rng(SEED)
    weight = rng.uniform(0.5, 2, rows) if weighted else None
    return Dataset(rng.integers(0, 256, (rows, features), np.uint8), rng.integers(0, CLASSES, rows), weight)


def small_training(
    ranks: int | Literal["auto"],
    optimizer: Optimizer | None = None,
    layers: list[Layer] | None = None,
    *,
    epochs: int = 2,
    weighted: bool = False,
    checkpoints: Checkpoints | None = None,
    loss: SoftmaxCrossEntropy | None = None,
) -> Training:
    """In float64; of one hidden layer unless told otherwise."""
    model = Sequential(layers or dense_layers(UNITS), seed=SEED, dtype=np.float64, input_shape=(FEATURES,))
    return Training(
        model,
        noise(FEATURES, weighted=weighted),
        optimizer=optimizer or SGD(0.2, momentum=0.9),
        schedule=CosineSchedule(),
        loss=loss,
        settings=TrainingSettings(epochs, BATCH, SEED, threads=ranks),
        checkpoints=checkpoints,
    )


def end_of(training: Training) -> tuple[Array, Array, dict[str, Array], list[float]]:
    """Weights, gradients, the optimizer's memory and the loss of each epoch, once it has been trained."""
    for _ in training:
        pass
    shared = training.settings.threads != 1
    assert isinstance(training._make_step, Ranks) is shared
    parameters = training.model.parameters
    losses = [report.loss for report in training.history.epochs]
    return parameters.values, parameters.grads, dict(training.optimizer.slots), losses


def check_both_end_alike(alone: Training, together: Training) -> None:
    """But for the order in which sums are rounded: weights, gradients, the optimizer's memory and steps, losses."""
    for one, other in zip(end_of(alone)[:2], end_of(together)[:2], strict=True):
        np.testing.assert_allclose(other, one, rtol=FLOAT64, atol=NEXT_TO_NOTHING)
    for name, slot in alone.optimizer.slots.items():
        np.testing.assert_allclose(together.optimizer.slots[name], slot, rtol=FLOAT64, atol=NEXT_TO_NOTHING)
    losses = [[report.loss for report in training.history.epochs] for training in (alone, together)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=FLOAT64)
    right = [[report.accuracy for report in training.history.epochs] for training in (alone, together)]
    assert right[0] == right[1]
    assert alone.optimizer.steps == together.optimizer.steps == alone.state.step


def children() -> set[int]:
    """The processes that have been forked and not been seen ending."""
    return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))
