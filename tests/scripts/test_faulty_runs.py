"""Runs with a forged model or state in them: every command that reads it ends with one line, and exit code 2."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from framework.data.table import read_table
from framework.saving import Checkpoints
from framework.saving.checkpoints import LATEST
from framework.saving.container import CHECKPOINT, MODEL
from framework.specs import RunSpec, parse_spec
from scripts.run_folder import MODEL as MODEL_FILE
from tests.framework.saving.faulty_contents import forged
from tests.framework.saving.forging import Parts, StopAfter, Stopped
from tests.scripts.conftest import Outcome

Chalknet = Callable[..., Outcome]
SPEC = {
    "format": 1,
    "model": {"input_shape": [3], "layers": [{"type": "dense", "out_features": 2}]},
    "data": {"feature_columns": ["a", "b", "c"], "classes": 2, "maximum": 9, "validation_split": 0.25},
    "training": {"epochs": 3, "batch_size": 4, "threads": 1, "average": 0.9},
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("label,a,b,c\n" + "".join(f"{n % 2},{n % 10},{n * 3 % 10},{n * 7 % 10}\n" for n in range(20)))
    return path


@pytest.fixture
def run(chalknet: Chalknet, table: Path, tmp_path: Path) -> Path:
    """A finished run."""
    Path("mine.json").write_text(json.dumps(SPEC))
    assert chalknet("train", "mine.json", "--train", table, "--run", "one", "--quiet").code == 0
    return Path("one")


@pytest.fixture
def stopped(run: Path, table: Path) -> Path:
    """The same run as it was after its sixth step."""
    folder = Path("stopped")
    shutil.copytree(run, folder)
    for name in (MODEL_FILE, "history.csv", "report.json"):
        (folder / name).unlink()
    spec = parse_spec(json.dumps(SPEC))
    assert isinstance(spec, RunSpec)
    checkpoints = Checkpoints(folder)
    checkpoints.plan = spec
    training = spec.prepare(
        read_table(table, spec.data.table_format()).dataset(), checkpoints=StopAfter(checkpoints, 6)
    )
    with pytest.raises(Stopped):
        list(training)
    return folder


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _refused(done: Outcome, place: str, words: str) -> None:
    assert done.code == 2
    assert done.out == ""
    first, *hints = done.err.splitlines()
    assert re.fullmatch(rf"error: {re.escape(place)}: .*got .+; expected .{{3,}}", first), first
    assert words in first
    assert len(hints) <= 1
    assert all(hint.startswith("  hint: ") for hint in hints)
    assert done.err.isascii()


def _number(name: str, number: float) -> Callable[[Parts], object]:
    return lambda parts: parts.tensors[name].reshape(-1).__setitem__(-1, number)


MODELS: dict[str, tuple[Callable[[Parts], object], str]] = {
    "not finite": (_number("layers.0.weight", np.nan), "tensor 'layers.0.weight': row 2, column 1: got nan"),
    "a tensor missing": (lambda parts: parts.tensors.pop("layers.0.bias"), "tensor 'layers.0.bias': got nothing"),
    "a tensor too many": (lambda parts: parts.tensors.update(x=np.ones(1, "f4")), "tensor 'x': got one"),
    "a layer of its own": (
        lambda parts: parts.text["spec"]["layers"].append({"type": "os.system"}),
        "spec: /layers/1/type: got 'os.system'",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_forged_model_is_neither_shown_nor_measured_nor_asked(
    name: str, run: Path, table: Path, chalknet: Chalknet
) -> None:
    change, words = MODELS[name]
    parts = Parts.of(MODEL, (run / MODEL_FILE).read_bytes())
    change(parts)
    (run / MODEL_FILE).write_bytes(forged(parts))
    before = _contents(run)
    for command in (("show", run), ("evaluate", run, table), ("predict", run, table, "--out", "out.csv")):
        _refused(chalknet(*command), f"one/{MODEL_FILE}", words)
    assert _contents(run) == before
    assert not Path("out.csv").exists()


STATES: dict[str, tuple[Callable[[Parts], object], str]] = {
    "not finite": (_number("average.layers.0.bias", np.inf), "tensor 'average.layers.0.bias': row 1: got inf"),
    "squares below 0": (_number("optimizer.v", -1.0), "tensor 'optimizer.v': row 7: got -1.0"),
    "step below 0": (lambda parts: parts.text["progress"].update(step=-1), "progress: /step: got -1"),
    "samples of others": (lambda parts: parts.text["progress"].update(samples=5), "progress: /samples: got 5"),
    "threads": (lambda parts: parts.text.update(threads=4096), "threads: got 4096"),
    "a layer of its own": (
        lambda parts: parts.text["plan"]["model"]["layers"].append({"type": "os.system"}),
        "plan: /model/layers/1/type: got 'os.system'",
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_a_forged_state_is_not_gone_on_with(name: str, stopped: Path, chalknet: Chalknet) -> None:
    change, words = STATES[name]
    parts = Parts.of(CHECKPOINT, (stopped / LATEST).read_bytes())
    change(parts)
    (stopped / LATEST).write_bytes(forged(parts))
    before = _contents(stopped)
    _refused(chalknet("resume", stopped, "--quiet"), f"stopped/{LATEST}", words)
    assert _contents(stopped) == before


def test_without_a_fault_it_ends_as_the_run_that_was_never_stopped(
    run: Path, stopped: Path, chalknet: Chalknet
) -> None:
    assert chalknet("resume", stopped, "--quiet").code == 0
    for name in (MODEL_FILE, "history.csv"):
        assert (stopped / name).read_bytes() == (run / name).read_bytes()
