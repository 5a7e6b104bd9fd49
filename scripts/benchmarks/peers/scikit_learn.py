"""scikit-learn's MLPClassifier, an epoch at a time: one call of fit with warm_start."""

import warnings
from collections.abc import Callable

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from framework import Sequential
from framework.types import Array, Numbers
from scripts.benchmarks.peers.job import StepJob, weights_of


def contender(job: StepJob, x: Numbers, y: Numbers) -> Callable[[], int]:
    warnings.simplefilter("ignore", ConvergenceWarning)
    pixels = (x / np.float32(255)).astype(np.float32)
    model = MLPClassifier(
        (job.hidden,),
        solver=job.optimizer,
        batch_size=job.batch,
        learning_rate_init=job.rate,
        alpha=0.0,
        momentum=0.0,
        nesterovs_momentum=False,
        max_iter=1,
        warm_start=True,
        random_state=0,
    )

    def run() -> int:
        model.fit(pixels, y)
        return len(pixels)

    return run


def answerer(model: Sequential, images: Numbers) -> Callable[[], Array]:
    w1, b1, w2, b2 = weights_of(model)
    network = MLPClassifier((len(b1),), random_state=0)
    network.partial_fit(np.zeros((10, len(w1)), np.float32), np.arange(10), classes=np.arange(10))  # makes its arrays
    network.coefs_, network.intercepts_ = [w1, w2], [b1, b2]
    pixels = (images / np.float32(255)).astype(np.float32)

    def answer() -> Array:
        probabilities: Array = network.predict_proba(pixels)
        return probabilities

    return answer
