"""This framework, by its own training loop: shuffling, gathering and scaling of the raw pixels included."""

import os
from collections.abc import Callable

from framework import SGD, Adam, Dataset, Dense, ReLU, Rescale, Sequential, Training, TrainingSettings
from framework.types import Array, Numbers
from scripts.benchmarks.peers.job import StepJob

MANY = 1_000_000


def contender(job: StepJob, x: Numbers, y: Numbers) -> Callable[[], int]:
    model = Sequential([Rescale(1 / 255), Dense(784, job.hidden), ReLU(), Dense(job.hidden, 10)], seed=0)
    optimizer = SGD(job.rate) if job.optimizer == "sgd" else Adam(job.rate)
    settings = TrainingSettings(epochs=MANY, batch_size=job.batch, threads=int(os.environ["OMP_NUM_THREADS"]))
    training = Training(model, Dataset(x, y), optimizer=optimizer, settings=settings)
    events = iter(training)

    def run() -> int:
        before = training.state.samples
        next(events)  # comes every tenth of a second, and after each epoch
        return training.state.samples - before

    return run


def answerer(model: Sequential, images: Numbers, *, scores: bool = False) -> Callable[[], Array]:
    """From raw pixels: it scales them itself."""
    if scores:
        return lambda: model.forward(images)
    return lambda: model.predict_proba(images)
