"""One contender in a process of its own, so that libraries and their threads do not meet.

    python -m scripts.benchmarks.contender training NAME HIDDEN BATCH OPTIMIZER ROWS
    python -m scripts.benchmarks.contender answering NAME MODEL ROWS

It says `ready` after a first trial; for every line with a number of seconds it then works that long, and answers with
the samples seen and the seconds it took. The number of threads comes in the environment.
"""

import sys
import time
from collections.abc import Callable

from framework.types import Numbers
from models.digits import load_training_digits
from scripts.benchmarks.answering import answering
from scripts.benchmarks.peers.job import StepJob

Contender = Callable[[StepJob, Numbers, Numbers], Callable[[], int]]
NAMES = (
    "chalknet", "PyTorch", "PyTorch, DataLoader", "Keras on JAX", "JAX, a step a call", "JAX, an epoch a scan",
    "scikit-learn", "naive NumPy", "matrix products",
)  # fmt: skip


def contender(name: str) -> Contender:
    """Imports no library but the one that is asked for."""
    if name == "chalknet":
        from scripts.benchmarks.peers import chalknet

        return chalknet.contender
    if name.startswith("PyTorch"):
        from scripts.benchmarks.peers import pytorch

        return lambda job, x, y: pytorch.contender(job, x, y, loader=name.endswith("DataLoader"))
    if name.startswith("JAX"):
        from scripts.benchmarks.peers import jax_by_hand

        return lambda job, x, y: jax_by_hand.contender(job, x, y, scan=name.endswith("scan"))
    if name == "Keras on JAX":
        from scripts.benchmarks.peers import keras_on_jax

        return keras_on_jax.contender
    if name == "scikit-learn":
        from scripts.benchmarks.peers import scikit_learn

        return scikit_learn.contender
    if name == "naive NumPy":
        from scripts.benchmarks.peers import naive_numpy

        return naive_numpy.contender
    from scripts.benchmarks.peers import products

    return products.contender


def training(name: str, words: list[str]) -> Callable[[], int]:
    """What makes some steps at every call, and says how many samples they saw."""
    job, digits = StepJob.of(words), load_training_digits()
    return contender(name)(job, digits.x[: job.rows], digits.y[: job.rows])


def main() -> None:
    kind, name, *words = sys.argv[1:]
    run = training(name, words) if kind == "training" else answering(name, words)
    run()
    print("ready", flush=True)
    for line in sys.stdin:
        seconds, start, samples = float(line), time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            samples += run()
        print(samples, time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
