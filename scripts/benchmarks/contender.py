"""One contender in a process of its own, so that libraries and their threads do not meet.

    python -m scripts.benchmarks.contender training NAME HIDDEN BATCH OPTIMIZER ROWS
    python -m scripts.benchmarks.contender answering NAME MODEL ROWS

It says `ready` after a first trial; for every line with a number of seconds it then works that long, and answers with
the samples seen and the seconds it took. The number of threads comes in the environment.
"""

import sys
import time
from collections.abc import Callable
from functools import partial

from framework.types import Numbers
from models.digits import load_training_digits
from scripts.benchmarks.answering import answering
from scripts.benchmarks.peers import peer
from scripts.benchmarks.peers.job import StepJob

Contender = Callable[[StepJob, Numbers, Numbers], Callable[[], int]]
PEERS: dict[str, tuple[str, dict[str, bool]]] = {
    "chalknet": ("chalknet", {}),
    "PyTorch": ("pytorch", {}),
    "PyTorch, DataLoader": ("pytorch", {"loader": True}),
    "Keras on JAX": ("keras_on_jax", {}),
    "JAX, a step a call": ("jax_by_hand", {}),
    "JAX, an epoch a scan": ("jax_by_hand", {"scan": True}),
    "scikit-learn": ("scikit_learn", {}),
    "naive NumPy": ("naive_numpy", {}),
    "matrix products": ("products", {}),
}
"""The peer, and how its `contender` is called."""


def contender(name: str) -> Contender:
    """Whose steps are measured under this name."""
    module, options = PEERS[name]
    return partial(peer(module).contender, **options)


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
