"""The limit: the five matrix products of a step and nothing else, into arrays that are there already."""

from collections.abc import Callable

import numpy as np

from framework.types import Numbers
from scripts.benchmarks.peers.job import CHUNK, StepJob


def contender(job: StepJob, x: Numbers, y: Numbers) -> Callable[[], int]:
    rng = np.random.default_rng(0)
    x0 = (x[: job.batch] / np.float32(255)).astype(np.float32)
    w1, w2 = (rng.standard_normal(shape, np.float32) for shape in ((784, job.hidden), (job.hidden, 10)))
    z1, dz1 = np.empty((job.batch, job.hidden), np.float32), np.empty((job.batch, job.hidden), np.float32)
    z2, dw1, dw2 = np.empty((job.batch, 10), np.float32), np.empty_like(w1), np.empty_like(w2)

    def run() -> int:
        for _ in range(CHUNK):
            np.matmul(x0, w1, out=z1)
            np.matmul(z1, w2, out=z2)
            np.matmul(z1.T, z2, out=dw2)
            np.matmul(z2, w2.T, out=dz1)
            np.matmul(x0.T, dz1, out=dw1)
        return CHUNK * job.batch

    return run
