"""Keras on JAX, by `fit` with its defaults: an epoch at a time."""

import os
from collections.abc import Callable

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

from framework.types import Numbers
from scripts.benchmarks.peers.job import StepJob

ROWS = 20_000
"""A part of the rows, so that an epoch is short."""


def contender(job: StepJob, x: Numbers, y: Numbers) -> Callable[[], int]:
    keras.utils.set_random_seed(0)
    pixels, labels = (x[:ROWS] / np.float32(255)).astype(np.float32), y[:ROWS].astype(np.int32)
    model = keras.Sequential(
        [keras.Input((784,)), keras.layers.Dense(job.hidden, activation="relu"), keras.layers.Dense(10)]
    )
    kind = keras.optimizers.SGD if job.optimizer == "sgd" else keras.optimizers.Adam
    model.compile(kind(job.rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def run() -> int:
        model.fit(pixels, labels, batch_size=job.batch, epochs=1, verbose=0)
        return len(pixels)

    return run
