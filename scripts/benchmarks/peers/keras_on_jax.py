"""Keras on JAX, by `fit` with its defaults: an epoch at a time."""

import os
from collections.abc import Callable
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

from framework import Sequential
from framework.types import Array, Numbers
from scripts.benchmarks.peers.job import StepJob, weights_of


def contender(job: StepJob, x: Numbers, y: Numbers) -> Callable[[], int]:
    keras.utils.set_random_seed(0)
    pixels, labels = (x / np.float32(255)).astype(np.float32), y.astype(np.int32)
    model = _network(job.hidden)
    kind = keras.optimizers.SGD if job.optimizer == "sgd" else keras.optimizers.Adam
    model.compile(kind(job.rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def run() -> int:
        model.fit(pixels, labels, batch_size=job.batch, epochs=1, verbose=0)
        return len(pixels)

    return run


def answerer(model: Sequential, images: Numbers) -> Callable[[], Array]:
    weights = weights_of(model)
    network = _network(weights[0].shape[1])
    network.set_weights(list(weights))
    pixels = keras.ops.convert_to_tensor((images / np.float32(255)).astype(np.float32))
    return lambda: np.asarray(network(pixels))


def _network(hidden: int) -> Any:
    layers = keras.layers
    return keras.Sequential([keras.Input((784,)), layers.Dense(hidden, activation="relu"), layers.Dense(10)])
