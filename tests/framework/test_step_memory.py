"""What a training step allocates, once it is under way: nothing of the size of the weights, and nothing that grows.

Large arrays come fresh from the system, page by page; a step that makes some takes half as long again.
"""

import tracemalloc

import numpy as np
import pytest

from framework import (
    SGD,
    Adam,
    AdamW,
    BatchNorm,
    Conv2D,
    Dataset,
    Dense,
    Flatten,
    Layer,
    MaxPool2D,
    Optimizer,
    ReLU,
    Rescale,
    Reshape,
    RMSprop,
    Sequential,
    Training,
    TrainingSettings,
)

WARM_UP, STEPS = 3, 5
BATCH, FEATURES, CLASSES = 64, 784, 10
FEW, MANY = 128, 1024
"""Hidden units. Of few of them a batch is 8,192 numbers, which already fill the buffers in which NumPy converts."""
SMALL = 65_536
"""Bytes: NumPy's buffers, the loss and its gradient. The weights are 3.3 MB."""
GROWTH = 8 * MANY
"""Bytes a step may hold more in the network of 8 times as many weights: two float32 numbers for each hidden unit."""

OPTIMIZERS = [SGD(), SGD(momentum=0.9, nesterov=True, weight_decay=1e-3), Adam(), AdamW(), RMSprop(momentum=0.9)]
SETTINGS = [{}, {"clip_norm": 1.0}, {"max_norm": 2.0}, {"average": 0.99}]


def _dense(units: int) -> list[Layer]:
    return [Rescale(1 / 255), Dense(FEATURES, units), ReLU(), Dense(units, CLASSES)]


def _normalized(units: int) -> list[Layer]:
    return [Rescale(1 / 255), Dense(FEATURES, units, use_bias=False), BatchNorm(units), ReLU(), Dense(units, CLASSES)]


def _convolving(units: int) -> list[Layer]:
    """The dense layer has the weights: what a convolution allocates depends on the images."""
    small = [Reshape((28, 28, 1)), Conv2D(1, 4, stride=2), ReLU(), MaxPool2D(), Flatten()]
    return [Rescale(1 / 255), *small, Dense(144, units), ReLU(), Dense(units, CLASSES)]


def peak_of_a_step(layers: list[Layer], optimizer: Optimizer, settings: dict[str, float]) -> int:
    """Bytes a step has at the most, beyond what was there before it."""
    rng = np.random.default_rng(0)
    rows = BATCH * (WARM_UP + STEPS)
    data = Dataset(rng.integers(0, 256, (rows, FEATURES), np.uint8), rng.integers(0, CLASSES, rows))
    training = Training(
        Sequential(layers, seed=0, input_shape=(FEATURES,)),
        data,
        optimizer=optimizer,
        settings=TrainingSettings(1, BATCH, threads=1, **settings),  # type: ignore[arg-type]
    )
    first_step, order = training.begin(), np.arange(rows)
    batches = iter(training.feed.epoch(order, first_step))
    for index in range(WARM_UP):
        training._step(next(batches), index)
    most = 0
    tracemalloc.start()
    try:
        for index in range(WARM_UP, WARM_UP + STEPS):
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            training._step(next(batches), index)
            most = max(most, tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    return most


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_a_step_allocates_nothing_of_the_size_of_the_weights(optimizer: Optimizer, settings: dict[str, float]) -> None:
    few, many = (peak_of_a_step(_dense(units), optimizer, settings) for units in (FEW, MANY))
    assert many < SMALL
    assert abs(many - few) < GROWTH


@pytest.mark.parametrize("layers", [_normalized, _convolving])
def test_nor_does_one_through_other_layers(layers: object) -> None:
    assert callable(layers)
    few, many = (peak_of_a_step(layers(units), Adam(), {}) for units in (FEW, MANY))
    assert abs(many - few) < SMALL
