"""A small real job for the command `chalknet`, as processes of their own: started, watched, killed, compared."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from framework.files import TEMPORARY
from framework.saving.checkpoints import LATEST
from framework.saving.lock import NAME

ROOT = Path(__file__).resolve().parent.parent.parent
EVERY = 5
PATIENCE = 60.0
"""Seconds after which something that must happen is taken to have failed. It takes one or two."""
POLL = 0.002
RESULTS = ("run/model.safetensors", "run/history.csv", "submission.csv")
RECIPE = {
    "format": 1,
    "model": {
        "input_shape": [64],
        "layers": [
            {"type": "rescale", "scale": 0.0625},
            {"type": "dense", "out_features": 16},
            {"type": "batch_norm"},
            {"type": "relu"},
            {"type": "dropout", "rate": 0.1},
            {"type": "dense", "out_features": 3},
        ],
    },
    "optimizer": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9},
    "augmentation": {"type": "affine"},
    "data": {
        "feature_columns": {"prefix": "cell", "count": 64},
        "image_shape": [8, 8],
        "maximum": 16,
        "classes": 3,
        "validation_split": 0.1,
    },
    "training": {"epochs": 3, "batch_size": 16, "seed": 7},
}
ROWS = 960
"""54 steps an epoch, after the tenth that is held out: 162 in all, and 32 times a state is saved."""


@dataclass(frozen=True)
class Job:
    """A job that has ended undisturbed. `seconds` is from the moment its folder was ready to its end."""

    place: Path
    seconds: float
    results: dict[str, str]


def write_tables(place: Path) -> None:
    """Three kinds of noisy pictures, with labels and without."""
    random = np.random.Generator(np.random.PCG64(5))
    kinds = random.integers(0, 17, (3, 64))
    for name, count in (("train.csv", ROWS), ("test.csv", 40)):
        labels = random.integers(0, 3, count)
        cells = np.clip(kinds[labels] + random.integers(-9, 10, (count, 64)), 0, 16)
        table = np.column_stack([labels, cells]) if name == "train.csv" else cells
        header = [*(["label"] if name == "train.csv" else []), *(f"cell{number}" for number in range(64))]
        lines = [",".join(header), *(",".join(map(str, row)) for row in table.tolist())]
        (place / name).write_text("\n".join(lines) + "\n")
    (place / "recipe.json").write_text(json.dumps(RECIPE))


def words(tables: Path) -> list[str]:
    """What to say to `chalknet`, in the folder that is to become the run's."""
    train = ["train", str(tables / "recipe.json"), "--train", str(tables / "train.csv"), "--run", "run"]
    return [*train, "--predict", str(tables / "test.csv"), "--out", "submission.csv", "--threads", "1", *SAVING]


SAVING = ["--save-every", str(EVERY), "--quiet"]
RESUME = ["resume", "run", *SAVING]
TO_THE_END = ["resume", "run", "--save-every", "1000", "--quiet"]
"""Without the saves on the way, which take half of the time."""


def chalknet(arguments: list[str], place: Path) -> subprocess.Popen[str]:
    """The command, running in `place`."""
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", *arguments],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(place: Path) -> Job:
    """The job run to its end in `place`, twice: the second time everything is in the cache, and the clock runs."""
    write_tables(place)
    process = chalknet(words(place), place)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    again = place / "again"
    again.mkdir()
    process = chalknet(words(place), again)
    wait_for_lock(process, again)
    start = time.perf_counter()
    assert (process.communicate(timeout=PATIENCE)[1], process.returncode) == ("", 0)
    seconds = time.perf_counter() - start
    assert results(again) == results(place)
    return Job(place, seconds, results(place))


def started(job: Job, place: Path) -> subprocess.Popen[str]:
    """The same job, begun in another place."""
    return chalknet(words(job.place), place)


def resumed(place: Path) -> subprocess.Popen[str]:
    return chalknet(RESUME, place)


def resumed_to_the_end(place: Path) -> None:
    """Raises AssertionError where it does not come to it, or says anything on the way."""
    process = chalknet(TO_THE_END, place)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")


def results(place: Path) -> dict[str, str]:
    """SHA-256 of what a job leaves."""
    return {name: hashlib.sha256((place / name).read_bytes()).hexdigest() for name in RESULTS}


def wait_for_lock(process: subprocess.Popen[str], place: Path) -> bool:
    """Until the process holds its run folder, and all that a resume needs is in it; False if it ended before."""
    lock, ready = place / "run" / NAME, place / "run" / "job.json"
    limit = time.perf_counter() + PATIENCE
    while process.poll() is None:
        if ready.exists() and lock.exists() and lock.read_text().strip() == str(process.pid):
            return True
        assert time.perf_counter() < limit, "the run did not begin"
        time.sleep(POLL)
    return False


def wait_for_state(process: subprocess.Popen[str], place: Path) -> None:
    """Until the training has saved its first state."""
    limit = time.perf_counter() + PATIENCE
    while not (place / "run" / LATEST).exists():
        assert process.poll() is None, f"it ended before: {process.communicate()[1]}"
        assert time.perf_counter() < limit, "no state was saved"
        time.sleep(POLL)


def stopped(process: subprocess.Popen[str], place: Path) -> Path:
    """The place of a job that is killed as soon as it has saved a state."""
    wait_for_state(process, place)
    process.kill()
    process.communicate()
    assert process.returncode == -9
    for half_written in (place / "run").glob(f"{TEMPORARY}*"):  # now and then the kill meets the next save
        half_written.unlink()
    return place


def copied(stopped_run: Path, place: Path) -> Path:
    """A copy of a stopped job in `place`, which knows that it has moved."""
    shutil.copytree(stopped_run, place, dirs_exist_ok=True)
    note = place / "run" / "job.json"
    note.write_text(note.read_text().replace(str(stopped_run), str(place)))
    return place
