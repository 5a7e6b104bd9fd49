"""The same bits: what a run with the same seed, rows, machine, wheels and thread count promises, a test per promise.

Runs are made in processes of their own, each in another folder, time zone, locale and year, with other permissions, and
what they leave is compared byte by byte. The random numbers themselves are in test_golden_draws.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from framework import (
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    InputError,
    MaxPool2D,
    ReLU,
    Rescale,
    Reshape,
    Sequential,
    SpecError,
    fit,
)
from framework.data.dataset import Dataset
from framework.data.split import split_indices
from framework.settings import TrainingSettings
from framework.specs import RunSpec, parse_spec
from models.digits import load_training_digits
from models.recipes import recipe

ROOT = Path(__file__).resolve().parent.parent
EQUAL_FILES = (
    "submission.csv",
    "run/spec.json",
    "run/model.safetensors",
    "run/history.csv",
    "run/latest.safetensors",
    "run/previous.safetensors",
    "run/best.safetensors",
)
"""All a run writes but job.json, which has the paths it was given, and report.json, which has the times."""
ACCURACY_TOLERANCE = 0.002
"""How far 1 and 2 threads may end apart on 6,000 rows held out: twice what was seen, 0.07 points."""

COMMAND = """
import platform, socket, sys, time
number = int(sys.argv.pop(1))
clock = time.time
time.time = lambda: clock() + number * 86400 * 400
platform.node = socket.gethostname = lambda: f"machine-{number}"
from framework.saving import Checkpoints
Checkpoints.clear = lambda self: None  # leaves the states it saved where they can be looked at
from scripts.cli import main
main()
"""
RECIPE = {
    "format": 1,
    "model": {
        "input_shape": [784],
        "layers": [
            {"type": "rescale", "scale": 0.00392156862745098},
            {"type": "dense", "out_features": 64},
            {"type": "batch_norm"},
            {"type": "relu"},
            {"type": "dropout", "rate": 0.2},
            {"type": "dense", "out_features": 10},
        ],
    },
    "augmentation": {"type": "affine"},
    "data": {
        "feature_columns": {"prefix": "pixel", "count": 784},
        "image_shape": [28, 28],
        "validation_split": 0.1,
    },
    "training": {"epochs": 3, "batch_size": 64, "average": 0.9},
}


def _table(path: Path, rows: int, *, labelled: bool) -> Path:
    rng = np.random.default_rng(5)
    labels = np.arange(rows) % 10
    pixels = rng.integers(0, 156, (rows, 784)) + 10 * labels[:, np.newaxis]
    names = [f"pixel{number}" for number in range(784)]
    cells = np.column_stack([labels, pixels]) if labelled else pixels
    lines = [",".join(["label", *names] if labelled else names), *(",".join(map(str, row)) for row in cells.tolist())]
    path.write_text("\n".join(lines) + "\n")
    return path


def _digests(base: Path, number: int, threads: int) -> dict[str, str]:
    """SHA-256 of what run `number` leaves; everything that must not matter is different in each."""
    folder = base / ("x" * number + " y")
    folder.mkdir()
    table = _table(folder / "train.csv", 600, labelled=True)
    unlabelled = _table(folder / "test.csv", 50, labelled=False)
    (folder / "mine.json").write_text(json.dumps(RECIPE))
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": str(number * 1009),
        "TZ": ("UTC", "Asia/Kathmandu", "America/St_Johns")[number % 3],
        "LC_ALL": ("C", "C.utf8", "tr_TR.UTF-8")[number % 3],
        "HOME": str(folder),
        "USER": f"user{number}",
        "CHALKNET_CACHE": str(base / f"cache-{number % 2}"),  # the first two runs parse, the others find it there
    }
    words = ["train", "mine.json", "--train", table, "--threads", threads, "--save-every", 4, "--quiet"]
    words += ["--run", "run", "--predict", unlabelled, "--out", "submission.csv"]
    subprocess.run(
        [sys.executable, "-c", COMMAND, str(number), *map(str, words)],
        cwd=folder,
        env=environment,
        umask=(0o022, 0o077, 0o000)[number % 3],
        check=True,
    )
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in EQUAL_FILES}


@pytest.mark.parametrize("runs", [3, pytest.param(20, marks=pytest.mark.long)], ids=lambda runs: f"{runs} runs")
@pytest.mark.parametrize("threads", [1, pytest.param(2, marks=pytest.mark.long)], ids=lambda count: f"{count} threads")
def test_the_same_run_leaves_the_same_bytes(runs: int, threads: int, tmp_path: Path) -> None:
    first, *others = [_digests(tmp_path, number, threads) for number in range(runs)]
    for other in others:
        assert other == first


def test_another_seed_leaves_other_bytes() -> None:
    """Or the test above would compare what does not depend on anything."""
    one, two = (Sequential([Dense(8, 8)], seed=seed) for seed in (0, 1))
    assert not np.array_equal(one.parameters.values, two.parameters.values)


@pytest.mark.long
@pytest.mark.parametrize("name", ["plain-128", "digits"])
def test_one_thread_and_two_end_near_each_other(name: str) -> None:
    """Equal bits are not promised here; as much accuracy is."""
    accuracies, weights = [], []
    for threads in (1, 2):
        spec = recipe(name)
        settings = spec.training.model_copy(update={"threads": threads, "restore_best": False})
        data = spec.data.model_copy(update={"validation_split": 0.1})
        training = spec.model_copy(update={"training": settings, "data": data}).prepare(load_training_digits())
        for _ in training:
            pass
        accuracies.append(training.history.epochs[-1].validation_accuracy or 0.0)
        weights.append(training.model.parameters.values.copy())
    apart = float(np.abs(weights[1] - weights[0]).max())
    print(f"{name}: accuracies {accuracies}, largest difference of a weight {apart:.3g}")
    assert abs(accuracies[1] - accuracies[0]) <= ACCURACY_TOLERANCE


def _convolutional() -> Sequential:
    layers = [Rescale(1 / 255), Reshape((28, 28, 1)), Conv2D(1, 4, kernel_size=3), BatchNorm(4), ReLU(), MaxPool2D(2)]
    return Sequential([*layers, Flatten(), Dense(4 * 13 * 13, 10)], input_shape=(784,), seed=2)


@pytest.mark.parametrize("make", [recipe("plain-128").build, _convolutional], ids=["dense", "convolutional"])
def test_a_saved_model_predicts_the_same_bits(make: Callable[[], Sequential], tmp_path: Path) -> None:
    model = make()
    rows = _rows(300)
    fit(model, rows, epochs=2, threads=1, show=False)
    model.save(tmp_path / "model.safetensors")
    loaded = Sequential.load(tmp_path / "model.safetensors")
    for ours, theirs in zip(model.get_weights().values(), loaded.get_weights().values(), strict=True):
        assert ours.tobytes() == theirs.tobytes()
    assert model.forward(rows.x).tobytes() == loaded.forward(rows.x).tobytes()
    assert model.predict_proba(rows.x).tobytes() == loaded.predict_proba(rows.x).tobytes()
    np.testing.assert_array_equal(model.predict(rows.x), loaded.predict(rows.x))


@pytest.mark.parametrize("seed", [0, 2**32 - 1, 2**64 - 1])
def test_every_seed_of_64_bits_trains(seed: int) -> None:
    model = Sequential([Dense(784, 10)], seed=seed)
    history = fit(model, _rows(60), epochs=1, seed=seed, split_seed=seed, validation_split=0.2, threads=1, show=False)
    assert len(history) == 1
    spec = parse_spec(json.dumps({**RECIPE, "training": {"seed": seed}}))
    assert isinstance(spec, RunSpec)
    assert parse_spec(spec.model_dump_json()) == spec


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, 0.5, True, "1", None])
def test_what_is_no_seed_is_refused_at_every_door(seed: int) -> None:
    rows = _rows(60)
    with pytest.raises(InputError, match="seed: got"):
        TrainingSettings(seed=seed)
    with pytest.raises(InputError, match="seed: got"):
        split_indices(None, len(rows), 0.5, seed=seed)
    if seed is not None:  # which says: another one every time
        with pytest.raises(InputError, match="seed: got"):
            Sequential([Dense(2, 2)], seed=seed)
    with pytest.raises(SpecError, match="/training/seed: got"):
        parse_spec(json.dumps({**RECIPE, "training": {"seed": seed}}))


def _rows(n: int) -> Dataset:
    rng = np.random.default_rng(1)
    return Dataset(rng.integers(0, 256, (n, 784), dtype=np.uint8), np.arange(n) % 10)
