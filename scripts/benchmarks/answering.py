"""A trained network that only has to answer: every library with the same weights, and each has to say the same."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from framework import Sequential
from framework.errors import CheckFailed
from framework.types import Array, Numbers
from models.digits import load_training_digits

Answerer = Callable[[Sequential, Numbers], Callable[[], Array]]
NAMES = (
    "chalknet, predict_proba", "chalknet, forward", "PyTorch", "Keras on JAX", "JAX, jitted", "scikit-learn",
    "naive NumPy",
)  # fmt: skip
CALLS = 100
"""Of one image, between two looks at the clock."""
AGREEING = 0.999
"""Of the images; where two classes score alike, another order of summing may decide otherwise."""


def answerer(name: str) -> Answerer:
    """Imports no library but the one that is asked for."""
    if name.startswith("chalknet"):
        from scripts.benchmarks.peers import chalknet

        return lambda model, images: chalknet.answerer(model, images, scores=name.endswith("forward"))
    if name == "PyTorch":
        from scripts.benchmarks.peers import pytorch

        return pytorch.answerer
    if name == "Keras on JAX":
        from scripts.benchmarks.peers import keras_on_jax

        return keras_on_jax.answerer
    if name == "JAX, jitted":
        from scripts.benchmarks.peers import jax_by_hand

        return jax_by_hand.answerer
    if name == "scikit-learn":
        from scripts.benchmarks.peers import scikit_learn

        return scikit_learn.answerer
    from scripts.benchmarks.peers import naive_numpy

    return naive_numpy.answerer


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
