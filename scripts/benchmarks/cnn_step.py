"""Training steps of the recipe digits-cnn against the same network in PyTorch eager, side by side in one process.

    python -m scripts.benchmarks.cnn_step [ROUNDS]

The same batches of 128, the same SGD; each with one thread and with all cores, measured in turn; the better median of
each counts. Augmentation and data loading are left out on both sides. Needs the extra `bench`.
"""

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

import numpy as np

from framework import SGD, Step
from framework.data.batches import Batch
from framework.errors import InputError
from framework.gradients import Gradients
from framework.threads import blas_threads, usable_cores
from models.digits import load_training_digits
from models.recipes import digits_cnn
from scripts.benchmarks.libraries import check_libraries
from scripts.failing import say_why

BATCH = 128
STEPS = 10
ROUNDS = 9
RATE, MOMENTUM = 0.1, 0.9


def chalknet(x: np.ndarray, y: np.ndarray, threads: int, stack: ExitStack) -> Callable[[], None]:
    """STEPS steps with workers of our own."""
    spec = digits_cnn()
    model, loss = spec.build(), spec.loss.build()
    optimizer = SGD(RATE, momentum=MOMENTUM, nesterov=True)
    optimizer.begin(model.parameters)
    gradients = stack.enter_context(Gradients(model, loss, rows=BATCH, threads=threads))

    def run() -> None:
        with blas_threads(gradients.blas_threads):
            for index in range(STEPS):
                gradients(Batch(x, y), Step(0, index))
                optimizer.step(model.parameters.values, model.parameters.grads, RATE, index)

    return run


def pytorch(x: np.ndarray, y: np.ndarray, threads: int) -> Callable[[], None]:
    """STEPS steps in eager mode."""
    import torch
    from torch import nn

    model = nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(800, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip
    loss = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = torch.optim.SGD(model.parameters(), RATE, momentum=MOMENTUM, nesterov=True)
    images, labels = torch.from_numpy(x), torch.from_numpy(y.astype(np.int64))

    def run() -> None:
        torch.set_num_threads(threads)
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss(model(images.reshape(-1, 1, 28, 28).float() / 255), labels).backward()
            optimizer.step()

    return run


def main() -> None:
    try:
        check_libraries(["cnn_step"], ["torch"])
    except InputError as error:
        sys.exit(say_why(error))
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    digits = load_training_digits()
    x, y = digits.x[:BATCH], digits.y[:BATCH]
    counts = sorted({1, usable_cores()})
    with ExitStack() as stack:
        jobs = {
            **{f"chalknet, {count} threads": chalknet(x, y, count, stack) for count in counts},
            **{f"PyTorch, {count} threads": pytorch(x, y, count) for count in counts},
        }
        seconds: dict[str, list[float]] = {name: [] for name in jobs}
        for _ in range(rounds + 1):
            for name, run in jobs.items():
                start = time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - start)
    speeds = {name: STEPS * BATCH / statistics.median(times[1:]) for name, times in seconds.items()}
    for name, speed in speeds.items():
        print(f"{name:<20} {speed:9,.0f} images/s")
    ours, theirs = (max(speed for name, speed in speeds.items() if name.startswith(who)) for who in ("chalk", "PyT"))
    print(f"chalknet's best is {ours / theirs:.2f} of PyTorch's best")


if __name__ == "__main__":
    main()
