"""How many digits a second the affine augmentation makes: on one core, and by two threads side by side.

    python -m scripts.benchmarks.augmentation [ROUNDS]

The embedded digits in batches of 128, all 60,000 in every round, as an epoch of training needs them. The two ways are
measured in turn, so that a busy machine slows both; the medians are shown. One core is one thread beside the main one,
as in training; two share the batches as they come.
"""

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from framework import Affine, stream
from framework.threads import usable_cores
from framework.types import Numbers
from models.digits import HEIGHT, WIDTH, load_training_digits

ROUNDS = 7
BATCH = 128
THREADS = (1, 2)


def digits_per_second(x: Numbers, threads: int) -> float:
    """One round over all of `x`."""
    affine = Affine((HEIGHT, WIDTH))

    def augment(start: int) -> None:
        affine(x[start : start + BATCH], stream(0, "augmentation", start // BATCH))

    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        list(pool.map(augment, range(0, len(x), BATCH)))
        return len(x) / (time.perf_counter() - start)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    x = load_training_digits().x
    speeds: dict[int, list[float]] = {threads: [] for threads in THREADS}
    for _ in range(rounds):
        for threads in THREADS:
            speeds[threads].append(digits_per_second(x, threads))

    one = statistics.median(speeds[1])
    print(f"{len(x):,} digits in batches of {BATCH}, median of {rounds} rounds, {usable_cores()} usable cores")
    for threads, figures in speeds.items():
        median = statistics.median(figures)
        spread = f"(from {min(figures):,.0f} to {max(figures):,.0f})"
        name = f"{threads} thread{'s' * (threads > 1)}"
        print(f"{name:<9} {median:9,.0f} digits/s {spread}, {median / one:.2f} x")


if __name__ == "__main__":
    main()
