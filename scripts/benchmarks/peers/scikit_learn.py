"""scikit-learn's MLPClassifier, an epoch at a time: one call of fit with warm_start."""

import warnings
from collections.abc import Callable

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from framework.types import Numbers
from scripts.benchmarks.peers.job import StepJob


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
