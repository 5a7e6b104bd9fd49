"""How long it takes to read a table: this reader, cold and from its cache, against bare pandas that checks nothing.

    python -m scripts.benchmarks.table_reader train.csv [rounds]

The three are run in turn, round after round, so that a busy machine slows all of them; the medians are shown. Cold is
with an empty cache folder, so it hashes, parses, checks and stores; from cache is with the one cold has just filled.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas

from framework.data.table import TableFormat, read_table
from framework.data.table.cache import FOLDER_VARIABLE

ROUNDS = 7


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measure(path: Path, rounds: int) -> dict[str, float]:
    """Median seconds of each way to read `path`, a table of pixels with or without labels."""
    columns = tuple(pandas.read_csv(path, nrows=0).columns)
    format = TableFormat(tuple(name for name in columns if name != "label"))
    labelled = "label" in columns
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            os.environ[FOLDER_VARIABLE] = folder
            for name, action in {
                "bare pandas, uint8": lambda: pandas.read_csv(path, dtype="uint8"),
                "read_table, no cache": lambda: read_table(path, format, labelled=labelled, cache=False),
                "read_table, cold": lambda: read_table(path, format, labelled=labelled),
                "read_table, from cache": lambda: read_table(path, format, labelled=labelled),
            }.items():
                times.setdefault(name, []).append(seconds(action))
    return {name: statistics.median(values) for name, values in times.items()}


def main(arguments: list[str]) -> None:
    if not 1 <= len(arguments) <= 2:
        raise SystemExit(__doc__)
    path = Path(arguments[0])
    rounds = int(arguments[1]) if len(arguments) == 2 else ROUNDS
    medians = measure(path, rounds)
    bare = next(iter(medians.values()))
    print(f"{path.name}, {path.stat().st_size / 1e6:.0f} MB, median of {rounds} rounds, pandas {pandas.__version__}")
    for name, median in medians.items():
        print(f"{name:24}{median:8.3f} s{median / bare:8.2f} x")


if __name__ == "__main__":
    main(sys.argv[1:])
