"""chalknet show and chalknet recipes: recipes, specs and runs on one screen."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from framework import Sequential
from framework.console.text import clock
from models.measured import measured
from models.recipes import RECIPES, recipe, summary
from tests.scripts.conftest import Outcome

Chalknet = Callable[..., Outcome]

WIDTHS = (80, 120)
MODEL = {
    "format": 1,
    "input_shape": [784],
    "layers": [{"type": "dense", "out_features": 12}, {"type": "tanh"}, {"type": "dense", "out_features": 10}],
}


@pytest.fixture
def run(chalknet: Chalknet, digits_csv: Path) -> Path:
    """The folder of a run of three epochs, with rows held out."""
    options = ("--train", digits_csv, "--validation", 0.2, "--epochs", 3, "--seed", 7, "--quiet", "--run", "r")
    assert chalknet("train", "plain-128", *options).code == 0
    return Path("r")


def _facts(text: str) -> dict[str, str]:
    """Names and values below each other."""
    return dict(re.findall(r"^([a-z][a-z /]*?)  +(\S.*?) *$", text, re.MULTILINE))


def test_a_recipe(chalknet: Chalknet) -> None:
    done = chalknet("show", "plain-128")
    assert (done.code, done.err) == (0, "")
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert lines[:12] == [
        "plain-128 784-128-10",
        "",
        "layer    formula                output  parameters   memory  mult-adds",
        "input    X                         784",
        "Rescale  X ← X / 255               784",
        "Dense    Z1 = W1·X + b1            128     100,480   402 kB    100,352",
        "ReLU     A1 = max(0, Z1)           128",
        "Dense    Z2 = W2·A1 + b2            10       1,290  5.16 kB      1,280",
        "loss     A2 = softmax(Z2)",
        "         L = −Σ Y ⊙ log A2 / m",
        "                                           101,770   407 kB    101,632",
        "",
    ]
    assert _facts("\n".join(lines[12:])) == {
        "columns": "label, pixel0 ... pixel783",
        "values": "0 to 255, 10 classes",
        "held out": "none",
        "loss": "SoftmaxCrossEntropy()",
        "optimizer": "Adam(), learning rate 0.001",
        "schedule": "ConstantSchedule()",
        "run": "10 epochs, 128 samples a step, seed 0",
        "memory": "1.22 MB more in training: gradients, optimizer",
    }


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_fits_the_screen(
    name: str, width: int, chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    done = chalknet("show", name)
    assert done.code == 0
    assert done.out.startswith(f"{name} 784-")
    assert max(map(len, done.out.splitlines())) <= width
    assert "…" not in done.out


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        (["model.layers.1.out_features=64"], "plain-128 784-64-10\n"),
        (["optimizer.type=sgd", "optimizer.learning_rate=0.5"], "optimizer  SGD(learning_rate=0.5)"),
        (["training.batch_size=null"], "10 epochs, all samples at once, seed 0"),
        (["training.epochs=1", "training.batch_size=1"], "1 epoch, 1 sample a step, seed 0"),
        (["data.validation_split=0.125"], "held out   12.5% of the rows"),
        (["schedule.type=cosine"], "CosineSchedule()  █"),
        (["loss.label_smoothing=0.1"], "Y ← 0.9·Y + 0.1 / k"),
        (["augmentation.type=affine"], "augmented  Affine((28, 28))"),
        (["optimizer.type=sgd"], "407 kB more in training"),
        (["optimizer.type=sgd", "optimizer.momentum=0.9"], "814 kB more in training"),
    ],
)
def test_settings_come_first(changes: list[str], shown: str, chalknet: Chalknet) -> None:
    done = chalknet("show", "plain-128", *(word for change in changes for word in ("--set", change)))
    assert done.code == 0, done.err
    assert shown in re.sub(" +\n", "\n", done.out)


def test_a_spec_file_and_a_file_that_holds_only_a_model(chalknet: Chalknet) -> None:
    Path("my.first.json").write_text(recipe("six-steps").model_dump_json())
    done = chalknet("show", "my.first.json", "--set", "training.epochs=3")
    assert done.out.startswith("my.first 784-10-10\n")
    assert "3 epochs, all samples at once" in done.out
    Path("model.json").write_text(json.dumps(MODEL))
    done = chalknet("show", "model.json")
    assert done.out.startswith("model 784-12-10\n")
    assert "A1 = tanh Z1" in done.out
    assert "Adam(), learning rate 0.001" in done.out


def test_a_table_of_one_column(chalknet: Chalknet) -> None:
    model = {"format": 1, "input_shape": [1], "layers": [{"type": "dense", "out_features": 2}]}
    spec = {"format": 1, "model": model, "data": {"feature_columns": ["height"], "classes": 2}}
    Path("one.json").write_text(json.dumps(spec))
    assert _facts(chalknet("show", "one.json").out)["columns"] == "label, height"


def test_a_run_shows_its_spec_its_curves_and_its_result(run: Path, chalknet: Chalknet) -> None:
    done = chalknet("show", run)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("r 784-128-10\n")
    spec, result = done.out.split("validation accuracy")
    assert _facts(spec)["run"] == "3 epochs, 128 samples a step, seed 7"
    assert _facts(spec)["held out"] == "20% of the rows"
    losses = [float(row.split(",")[3]) for row in (run / "history.csv").read_text().splitlines()[1:]]
    assert f"  {losses[0]:.4f} → {losses[-1]:.4f}" in spec
    report = json.loads((run / "report.json").read_text())
    assert _facts(result) == {
        "accuracy": f"{report['accuracy']:.2%}",
        "loss": f"{report['loss']:.4f}",
        "measured on": "hold-out",
        "epochs": "3",
        "best epoch": str(report["best_epoch"]),
        "weights": "best",
        "samples/s": f"{report['samples_per_second']:,.0f}",
        "threads": str(report["threads"]),
        "seed": "7",
        "data": report["data_sha256"],
    }
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("name", ["digits-1.5", "a b", "[red]", "数字", "plain-128"])
def test_a_run_is_called_by_the_name_of_its_folder(name: str, run: Path, chalknet: Chalknet) -> None:
    folder = run.rename(name)
    assert chalknet("show", f"./{folder}").out.startswith(f"{name} 784-128-10\n")


def test_a_run_may_be_here(run: Path, chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run)
    assert chalknet("show", ".").out.startswith("r 784-128-10\n")


def test_a_recipe_is_not_hidden_by_a_folder_of_its_name(chalknet: Chalknet) -> None:
    Path("plain-128").mkdir()
    assert chalknet("show", "plain-128").out.startswith("plain-128 784-128-10\n")


def test_a_run_is_over_and_takes_no_settings(run: Path, chalknet: Chalknet) -> None:
    done = chalknet("show", run, "--set", "training.epochs=5")
    assert done.code == 2
    assert done.out == ""
    assert "r/spec.json" in done.err
    assert "5 epochs" in chalknet("show", "r/spec.json", "--set", "training.epochs=5").out


def test_a_run_that_was_not_measured(run: Path, chalknet: Chalknet) -> None:
    (run / "report.json").unlink()
    done = chalknet("show", run)
    assert done.code == 0
    assert "validation loss  " in done.out
    assert done.out.endswith("\nthis run is not finished: chalknet resume r goes on with it\n")
    (run / "history.csv").unlink()
    done = chalknet("show", run)
    assert done.code == 0
    assert "validation loss  " not in done.out
    assert done.out.endswith("\nthis run is not finished: chalknet resume r goes on with it\n")


def test_a_run_without_its_history_still_has_a_result(run: Path, chalknet: Chalknet) -> None:
    (run / "history.csv").unlink()
    done = chalknet("show", run)
    assert done.code == 0
    assert "measured on  hold-out" in done.out


def test_a_run_of_one_epoch_has_no_curves(chalknet: Chalknet, digits_csv: Path) -> None:
    assert chalknet("train", "six-steps", "--train", digits_csv, "--epochs", 1, "--quiet", "--run", "r").code == 0
    done = chalknet("show", "r")
    assert "→" not in done.out
    assert "\n\n\n" not in re.sub(" +\n", "\n", done.out)
    assert _facts(done.out)["seed"] == "0"
    assert "accuracy" not in _facts(done.out)


def test_a_report_may_say_anything(run: Path, chalknet: Chalknet) -> None:
    """It is a file, and a file can come from anywhere."""
    report = {
        "accuracy": "high",
        "loss": 10**400,
        "samples_per_second": float("nan"),
        "measured_on": "\x1b[31m[red]",
        "threads": {"a": [1]},
        "seed": None,
    }
    (run / "report.json").write_text(json.dumps(report))
    done = chalknet("show", run)
    assert (done.code, done.err) == (0, "")
    result = _facts(done.out.split("validation accuracy")[1])
    assert result == {"measured on": "\\x1b[31m[red]", "threads": "{'a': [1]}"}
    assert "\x1b" not in done.out


GARBAGE = {
    "a report that is no JSON": ("report.json", b"{", "report.json: expected a JSON object: "),
    "a report that is no text": ("report.json", b"\xff\xfe\x00", "report.json: expected a JSON object: "),
    "a report that is a list": ("report.json", b"[1]", "report.json: got a JSON list; expected an object"),
    "a report without an end": ("report.json", b"[" * 100_000, "report.json: expected a JSON object: "),
    "a report that is too large": ("report.json", b" " * 10_000_001, "report.json: got more than 10,000,000 bytes"),
    "an empty history": ("history.csv", b"", "history.csv: line 1: expected the columns epoch, loss, "),
    "other columns": ("history.csv", b"a,b\n1,2\n", "history.csv: line 1: expected the columns epoch, loss, "),
    "no number": ("history.csv", b"@1,0.5,0.5,,,x\n", "history.csv: line 2: got '1,0.5,0.5,,,x'; expected 6 numbers"),
    "too few": ("history.csv", b"@1,0.5,0.5,,,0.1\n2,0.5\n", "history.csv: line 3: got '2,0.5'; expected 6 numbers"),
    "too many": ("history.csv", b"@1,2,3,4,5,6,7\n", "history.csv: line 2: got '1,2,3,4,5,6,7'; expected 6 numbers"),
    "an empty line": ("history.csv", b"@\n1,0.5,0.5,,,0.1\n", "history.csv: line 2: got ''; expected 6 numbers"),
    "no text": ("history.csv", b"@\xff\x1b[31m\x00,,,,,\n", "history.csv: line 2: got '"),
    "one that never ends": ("history.csv", b"@" + b'"' * 200_000, 'history.csv: line 2: got \'"""'),
    "a spec that is no JSON": ("spec.json", b"{", "spec.json"),
    "a spec that is a model": ("spec.json", json.dumps(MODEL).encode(), "spec.json: got a model; expected a run"),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_in_a_run_is_named(name: str, run: Path, chalknet: Chalknet) -> None:
    file, content, message = GARBAGE[name]
    header = (run / "history.csv").read_bytes().splitlines(keepends=True)[0]
    (run / file).write_bytes(content.replace(b"@", header, 1))
    done = chalknet("show", run)
    assert done.code == 2
    assert done.out == ""
    assert message in done.err.splitlines()[0]
    assert done.err.startswith("error: ")
    assert "\x1b" not in done.err


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (".", ".: got no spec.json in it; expected the folder of a run"),
        ("nothing", "got 'nothing'"),
        ("nothing.json", "nothing.json: no such file"),
    ],
)
def test_what_is_nothing_to_show(target: str, message: str, chalknet: Chalknet) -> None:
    done = chalknet("show", target)
    assert done.code == 2
    assert message in done.err
    assert done.out == ""


def test_nothing_is_trained_and_nothing_written(
    chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("framework.training.Training.__iter__", None)
    assert chalknet("show", "digits").code == 0
    assert chalknet("recipes").code == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("width", WIDTHS)
def test_recipes_have_a_line_each(width: int, chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    done = chalknet("recipes")
    assert (done.code, done.err) == (0, "")
    head, *lines = [re.split(" {2,}", line.rstrip()) for line in done.out.splitlines()]
    assert head == ["recipe", "parameters", "accuracy", "time", "what it is"]
    for name, line in zip(RECIPES, lines, strict=False):
        model: Sequential = recipe(name).build()
        figures = measured(name)
        size = f"{model.parameters.values.size:,}"
        assert figures is not None
        assert figures.seconds is not None
        assert line == [name, size, f"{figures.accuracy:.2%}", clock(figures.seconds), summary(name)]
    assert max(map(len, done.out.splitlines())) <= width


def test_a_recipe_that_was_never_measured_has_no_figures(chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RECIPES, "kaggle-2", RECIPES["kaggle"])
    monkeypatch.setattr("scripts.overview.recipe", lambda name: recipe(name.removesuffix("-2")))
    done = chalknet("recipes")
    assert (done.code, done.err) == (0, "")
    (line,) = [line for line in done.out.splitlines() if line.startswith("kaggle-2 ")]
    size = f"{recipe('kaggle').build().parameters.values.size:,}"
    assert re.split(" {2,}", line.strip()) == ["kaggle-2", size, summary("kaggle-2")]


def test_a_run_that_was_stopped_says_how_to_go_on(run: Path, chalknet: Chalknet) -> None:
    for name in ("report.json", "model.safetensors"):
        (run / name).unlink()
    (run / "latest.safetensors").write_bytes(b"")
    done = chalknet("show", run)
    assert done.code == 0
    assert done.out.endswith("\nthis run is not finished: chalknet resume r goes on with it\n")
    done = chalknet("evaluate", run, "any.csv")
    assert done.code == 2
    assert done.err == (
        "error: r: got a run that is not finished; expected one with its model.safetensors\n"
        "  hint: chalknet resume r goes on with it\n"
    )
    done = chalknet("train", "plain-128", "--run", run)
    assert done.code == 2
    assert done.err.endswith("  hint: chalknet resume r goes on with the run in it\n")
