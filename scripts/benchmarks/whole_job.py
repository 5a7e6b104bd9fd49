"""The whole job as one command, against the same job in PyTorch: train.csv to submission.csv, as processes, in turn.

    python -m scripts.benchmarks.whole_job TRAIN.csv TEST.csv [ROUNDS]

PyTorch runs once with one thread and once with all cores in every round, and its better median counts. chalknet runs
with an empty cache of parsed tables and with a filled one. Needs the extra `bench`.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    train, test = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds: dict[str, list[float]] = {}
        for number in range(rounds):
            cold = folder / f"cache-{number}"
            jobs = {
                "PyTorch, 1 thread": _torch(train, test, folder / "torch.csv", 1),
                f"PyTorch, {os.cpu_count()} threads": _torch(train, test, folder / "torch.csv", os.cpu_count() or 1),
                "chalknet, cache cold": _chalknet(train, test, folder, f"cold-{number}"),
                "chalknet, cache warm": _chalknet(train, test, folder, f"warm-{number}"),
            }
            for job, command in jobs.items():
                environment = {**os.environ, "CHALKNET_CACHE": str(cold)}
                start = time.perf_counter()
                subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
                seconds.setdefault(job, []).append(time.perf_counter() - start)
    best = min(statistics.median(times) for job, times in seconds.items() if job.startswith("PyTorch"))
    for job, times in seconds.items():
        median = statistics.median(times)
        spread = f"(from {min(times):.2f} to {max(times):.2f})"
        print(f"{job:<22} {median:6.2f} s {spread}, {median / best:.2f} of PyTorch's best")


def _torch(train: str, test: str, out: Path, threads: int) -> list[str]:
    module = "scripts.benchmarks.torch_job"
    return [sys.executable, "-m", module, train, test, str(out), "--threads", str(threads)]


def _chalknet(train: str, test: str, folder: Path, run: str) -> list[str]:
    command = [sys.executable, "-m", "scripts.cli", "train", "plain-128", "--train", train, "--predict", test]
    return [*command, "--run", str(folder / run), "--out", str(folder / f"{run}.csv")]


if __name__ == "__main__":
    main()
