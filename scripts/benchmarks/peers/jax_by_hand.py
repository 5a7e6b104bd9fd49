"""JAX by hand: one jitted step per call, or a whole epoch in one scan. Parameters are donated, so nothing is copied."""

from collections.abc import Callable
from itertools import islice, pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from framework import Sequential
from framework.types import Array, Numbers
from scripts.benchmarks.peers.job import CHUNK, StepJob, endless_batches, weights_of

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def contender(job: StepJob, x: Numbers, y: Numbers, *, scan: bool = False) -> Callable[[], int]:
    rng = np.random.default_rng(0)
    pixels, labels = (x / np.float32(255)).astype(np.float32), y.astype(np.int32)
    sizes = (784, job.hidden, 10)
    weights = [
        (jnp.asarray(rng.standard_normal((a, b), np.float32) * np.sqrt(2 / a)), jnp.zeros(b))
        for a, b in pairwise(sizes)
    ]
    state: Any = weights
    if job.optimizer == "adam":
        m, v = (jax.tree.map(jnp.zeros_like, weights) for _ in "mv")
        state = (weights, m, v, jnp.zeros(()))
    per_epoch = len(x) // job.batch

    def loss(weights: Any, x: Any, y: Any) -> Any:
        (w1, b1), (w2, b2) = weights
        scores = jax.nn.relu(x @ w1 + b1) @ w2 + b2
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(scores), y[:, None], axis=1))

    def step(state: Any, x: Any, y: Any) -> Any:
        if job.optimizer == "sgd":
            return jax.tree.map(lambda w, g: w - job.rate * g, state, jax.grad(loss)(state, x, y))
        weights, m, v, t = state
        grads, t = jax.grad(loss)(weights, x, y), t + 1
        m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, grads)
        v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, grads)
        rate = job.rate * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
        weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), weights, m, v)
        return weights, m, v, t

    if not scan:
        jitted = jax.jit(step, donate_argnums=0)

        batches = endless_batches(len(pixels), job.batch, rng)

        def run() -> int:
            nonlocal state
            for rows in islice(batches, CHUNK):
                state = jitted(state, pixels[rows], labels[rows])
            jax.block_until_ready(state)
            return CHUNK * job.batch

        return run

    images, digits = jnp.asarray(pixels), jnp.asarray(labels)

    def epoch(state: Any, order: Any) -> Any:
        def one(state: Any, rows: Any) -> Any:
            return step(state, images[rows], digits[rows]), None

        return jax.lax.scan(one, state, order)[0]

    whole = jax.jit(epoch, donate_argnums=0)

    def run_epoch() -> int:
        nonlocal state
        order = rng.permutation(len(pixels))[: per_epoch * job.batch].reshape(per_epoch, job.batch)
        state = jax.block_until_ready(whole(state, jnp.asarray(order)))
        return per_epoch * job.batch

    return run_epoch


def answerer(model: Sequential, images: Numbers) -> Callable[[], Array]:
    weights = tuple(map(jnp.asarray, weights_of(model)))
    pixels = jnp.asarray((images / np.float32(255)).astype(np.float32))

    def scores(weights: Any, x: Any) -> Any:
        w1, b1, w2, b2 = weights
        return jax.nn.relu(x @ w1 + b1) @ w2 + b2

    jitted = jax.jit(scores)
    return lambda: np.asarray(jitted(weights, pixels))
