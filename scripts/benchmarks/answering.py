"""A trained network that only has to answer: every library with the same weights, and each has to say the same."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from framework import Sequential
from framework.errors import CheckFailed
from framework.types import Array, Numbers
from models.digits import load_training_digits
from scripts.benchmarks.peers import peer

Answerer = Callable[[Sequential, Numbers], Callable[[], Array]]
PEERS: dict[str, tuple[str, dict[str, bool]]] = {
    "chalknet, predict_proba": ("chalknet", {}),
    "chalknet, forward": ("chalknet", {"scores": True}),
    "PyTorch": ("pytorch", {}),
    "Keras on JAX": ("keras_on_jax", {}),
    "JAX, jitted": ("jax_by_hand", {}),
    "scikit-learn": ("scikit_learn", {}),
    "naive NumPy": ("naive_numpy", {}),
}
"""The peer, and how its `answerer` is called."""
CALLS = 100
"""Of one image, between two looks at the clock."""
AGREEING = 0.999
"""Of the images; where two classes score alike, another order of summing may decide otherwise."""


def answerer(name: str) -> Answerer:
    """Who answers under this name."""
    module, options = PEERS[name]
    return partial(peer(module).answerer, **options)


def answering(name: str, words: list[str]) -> Callable[[], int]:
    """What answers for all images at every call, some times if they are few, and says for how many it did.

    Raises CheckFailed where it takes them for other digits than the saved model does.
    """
    path, rows = words
    model, images = Sequential.load(Path(path)), load_training_digits().x[: int(rows)]
    answer = answerer(name)(model, images)
    agreeing = np.mean(answer().argmax(axis=1) == model.predict(images))
    if agreeing < AGREEING:
        raise CheckFailed(f"{name}: agrees with the model on {agreeing:.1%} of the images; expected {AGREEING:.1%}")
    calls = max(1, CALLS // len(images))

    def run() -> int:
        for _ in range(calls):
            answer()
        return calls * len(images)

    return run
