"""The job in JAX by hand: a jitted step per call, its parameters donated. The last rows of an epoch, fewer than a
batch, are left out: another shape would be compiled anew.
"""

import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

EPOCHS, BATCH = 10, 128
RATE, BETA_1, BETA_2, EPSILON = 0.001, 0.9, 0.999, 1e-8


def scores(weights: Any, x: Any) -> Any:
    w1, b1, w2, b2 = weights
    return jax.nn.relu(x @ w1 + b1) @ w2 + b2


def loss(weights: Any, x: Any, y: Any) -> Any:
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(scores(weights, x)), y[:, None], axis=1))


def step(state: Any, x: Any, y: Any) -> Any:
    weights, m, v, t = state
    grads, t = jax.grad(loss)(weights, x, y), t + 1
    m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, grads)
    v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, grads)
    rate = RATE * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), weights, m, v)
    return weights, m, v, t


def main() -> None:
    train_path, test_path, out = sys.argv[1:]
    train = pd.read_csv(train_path, dtype="uint8")
    labels = train.pop("label").to_numpy("int32")
    pixels = train.to_numpy("float32") / 255

    first, second = jax.random.split(jax.random.key(0))
    draw = jax.nn.initializers.he_normal()
    weights = (draw(first, (784, 128)), jnp.zeros(128), draw(second, (128, 10)), jnp.zeros(10))
    m, v = (jax.tree.map(jnp.zeros_like, weights) for _ in "mv")
    state = (weights, m, v, jnp.zeros(()))
    jitted = jax.jit(step, donate_argnums=0)
    rng = np.random.default_rng(0)
    for _ in range(EPOCHS):
        order = rng.permutation(len(pixels))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            rows = order[start : start + BATCH]
            state = jitted(state, pixels[rows], labels[rows])

    test = pd.read_csv(test_path, dtype="uint8")
    digits = np.asarray(jax.jit(scores)(state[0], test.to_numpy("float32") / 255)).argmax(axis=1)
    predicted = pd.DataFrame({"ImageId": range(1, len(test) + 1), "Label": digits})
    predicted.to_csv(out, index=False)


if __name__ == "__main__":
    main()
