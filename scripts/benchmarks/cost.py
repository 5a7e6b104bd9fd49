"""What a library costs before it does anything, its import; and what the whole job takes in memory."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from scripts.benchmarks.command import Finished, run_command
from scripts.benchmarks.entries import once_each
from scripts.benchmarks.environment import environment
from scripts.benchmarks.figures import Figures, spread, table
from scripts.benchmarks.part import Part
from scripts.benchmarks.progress import Progress
from scripts.benchmarks.sample_tables import Tables

NOTHING = "Python alone"
IMPORTS = {
    NOTHING: "pass",
    "chalknet": "import framework",
    "NumPy": "import numpy",
    "PyTorch": "import torch",
    "JAX": "import jax",
    "Keras on JAX": "import keras",
    "scikit-learn": "import sklearn.neural_network",
}
ABOUT_IMPORTS = """\
Seconds of `python -c 'import ...'`; the first column is without those of Python itself, median from median. Taken in
turn, after a round that is not counted."""
ABOUT_MEMORY = """\
Peak memory of the whole job, as in `job`, in units of 10⁶ bytes: of the largest process (RSS, as the
system counts it); and of all its processes together, the largest and what the others have for themselves, looked at
fifty times a second, which can miss a short peak. From one run of each that is not timed, the others' with one
thread."""


def cost(tables: Tables, *, rounds: int, progress: Progress) -> Part:
    """Two tables."""
    progress.stage("cost, 1 of 2: imports")
    seconds = import_seconds(rounds, progress)
    progress.stage("cost, 2 of 2: memory of the whole job")
    memory = job_memory(tables, progress)
    text = [ABOUT_IMPORTS, "", *import_lines(seconds), ABOUT_MEMORY, "", *memory_lines(memory)]
    measured: dict[str, object] = {
        "import_seconds": [figures.as_tree() for figures in seconds.values()],
        "job_megabytes": {
            name: {"together": run.together, "largest_process": run.largest} for name, run in memory.items()
        },
    }
    return Part(("## Cost", "", *text), measured)


def import_seconds(rounds: int, progress: Progress) -> dict[str, Figures]:
    """Of whole processes, that of Python alone as well."""
    env = environment(KERAS_BACKEND="jax")
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for number in range(rounds + 1):
        for name, code in IMPORTS.items():
            progress.now(f"round {number} of {rounds}: {code}")
            times[name].append(run_command(name, ["-c", code], env).seconds)
    return {name: Figures(name, None, tuple(found[1:])) for name, found in times.items()}


def job_memory(tables: Tables, progress: Progress) -> dict[str, Finished]:
    """One run of each, watched."""
    runs = {}
    with tempfile.TemporaryDirectory() as folder:
        for entry in once_each():
            progress.now(entry.name)
            runs[entry.name], _ = entry.run(tables, Path(folder), sampled=True)
    return runs


def import_lines(seconds: Mapping[str, Figures]) -> list[str]:
    """A table in Markdown."""
    python = seconds[NOTHING].median
    rows = []
    for one in seconds.values():
        own = "" if one.name == NOTHING else f"{one.median - python:.3f}"
        rows.append((one.name, own, f"{one.median:.3f}", spread(one, ".3f")))
    return table(("import", "s", "whole process, s", "from - to"), rows)


def memory_lines(runs: Mapping[str, Finished]) -> list[str]:
    """A table in Markdown."""
    rows = [(name, _megabytes(run.largest), _megabytes(run.together)) for name, run in runs.items()]
    return table(("memory of the whole job", "largest process, MB", "all processes, MB"), rows)


def _megabytes(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"
