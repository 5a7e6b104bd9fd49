"""How many digits a second the augmentations make: on one core, and by two threads side by side.

    python -m scripts.benchmarks.augmentation [ROUNDS]

The embedded digits in batches of 128, all 60,000 in every round, as an epoch of training needs them. All is measured in
turn, so that a busy machine slows it alike; the medians are shown. One core is one thread beside the main one, as in
training; two share the batches as they come.
"""

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from framework import Affine, Augmentation, Elastic, stream
from framework.threads import usable_cores
from framework.types import Numbers
from models.digits import HEIGHT, WIDTH, load_training_digits

ROUNDS = 7
BATCH = 128
THREADS = (1, 2)
AUGMENTATIONS: tuple[Augmentation, ...] = (Affine((HEIGHT, WIDTH)), Elastic((HEIGHT, WIDTH)))


def digits_per_second(x: Numbers, augmentation: Augmentation, threads: int) -> float:
    """One round over all of `x`."""

    def augment(start: int) -> None:
        augmentation(x[start : start + BATCH], stream(0, "augmentation", start // BATCH))

    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        list(pool.map(augment, range(0, len(x), BATCH)))
        return len(x) / (time.perf_counter() - start)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    x = load_training_digits().x
    ways = [(augmentation, threads) for augmentation in AUGMENTATIONS for threads in THREADS]
    speeds: dict[tuple[Augmentation, int], list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            speeds[way].append(digits_per_second(x, *way))

    print(f"{len(x):,} digits in batches of {BATCH}, median of {rounds} rounds, {usable_cores()} usable cores")
    for (augmentation, threads), figures in speeds.items():
        median, one = statistics.median(figures), statistics.median(speeds[augmentation, 1])
        spread = f"(from {min(figures):,.0f} to {max(figures):,.0f})"
        name = f"{type(augmentation).__name__}, {threads} thread{'s' * (threads > 1)}"
        print(f"{name:<18} {median:9,.0f} digits/s {spread}, {median / one:.2f} x")


if __name__ == "__main__":
    main()
