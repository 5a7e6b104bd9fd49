"""The six steps as a first notebook writes them, cut into batches: float64, one-hot, nothing done for speed."""

from collections.abc import Callable
from itertools import islice

import numpy as np

from framework import Sequential
from framework.types import Array, Numbers
from scripts.benchmarks.peers.job import CHUNK, StepJob, endless_batches, weights_of

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def contender(job: StepJob, x: Numbers, y: Numbers) -> Callable[[], int]:
    rng = np.random.default_rng(0)
    X, Y = x / 255.0, np.eye(10)[y]
    weights = [rng.standard_normal((784, job.hidden)) * np.sqrt(2 / 784), np.zeros(job.hidden)]
    weights += [rng.standard_normal((job.hidden, 10)) * np.sqrt(2 / job.hidden), np.zeros(10)]
    m, v, t = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights], 0

    batches = endless_batches(len(X), job.batch, rng)

    def run() -> int:
        nonlocal weights, m, v, t
        for rows in islice(batches, CHUNK):
            x, y = X[rows], Y[rows]
            w1, b1, w2, b2 = weights
            z1 = x.dot(w1) + b1
            a1 = np.maximum(z1, 0)
            z2 = a1.dot(w2) + b2
            e = np.exp(z2 - np.max(z2, axis=1, keepdims=True))
            a2 = e / np.sum(e, axis=1, keepdims=True)
            dz2 = (a2 - y) / len(rows)
            dz1 = dz2.dot(w2.T) * (z1 > 0)
            grads = [x.T.dot(dz1), np.sum(dz1, axis=0), a1.T.dot(dz2), np.sum(dz2, axis=0)]
            if job.optimizer == "sgd":
                weights = [w - job.rate * g for w, g in zip(weights, grads, strict=True)]
                continue
            t += 1
            m = [BETA_1 * a + (1 - BETA_1) * g for a, g in zip(m, grads, strict=True)]
            v = [BETA_2 * a + (1 - BETA_2) * g * g for a, g in zip(v, grads, strict=True)]
            scale = job.rate * np.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
            weights = [w - scale * a / (np.sqrt(b) + EPSILON) for w, a, b in zip(weights, m, v, strict=True)]
        return CHUNK * job.batch

    return run


def answerer(model: Sequential, images: Numbers) -> Callable[[], Array]:
    w1, b1, w2, b2 = (array.astype(np.float64) for array in weights_of(model))
    X = images / 255.0

    def answer() -> Array:
        z2: Array = np.maximum(X.dot(w1) + b1, 0).dot(w2) + b2
        e = np.exp(z2 - np.max(z2, axis=1, keepdims=True))
        a2: Array = e / np.sum(e, axis=1, keepdims=True)
        return a2

    return answer
