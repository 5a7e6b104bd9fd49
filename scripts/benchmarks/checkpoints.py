"""What keeping a run costs: the time spent on states that can be resumed, as a share of the training.

    python -m scripts.benchmarks.checkpoints [RECIPE [ROUNDS]]

The recipe, digits unless told, is trained on the embedded digits with states saved as `chalknet train` saves them and
without any, in turn; medians are shown. Two runs of twenty seconds differ by more than the states cost, so the time
inside is taken as well: from the fingerprint of the rows at the start to the last state's being on the disk.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import final

from framework.saving import Checkpoints
from framework.saving.checkpoints import LATEST
from framework.training import Training
from models.digits import load_training_digits
from models.recipes import recipe

ROUNDS = 3


@final
class Clocked:
    """Checkpoints, and the seconds spent in them."""

    def __init__(self, folder: str) -> None:
        self.seconds = 0.0
        self.states: set[int] = set()
        start = time.perf_counter()
        self.checkpoints = Checkpoints(folder)
        self.seconds += time.perf_counter() - start

    def attach(self, training: Training) -> None:
        self._clocked(lambda: self.checkpoints.attach(training))

    def after_step(self) -> None:
        self._clocked(self.checkpoints.after_step)

    def after_epoch(self) -> None:
        self._clocked(self.checkpoints.after_epoch)
        latest = self.checkpoints.folder / LATEST
        if latest.exists():
            self.states.add(latest.stat().st_mtime_ns)

    def __enter__(self) -> object:
        return self.checkpoints.__enter__()

    def __exit__(self, *error: object) -> None:
        self.checkpoints.__exit__(*error)

    def _clocked(self, action: Callable[[], None]) -> None:
        start = time.perf_counter()
        action()
        self.seconds += time.perf_counter() - start


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "digits"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    spec, data = recipe(name), load_training_digits()

    def train(keeper: Clocked | None) -> float:
        start = time.perf_counter()
        for _ in spec.prepare(data, checkpoints=keeper):
            pass
        return time.perf_counter() - start

    kept, plain, inside, states = [], [], [], 0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            keeper = Clocked(folder)
            kept.append(train(keeper))
        inside.append(keeper.seconds)
        states = len(keeper.states)
        plain.append(train(None))

    with_states, without, cost = (statistics.median(seconds) for seconds in (kept, plain, inside))
    print(
        f"{name}, median of {rounds} rounds: {with_states:.2f} s with {states} states saved, {without:.2f} s with "
        f"none; {1e3 * cost:.0f} ms inside, {cost / without:.2%} of the training"
    )


if __name__ == "__main__":
    main()
