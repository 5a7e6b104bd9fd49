"""chalknet gradcheck: right networks pass, and a wrong layer is named and ends the command with its own exit code."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from framework import Dense, Step
from framework.activations import ReLU
from framework.types import Array
from models.recipes import RECIPES, recipe
from scripts.failing import CHECK_FAILED
from tests.scripts.conftest import Outcome

Chalknet = Callable[..., Outcome]

MOST_SECONDS = 5.0
"""The default takes half a second, start and all; this is what was promised."""

WIDTH = 80

MODEL = {
    "format": 1,
    "input_shape": [784],
    "layers": [{"type": "dense", "out_features": 12}, {"type": "sigmoid"}, {"type": "dense", "out_features": 10}],
}


@pytest.fixture
def wrong_dense(monkeypatch: pytest.MonkeyPatch) -> None:
    """One entry of every Dense layer's weight gradient is a little too large."""
    right = Dense.backward

    def backward(self: Dense, dy: Array, *, need_dx: bool = True) -> Array | None:
        dx = right(self, dy, need_dx=need_dx)
        self.weight.grad[8, 4] *= 1.01
        return dx

    monkeypatch.setattr(Dense, "backward", backward)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_right(name: str, chalknet: Chalknet) -> None:
    done = chalknet("gradcheck", name)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith(f"gradients of {name} 784-")
    assert lines[0].endswith(": right")
    assert lines[1] == "6 rows of random numbers from 0 to 255, random labels, random weights"
    learnt = [spec for spec in recipe(name).model.build(0).parameters]
    arrays = re.findall(r"^layers\.\d+ +\w+ +\w+\[.+\] +0/\d+ ", done.out, re.MULTILINE)
    assert len(arrays) == min(len(learnt) + 1, 12)
    assert max(map(len, lines)) <= WIDTH


def test_the_default_is_quick(chalknet: Chalknet) -> None:
    start = time.perf_counter()
    done = chalknet("gradcheck")
    assert time.perf_counter() - start < MOST_SECONDS
    assert done.code == 0
    assert done.out.startswith("gradients of digits 784-512-10: right\n")


def test_settings_come_first(chalknet: Chalknet) -> None:
    done = chalknet(
        "gradcheck", "plain-128", "--set", "model.layers.1.out_features=9", "--set", "loss.type=mean_squared_error"
    )
    assert done.code == 0, done.err
    assert done.out.startswith("gradients of plain-128 784-9-10: right\n")


def test_a_spec_file_with_data_of_its_own_and_one_that_holds_only_a_model(chalknet: Chalknet) -> None:
    Path("model.json").write_text(json.dumps(MODEL))
    assert chalknet("gradcheck", "model.json").out.startswith("gradients of model 784-12-10: right\n6 rows of ")
    spec = {
        "format": 1,
        "model": {**MODEL, "input_shape": [20]},
        "data": {"maximum": 2, "feature_columns": {"prefix": "f", "count": 20}},
    }
    Path("mine.json").write_text(json.dumps(spec))
    done = chalknet("gradcheck", "mine.json")
    assert done.code == 0, done.err
    assert done.out.startswith("gradients of mine 20-12-10: right\n6 rows of random numbers from 0 to 2, ")


def test_rows_are_from_the_range_of_the_table(chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, tuple[int, int]] = {}
    right = Dense.forward

    def forward(self: Dense, x: Array, *, step: Step | None = None) -> Array:
        if self.in_features == 784:
            seen["x"] = (round(x.min() * 255), round(x.max() * 255))
        return right(self, x, step=step)

    monkeypatch.setattr(Dense, "forward", forward)
    assert chalknet("gradcheck", "plain-128").code == 0
    assert seen["x"] == (0, 255)


def test_json_is_one_line(chalknet: Chalknet) -> None:
    done = chalknet("gradcheck", "plain-128", "--json")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 1
    report = json.loads(done.out)
    assert report["ok"] is True
    assert report["compared"] > 200
    assert report["kinks"] == 0
    assert (report["wrong"], report["culprit"], report["problem"]) == ([], None, None)
    assert report["worst"].keys() == {"layer", "kind", "parameter", "index", "analytic", "numeric", "error"}
    assert 0 < report["worst"]["error"] < report["tolerance"] == 1e-7


@pytest.mark.usefixtures("wrong_dense")
def test_a_wrong_layer_is_named_and_the_exit_code_is_5(chalknet: Chalknet) -> None:
    assert CHECK_FAILED == 5
    done = chalknet("gradcheck", "plain-128")
    assert done.code == 5
    assert done.out.startswith("gradients of plain-128 784-128-10: WRONG\n")
    error, hint = done.err.splitlines()
    place = re.escape("error: layers.3 (Dense): gradient of weight[8, 4]: ")
    named = re.match(place + r"backward gives (\S+), central differences give (\S+),", error)
    assert named is not None
    assert float(named[1]) / float(named[2]) == pytest.approx(1.01, rel=1e-5)
    assert hint.startswith("  hint: ")
    assert "Traceback" not in done.err
    assert "Traceback" in chalknet("--debug", "gradcheck", "plain-128").err


@pytest.mark.usefixtures("wrong_dense")
def test_json_says_what_is_wrong(chalknet: Chalknet) -> None:
    done = chalknet("gradcheck", "plain-128", "--json")
    assert done.code == 5
    report = json.loads(done.out)
    assert report["ok"] is False
    assert (report["culprit"]["layer"], report["culprit"]["index"]) == ("layers.3", [8, 4])
    assert {entry["layer"] for entry in report["wrong"]} == {"layers.1", "layers.3"}
    assert done.err.startswith("error: layers.3 (Dense): gradient of weight[8, 4]")


def test_numbers_that_are_not_finite_are_reported(chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch) -> None:
    def infinite(self: ReLU, x: Array, out: Array | None) -> Array:
        return x / (x - x)

    monkeypatch.setattr(ReLU, "activate", infinite)
    done = chalknet("gradcheck", "plain-128")
    assert done.code == 5
    assert done.err.startswith("error: layers.2 (ReLU): forward gives numbers that are not finite")
    report = json.loads(chalknet("gradcheck", "plain-128", "--json").out)
    assert report["problem"] == "layers.2 (ReLU): forward gives numbers that are not finite"
    assert report["worst"] is None


def test_json_writes_what_is_no_number_as_null(chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(self: Dense, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy @ self.weight.value.T if need_dx else None

    monkeypatch.setattr(Dense, "backward", nothing)  # no gradient is ever written
    done = chalknet("gradcheck", "plain-128", "--json")
    assert done.code == 5
    assert "NaN" not in done.out
    assert json.loads(done.out)["culprit"]["analytic"] is None


@pytest.mark.parametrize(
    "words", [["nothing"], ["digits", "--set", "model.layers.1.out_feature=3"], ["digits", "extra"]]
)
def test_what_cannot_be_checked_is_bad_input(words: list[str], chalknet: Chalknet) -> None:
    done = chalknet("gradcheck", *words)
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert done.out == ""
