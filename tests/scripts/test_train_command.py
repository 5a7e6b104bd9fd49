"""chalknet train, from a CSV to a run folder and a submission."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from framework import ModelSpec, RunSpec, Sequential, read_spec
from models.recipes import recipe
from scripts.job import _hands
from tests.scripts.conftest import Outcome

Chalknet = Callable[..., Outcome]

FILES = ["history.csv", "job.json", "model.safetensors", "report.json", "spec.json"]


def test_a_run_folder_holds_spec_model_history_and_report(chalknet: Chalknet, digits_csv: Path) -> None:
    options = ("--train", digits_csv, "--validation", 0.2, "--epochs", 3, "--run", "r", "--seed", 7)
    done = chalknet("train", "plain-128", *options)
    assert done.code == 0, done.err
    assert sorted(os.listdir("r")) == FILES
    spec = read_spec("r/spec.json")
    assert isinstance(spec, RunSpec)
    assert (spec.training.epochs, spec.training.seed, spec.data.validation_split) == (3, 7, 0.2)
    with open("r/history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate"]
    report = json.loads(Path("r/report.json").read_text())
    assert report["measured_on"] == "hold-out"
    # the best epoch's weights are the ones that were kept and measured
    assert report["loss"] == pytest.approx(min(float(row["validation_loss"]) for row in rows), rel=1e-6)
    assert report["samples_seen"] == 3 * 480
    assert report["seed"] == 7
    assert Sequential.load("r/model.safetensors").parameters.values.size == 101_770


def test_what_a_run_says_when_nobody_watches(chalknet: Chalknet, digits_csv: Path, labelled_csv: Path) -> None:
    Path("mine.csv").write_bytes(digits_csv.read_bytes())
    options = ("--train", "mine.csv", "--validation", 0.2, "--test", labelled_csv, "--epochs", 2, "--run", "r")
    done = chalknet("train", "plain-128", *options)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[:4] == [
        "reading mine.csv",
        "plain-128 784-128-10",
        "",
        "layer    formula                output  parameters",
    ]
    for line in (
        "data       480 samples, 120 held out, from mine.csv",
        "optimizer  Adam(), learning rate 0.001",
        "    epoch      loss   accuracy       loss   accuracy       rate   samples/s",
        "                                                 taken for",
    ):
        assert line in "\n".join(lines)
    report = json.loads(Path("r/report.json").read_text())
    errors = round(200 * (1 - report["accuracy"]))
    assert f"test  {report['accuracy']:.2%} right, {errors} errors in 200, loss {report['loss']:.4f}" in lines
    saved = next(number for number, line in enumerate(lines) if line.startswith("saved in r  ("))
    assert [line.split("chalknet ")[1].split()[0] for line in lines[saved + 1 :]] == ["show", "predict", "train"]
    assert "\x1b" not in done.out
    assert "\n\n\n" not in done.out


def test_a_run_says_how_many_did_the_work(chalknet: Chalknet, digits_csv: Path) -> None:
    done = chalknet("train", "plain-128", "--train", digits_csv, "--epochs", 1, "--threads", 1)
    assert re.search(r"\nsaved in \S+  \(\S+ s training, \S+ s in all, with 1 thread\)\n", done.out)
    assert (_hands(1, "none"), _hands(2, "none")) == ("1 thread", "2 threads")
    assert _hands(2, "units") == _hands(2, "rows") == "2 processes"


def test_quiet_says_nothing_and_json_one_line(chalknet: Chalknet, digits_csv: Path) -> None:
    options = ("plain-128", "--train", digits_csv, "--epochs", 1)
    quiet = chalknet("train", *options, "--quiet", "--run", "a")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    loud = chalknet("train", *options, "--json", "--run", "b")
    assert len(loud.out.splitlines()) == 1
    assert loud.err.startswith("reading ")
    assert "saved in b  (" in loud.err


def test_the_default_recipe_is_digits(chalknet: Chalknet, digits_csv: Path) -> None:
    assert chalknet("train", "--train", digits_csv, "--epochs", 1, "--quiet").code == 0
    spec = read_spec("runs/digits-1/spec.json")
    assert isinstance(spec, RunSpec)
    assert spec.model == recipe("digits").model


def test_the_report_has_every_promised_field(chalknet: Chalknet, digits_csv: Path, labelled_csv: Path) -> None:
    options = ("--train", digits_csv, "--test", labelled_csv, "--epochs", 2, "--json", "--run", "r")
    done = chalknet("train", "plain-128", *options)
    assert done.code == 0, done.err
    (line,) = done.out.splitlines()
    report = json.loads(line)
    assert report == json.loads(Path("r/report.json").read_text())
    assert 0 <= report["accuracy"] <= 1
    assert report["loss"] > 0
    assert list(report["seconds"]) == ["load", "train", "evaluate", "total"]
    assert report["seconds"]["total"] >= report["seconds"]["train"] > 0
    assert report["samples_per_second"] == pytest.approx(1200 / report["seconds"]["train"], rel=0.01)
    assert report["peak_rss_mb"] > 10
    assert report["threads"] >= 1
    assert len(report["data_sha256"]) == 64
    assert {"chalknet", "python", "numpy"} <= set(report["versions"])
    assert report["measured_on"] == "test"


def test_equal_runs_give_equal_bytes(chalknet: Chalknet, digits_csv: Path) -> None:
    options = ("--train", digits_csv, "--epochs", 2, "--threads", 1, "--quiet")
    for name in ("a", "b"):
        assert chalknet("train", *options, "--run", name).code == 0
    for file in ("spec.json", "model.safetensors", "history.csv"):
        assert Path("a", file).read_bytes() == Path("b", file).read_bytes()
    assert chalknet("train", *options, "--seed", 1, "--run", "c").code == 0
    assert Path("a/model.safetensors").read_bytes() != Path("c/model.safetensors").read_bytes()


def test_own_rows_never_meet_the_embedded_test_digits(
    chalknet: Chalknet, digits_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.digits.TEST", Path("must-not-be-opened.csv"))
    done = chalknet("train", "plain-128", "--train", digits_csv, "--epochs", 1, "--run", "r", "--json")
    assert done.code == 0, done.err
    report = json.loads(done.out)
    assert (report["accuracy"], report["loss"], report["measured_on"]) == (None, None, None)
    assert "--validation" in done.err


def test_no_test_leaves_the_embedded_test_set_closed(
    chalknet: Chalknet, digits_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.digits.TRAIN", digits_csv)
    monkeypatch.setattr("models.digits.TEST", Path("must-not-be-opened.csv"))
    assert chalknet("train", "--epochs", 1, "--no-test", "--validation", 0.1).code == 0
    assert chalknet("train", "--epochs", 1).code == 2


def test_the_submission_is_what_the_saved_model_predicts(
    chalknet: Chalknet, digits_csv: Path, unlabelled_csv: Path
) -> None:
    options = ("--train", digits_csv, "--epochs", 2, "--predict", unlabelled_csv)
    assert chalknet("train", *options, "--out", "s.csv", "--run", "r").code == 0
    text = Path("s.csv").read_bytes()
    lines = text.decode("ascii").split("\n")
    assert lines[0] == "ImageId,Label"
    assert len(lines) == 202
    assert lines[-1] == ""
    assert [line.split(",")[0] for line in lines[1:-1]] == [str(number) for number in range(1, 201)]
    assert chalknet("predict", "r", unlabelled_csv, "--out", "again.csv").code == 0
    assert Path("again.csv").read_bytes() == text


def test_without_a_name_runs_are_numbered(chalknet: Chalknet, digits_csv: Path) -> None:
    for _ in range(2):
        assert chalknet("train", "six-steps", "--train", digits_csv, "--epochs", 1, "--quiet").code == 0
    assert sorted(os.listdir("runs")) == ["six-steps-1", "six-steps-2"]


def test_another_table_trains(chalknet: Chalknet, small_digits_csv: Path) -> None:
    spec = {
        "format": 1,
        "model": {
            "input_shape": [64],
            "layers": [
                {"type": "rescale", "scale": 0.0625},
                {"type": "dense", "out_features": 32},
                {"type": "tanh"},
                {"type": "dense", "out_features": 5},
            ],
        },
        "optimizer": {"type": "sgd", "learning_rate": 0.3, "momentum": 0.9},
        "data": {
            "label_column": "digit",
            "feature_columns": {"prefix": "cell_", "count": 64},
            "maximum": 16,
            "classes": 5,
            "validation_split": 0.25,
        },
        "training": {"epochs": 15, "batch_size": 32},
    }
    Path("mine.json").write_text(json.dumps(spec))
    done = chalknet("train", "mine.json", "--train", small_digits_csv, "--run", "r", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["accuracy"] > 0.9
    assert chalknet("evaluate", "r", small_digits_csv).code == 0


def test_a_hand_written_spec_a_composed_one_and_an_exported_one_give_the_same_model(
    chalknet: Chalknet, digits_csv: Path
) -> None:
    from framework import Dense, ReLU, Rescale

    composed = Sequential([Rescale(1 / 255), Dense(784, 12), ReLU(), Dense(12, 10)], seed=3)
    Path("composed.json").write_text(ModelSpec.of(composed).model_dump_json())
    layers = '[{"type":"rescale","scale":0.00392156862745098},{"type":"dense","out_features":12},{"type":"relu"},'
    hand = '{"format":1,"input_shape":[784],"layers":' + layers + '{"type":"dense","out_features":10}]}'
    Path("hand.json").write_text(hand)
    assert chalknet("train", "hand.json", "--train", digits_csv, "--epochs", 1, "--run", "r").code == 0
    for name in ("composed.json", "hand.json", "r/spec.json"):
        built = read_spec(name).build(seed=3)
        assert built.parameters.values.tobytes() == composed.parameters.values.tobytes(), name


def test_settings_reach_any_field_and_swap_components(chalknet: Chalknet, digits_csv: Path) -> None:
    changes = ("optimizer.learning_rate=0.5", "optimizer.type=sgd", "model.layers.1.out_features=20")
    options = [word for change in changes for word in ("--set", change)]
    assert chalknet("train", "plain-128", "--train", digits_csv, "--epochs", 1, "--run", "r", *options).code == 0
    spec = read_spec("r/spec.json")
    assert isinstance(spec, RunSpec)
    assert spec.optimizer.model_dump() == {
        "type": "sgd",
        "learning_rate": 0.5,
        "momentum": 0.0,
        "nesterov": False,
        "weight_decay": 0.0,
    }
    assert spec.model.layers[1].model_dump()["out_features"] == 20


REFUSED = {
    "unknown recipe": (["train", "plain"], "got 'plain'", "did you mean plain-128?"),
    "missing spec": (["train", "none.json"], "none.json: no such file", ""),
    "unknown field": (["train", "--set", "training.batchsize=3"], "got 'batchsize' in training", "batch_size"),
    "bad value": (["train", "--set", "training.batch_size=0"], "training.batch_size=0: got 0; expected 1 or more", ""),
    "unknown type": (["train", "--set", "optimizer.type=sg"], "optimizer.type=sg: got 'sg'", "sgd?"),
    "no equals sign": (["train", "--set", "training.epochs"], "expected PATH=VALUE", ""),
    "threads": (["train", "--threads", "many"], "--threads many: got 'many'; expected an integer or 'auto'", ""),
    "epochs": (["train", "--epochs", "0"], "--epochs 0: got 0; expected 1 or more", ""),
    "validation": (["train", "--validation", "1"], "--validation 1: got 1; expected less than 1", ""),
    "seed": (["train", "--seed", "-1"], "--seed -1: got -1; expected 0 or more", ""),
    "missing table": (["train", "--train", "none.csv"], "none.csv: no such file", ""),
    "existing run": (["train", "--run", "."], ".: got a name that exists", "--run"),
    "predict alone": (["train", "--predict", "x.csv"], "--predict and --out: got one of the two", ""),
    "test and no-test": (["train", "--test", "x.csv", "--no-test"], "--test and --no-test: got both", ""),
    "unknown option": (["train", "--fast"], "got the option '--fast'", "--help"),
    "unknown command": (["trian"], "got the command 'trian'", "train"),
    "no run": (["evaluate", ".", "x.csv"], ".: got no spec.json in it", ""),
    "no folder for out": (["predict", "r", "x.csv", "--out", "no/s.csv"], "no/s.csv: got a folder that does not", ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_usage_is_refused_and_leaves_nothing_behind(name: str, chalknet: Chalknet) -> None:
    arguments, message, hint = REFUSED[name]
    before = sorted(os.listdir())
    done = chalknet(*arguments)
    assert done.code == 2
    first, *rest = done.err.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert hint in "\n".join([first, *rest])
    assert done.out == ""
    assert "Traceback" not in done.err
    assert sorted(os.listdir()) == before


def test_a_fault_in_the_table_to_predict_stops_before_the_training(
    chalknet: Chalknet, digits_csv: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("pixel0,pixel1\n1,2\n")
    done = chalknet("train", "--train", digits_csv, "--predict", bad, "--out", "s.csv", "--run", "r")
    assert done.code == 2
    assert "pixel2" in done.err
    assert "epoch" not in done.out
    assert sorted(os.listdir()) == ["bad.csv"]


def test_an_existing_submission_is_kept_without_force(
    chalknet: Chalknet, digits_csv: Path, unlabelled_csv: Path
) -> None:
    Path("s.csv").write_text("precious")
    options = ("--train", digits_csv, "--epochs", 1, "--predict", unlabelled_csv, "--out", "s.csv")
    assert chalknet("train", *options).code == 2
    assert Path("s.csv").read_text() == "precious"
    assert chalknet("train", *options, "--force").code == 0
    assert Path("s.csv").read_text().startswith("ImageId,Label\n1,")


def test_divergence_ends_with_4_and_names_the_rate(chalknet: Chalknet, digits_csv: Path) -> None:
    options = ("--set", "optimizer.type=sgd", "--set", "optimizer.learning_rate=1e30", "--run", "r")
    done = chalknet("train", "plain-128", "--train", digits_csv, *options)
    assert done.code == 4
    assert "training diverged: epoch 1, step" in done.err
    assert "learning rate 1e+30" in done.err
    assert not Path("r").exists()


def test_debug_shows_the_traceback_and_keeps_the_code(chalknet: Chalknet) -> None:
    done = chalknet("--debug", "train", "plain")
    assert done.code == 2
    assert "Traceback" in done.err
    assert "error: recipe: got 'plain'" in done.err


def test_what_fails_after_the_training_does_not_cost_the_training(
    chalknet: Chalknet, digits_csv: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(digits_csv.read_text().rstrip()[:-1] + "x\n")
    done = chalknet("train", "--train", digits_csv, "--epochs", 1, "--test", bad, "--run", "r")
    assert done.code == 2
    assert "bad.csv: line 601, column 'pixel783'" in done.err
    way_on = "chalknet resume r --no-test"
    assert done.err.endswith(f"\n  hint: r has the trained model, and {way_on} does the rest without that table\n")
    assert chalknet("evaluate", "r", digits_csv).code == 0
    assert chalknet(*way_on.split()[1:]).code == 0
    assert Path("r/report.json").exists()


def test_a_table_to_measure_on_with_other_columns_is_refused_before_the_training(
    chalknet: Chalknet, digits_csv: Path, unlabelled_csv: Path
) -> None:
    """As Kaggle's test.csv is, which has no labels. Rows are not looked at before the end."""
    done = chalknet("train", "--train", digits_csv, "--test", unlabelled_csv, "--run", "r")
    assert (done.code, done.out.count("\n")) == (2, 1)
    assert "line 1, column 'label': got nothing; expected a column of this name" in done.err
    assert done.err.endswith("\n  hint: is this the test file? It has no labels\n")
    assert not Path("r").exists()


def test_the_table_to_predict_is_never_overwritten(chalknet: Chalknet, digits_csv: Path, unlabelled_csv: Path) -> None:
    Path("t.csv").write_bytes(unlabelled_csv.read_bytes())
    done = chalknet("train", "--train", digits_csv, "--predict", "t.csv", "--out", "t.csv", "--force")
    assert done.code == 2
    assert Path("t.csv").read_bytes() == unlabelled_csv.read_bytes()


def test_a_recipe_for_another_table_says_so(chalknet: Chalknet) -> None:
    done = chalknet("train", "--set", 'data.feature_columns.prefix="cell"')
    assert done.code == 2
    assert "--train CSV" in done.err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_device_is_the_environment_s_fault() -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "scripts.cli", "schema"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("error: output: No space left")


@pytest.mark.parametrize("arguments", [[], ["--debug"]])
def test_without_a_command_there_is_help(arguments: list[str], chalknet: Chalknet) -> None:
    done = chalknet(*arguments)
    assert done.code == 2
    for command in ("train", "evaluate", "predict", "schema"):
        assert command in done.out


def test_version(chalknet: Chalknet) -> None:
    assert chalknet("--version").out.startswith("chalknet 0.")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_with_its_code_and_keeps_what_was_learnt(
    number: signal.Signals, code: int, tmp_path: Path, digits_csv: Path
) -> None:
    # A shell that runs the tests in the background has told them, and so their children, to ignore Ctrl-C.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code_to_run = heed + "from scripts.cli import main; main()"
    command = [sys.executable, "-c", code_to_run, "train", "six-steps", "--train", str(digits_csv)]
    run = tmp_path / "r"
    with subprocess.Popen(
        [*command, "--epochs", "1000000", "--run", str(run)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        if process.stdout is None:
            raise AssertionError("no pipe")
        while line := process.stdout.readline():
            if "1/1000000" in line:
                break
        existed = run.exists()
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert existed
    assert process.returncode == code, err
    assert err == f"\ninterrupted; go on with: chalknet resume {run}\n"
    assert sorted(path.name for path in run.iterdir()) == ["job.json", "latest.safetensors", "spec.json"]


def test_a_closed_pipe_ends_quietly(tmp_path: Path, digits_csv: Path) -> None:
    command = [sys.executable, "-m", "scripts.cli", "train", "six-steps", "--train", str(digits_csv)]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*command, "--run", str(tmp_path / "r")], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert done.returncode == 141
    assert done.stderr == ""
