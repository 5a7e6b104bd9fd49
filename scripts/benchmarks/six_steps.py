"""The recipe six-steps against the notebook it comes from: time of an iteration, in turn, and the accuracy both reach.

    python -m scripts.benchmarks.six_steps [ITERATIONS]

Both see the same 60,000 embedded digits. The notebook gets NumPy's own thread setting, the recipe its "auto".
"""

import statistics
import sys
import time

from framework import EpochReport, Training, TrainingSettings, evaluate
from models.digits import load_test_digits, load_training_digits
from models.recipes import recipe
from scripts.benchmarks.notebook import Notebook

ROUND = 50
"""Iterations of one side before it is the other's turn."""


def main() -> None:
    spec = recipe("six-steps")
    iterations = int(sys.argv[1]) if len(sys.argv) > 1 else spec.training.epochs
    train, test = load_training_digits(), load_test_digits()

    notebook = Notebook(train.x, train.y)
    settings = TrainingSettings(epochs=iterations, batch_size=None, seed=spec.training.seed)
    training = Training(spec.build(), train, optimizer=spec.optimizer.build(), settings=settings)
    epochs = (event for event in training if isinstance(event, EpochReport))

    threads = (
        training.threads
    )  # measured now, as at the start of a run: later the notebook's threads are still spinning
    theirs: list[float] = []
    ours: list[float] = []
    for _ in range(iterations // ROUND):
        for _ in range(ROUND):
            start = time.perf_counter()
            notebook.iterate()
            theirs.append(time.perf_counter() - start)
        for _ in range(ROUND):
            start = time.perf_counter()
            next(epochs)
            ours.append(time.perf_counter() - start)

    evaluation = evaluate(training.model, test)
    print(f"iterations: {len(ours)} each, {threads} threads for the recipe")
    rows = (
        ("notebook", theirs, notebook.accuracy(test.x, test.y)),
        ("six-steps", ours, evaluation.accuracy or 0.0),
    )
    for name, seconds, accuracy in rows:
        print(
            f"{name:<10} {statistics.median(seconds) * 1e3:7.1f} ms an iteration, "
            f"{sum(seconds):6.1f} s in all, test accuracy {accuracy:.2%}"
        )
    medians = statistics.median(ours) / statistics.median(theirs)
    print(f"ratio: {medians:.2f} by medians, {sum(ours) / sum(theirs):.2f} in all")


if __name__ == "__main__":
    main()
