"""gradients: how large the parts are that a batch goes through in. What comes of them is tested with Training."""

import numpy as np

from framework import (
    SGD,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    EpochReport,
    Flatten,
    Rescale,
    Reshape,
    Sequential,
    Training,
    TrainingSettings,
)
from framework.gradients import PART_NUMBERS, PART_ROWS, part_rows
from framework.types import Array
from models.recipes import recipe


def test_how_many_rows_go_through_at_once() -> None:
    """Few numbers a sample: PART_ROWS. Many: fewer, so that 128 images keep two workers busy. BatchNorm: all."""
    assert part_rows(Sequential([Dense(784, 10), Dense(10, 10)])) == PART_ROWS
    layers = [Rescale(1 / 255), Reshape((28, 28, 1)), Conv2D(1, 16), Flatten(), Dense(26 * 26 * 16, 10)]
    convolution = Sequential(layers, input_shape=(784,))
    assert part_rows(convolution) == PART_NUMBERS // (2 * 26 * 26 * 16 + 10)
    assert part_rows(recipe("digits-cnn").build()) < 128
    assert part_rows(recipe("digits").build()) >= 256
    assert part_rows(Sequential([Dense(784, 10), BatchNorm(10)])) > 10**9


def test_a_setting_changed_at_a_report_counts_for_every_worker() -> None:
    rows = 2 * PART_ROWS + 100
    x = np.random.default_rng(0).normal(size=(rows, 4)).astype(np.float32)

    def learnt(threads: int, last_rate: float) -> Array:
        model = Sequential([Dense(4, 8), Dropout(0.5), Dense(8, 3)], seed=0)
        settings = TrainingSettings(4, None, threads=threads)
        for event in Training(model, (x, np.arange(rows) % 3), optimizer=SGD(0.1), settings=settings):
            if isinstance(event, EpochReport):
                model.layers[1].rate = last_rate  # type: ignore[attr-defined]
        return model.parameters.values.copy()

    np.testing.assert_array_equal(learnt(1, 0.0), learnt(2, 0.0))
    assert np.any(learnt(1, 0.0) != learnt(1, 0.5))
