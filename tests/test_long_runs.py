"""Long runs: a thousand epochs take no more memory, threads or files than a few, and all rows little more than they do.

The runs are processes of their own that look at themselves after each epoch. What grows is the history, by some
hundred bytes an epoch, and what a state of it takes while it is written.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from framework import Adam, Affine, Dense, Dropout, EpochReport, ReLU, Rescale, Sequential, Training, TrainingSettings
from framework.saving import Checkpoints
from models.digits import FEATURES, load_training_digits
from models.recipes import recipe
from scripts.clock import peak_rss_mb

ROOT = Path(__file__).resolve().parent.parent
WARM = 50
"""Epochs after which every buffer is there and every module loaded."""
STATES = 20
"""States saved in a run."""
MOST_PER_EPOCH = 2048
"""Bytes. Some 900 are seen: the report in the history, and its numbers while a state is written."""
MOST_PER_EPOCH_SHORT = 8192
"""In 250 epochs the steps in which the allocator takes memory weigh more: some 1,400 are seen."""
MOST_GROWTH = 4 * 2**20
FLOATS_AT_MOST = 3
BESIDE_THEM = 200 * 2**20
"""Peak memory, in copies of the rows as float32, and what Python, NumPy and the network take. The rows stay uint8."""

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks at itself through /proc")


def main() -> None:
    """What the processes do: the run called so in the first argument, with as many epochs as the second says."""
    run, epochs, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    training = (_small if run == "small" else _full)(epochs, folder)
    samples = [_sample() for event in training if isinstance(event, EpochReport)]
    print(json.dumps({"samples": samples, "peak": (peak_rss_mb() or 0.0) * 1e6, "rows": len(training.data)}))


def _small(epochs: int, folder: Path) -> Training:
    """All that can be switched on, on 64 rows."""
    rng = np.random.default_rng(0)
    rows = (rng.integers(0, 256, (64, 64), dtype=np.uint8), np.arange(64) % 4)
    return Training(
        Sequential([Rescale(1 / 255), Dense(64, 16), ReLU(), Dropout(0.1), Dense(16, 4)], seed=0),
        rows,
        optimizer=Adam(),
        augmentation=Affine((8, 8)),
        validation_data=rows,
        settings=TrainingSettings(epochs=epochs, batch_size=16, threads=2, average=0.9),
        checkpoints=Checkpoints(folder / "run", every=epochs * 4 // STATES),
    )


def _full(epochs: int, folder: Path) -> Training:
    """All the digits in 784-128-10, a state saved after each epoch."""
    spec = recipe("plain-128")
    settings = spec.training.model_copy(update={"epochs": epochs, "threads": 1})
    data = spec.data.model_copy(update={"validation_split": 0.1})
    spec = spec.model_copy(update={"training": settings, "data": data})
    return spec.prepare(load_training_digits(), checkpoints=Checkpoints(folder / "run", seconds=0))


def _sample() -> tuple[int, int, int]:
    """Bytes in memory, threads, open files."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))


def _outcome(run: str, epochs: int, folder: Path) -> tuple[list[int], set[int], set[int], int, int]:
    """Memory by epoch, the numbers of threads and of open files there were, peak memory, rows learnt from."""
    command = [sys.executable, "-m", "tests.test_long_runs", run, str(epochs), str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    outcome = json.loads(done.stdout)
    memory, threads, files = zip(*outcome["samples"], strict=True)
    assert len(memory) == epochs
    return list(memory), set(threads), set(files), int(outcome["peak"]), outcome["rows"]


@needs_proc
@pytest.mark.parametrize(
    ("epochs", "most"),
    [(250, MOST_PER_EPOCH_SHORT), pytest.param(1000, MOST_PER_EPOCH, marks=pytest.mark.long)],
    ids=lambda value: str(value),
)
def test_many_epochs_take_no_more_than_a_few(epochs: int, most: int, tmp_path: Path) -> None:
    memory, threads, files, _, _ = _outcome("small", epochs, tmp_path)
    slope = np.polyfit(np.arange(WARM, epochs), memory[WARM:], 1)[0]
    growth = memory[-1] - memory[WARM]
    print(f"{epochs} epochs: {slope:.0f} bytes an epoch, {growth / 2**10:.0f} KiB in all")
    assert slope <= most
    assert growth <= MOST_GROWTH
    assert len(threads) == len(files) == 1


@needs_proc
@pytest.mark.parametrize("epochs", [2, pytest.param(20, marks=pytest.mark.long)])
def test_all_rows_take_little_more_than_they_are(epochs: int, tmp_path: Path) -> None:
    memory, threads, files, peak, rows = _outcome("full", epochs, tmp_path)
    print(f"{epochs} epochs of {rows:,} rows: peak {peak / 1e6:.0f} MB, at the end {memory[-1] / 1e6:.0f} MB")
    assert rows == 54_000
    assert peak <= FLOATS_AT_MOST * rows * FEATURES * 4 + BESIDE_THEM
    assert memory[-1] - memory[1] <= MOST_GROWTH
    assert len(threads) == len(files) == 1


if __name__ == "__main__":
    main()
