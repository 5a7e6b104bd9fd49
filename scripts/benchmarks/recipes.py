"""What each recipe reaches: `chalknet train RECIPE --seed N` for some seeds, each as a process, on the embedded digits.

    python -m scripts.benchmarks.recipes [RECIPE ...] [--seeds N] [--write]

`--write` keeps the figures in models/measured.csv, from where `chalknet recipes` has them. The tables of digits are
parsed beforehand.
"""

import csv
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from framework.files import publish
from models.digits import load_test_digits, load_training_digits
from models.recipes import MEASURED, RECIPES

SEEDS = 5


@dataclass(frozen=True)
class Result:
    """The figures of one run."""

    accuracy: float
    training: float
    whole: float
    speed: float
    memory: float


def main() -> None:
    words = sys.argv[1:]
    seeds = int(words[words.index("--seeds") + 1]) if "--seeds" in words else SEEDS
    names = [word for word in words if word in RECIPES] or list(RECIPES)
    with MEASURED.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    kept = [row for row in rows if row[0] not in names]
    load_training_digits()
    load_test_digits()
    for recipe in names:
        with tempfile.TemporaryDirectory() as folder:
            runs = [_train(recipe, seed, Path(folder) / str(seed)) for seed in range(seeds)]
        accuracies = [run.accuracy for run in runs]
        seconds = statistics.median(run.training for run in runs)
        print(
            f"{recipe:<10} {statistics.mean(accuracies):.2%} "
            f"({', '.join(f'{100 * accuracy:.2f}' for accuracy in accuracies)}); "
            f"training {seconds:.1f} s (to {max(run.training for run in runs):.1f}), "
            f"whole command {statistics.median(run.whole for run in runs):.1f} s "
            f"(to {max(run.whole for run in runs):.1f}), "
            f"{statistics.median(run.speed for run in runs):,.0f} samples/s, "
            f"peak RSS {max(run.memory for run in runs):.0f} MB",
            flush=True,
        )
        for seed, run in enumerate(runs):
            kept.append([recipe, str(seed), f"{run.accuracy:.4f}", f"{run.training:.1f}", date.today().isoformat()])
    kept.sort(key=lambda row: (list(RECIPES).index(row[0]), row[1]))
    if "--write" in words:
        publish(MEASURED, "".join(f"{','.join(row)}\n" for row in (header, *kept)).encode())


def _train(recipe: str, seed: int, run: Path) -> Result:
    command = [sys.executable, "-m", "scripts.cli", "train", recipe, "--seed", str(seed), "--run", str(run)]
    answer = subprocess.run([*command, "--json", "--quiet"], check=True, capture_output=True, text=True)
    report = json.loads(answer.stdout)
    times = report["seconds"]
    return Result(
        report["accuracy"], times["train"], times["total"], report["samples_per_second"], report["peak_rss_mb"]
    )


if __name__ == "__main__":
    main()
