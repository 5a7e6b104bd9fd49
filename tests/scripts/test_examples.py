"""Every example runs as its reader would run it, and prints what it promises."""

import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from framework.specs import parse_spec
from framework.testing import LayerBattery
from models import digits
from scripts import examples
from scripts.examples.own_layer import PReLU, PReLUSpec

FOLDER = Path(examples.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
MOST_LINES = 60
TERMINAL = 80
"""Columns: nothing an example prints is wider."""

Example = Callable[..., str]


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Example:
    """Run an example by name, in an empty folder; what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(name: str, *arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        monkeypatch.delitem(sys.modules, f"scripts.examples.{name}", raising=False)  # where a test has imported it
        runpy.run_module(f"scripts.examples.{name}", run_name="__main__")
        captured = capsys.readouterr()
        assert captured.err == ""
        assert max(map(len, captured.out.splitlines())) <= TERMINAL
        return captured.out

    return run


@pytest.fixture
def closed_test_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens the test digits fails."""
    monkeypatch.setattr(digits, "TEST", tmp_path / "closed.csv")


def _number(pattern: str, text: str) -> float:
    """The one number `pattern` finds in `text`."""
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return float(found)


def _percentages(line: str) -> list[float]:
    return [float(number) for number in re.findall(r"([\d.]+)%", line)]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_short_says_how_to_run_it_and_has_a_test(name: str) -> None:
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert name == "six_steps" or len(text.splitlines()) < MOST_LINES
    assert f"python -m scripts.examples.{name}" in text.split('"""')[1]
    assert [test for test in globals() if test.startswith(f"test_{name}_")]


def test_six_steps_agree_in_every_quantity(example: Example) -> None:
    lines = example("six_steps").splitlines()
    assert sum(line.startswith("iteration") for line in lines) == 3
    apart = re.findall(r"^  (\w+) +apart by (\S+)$", "\n".join(lines), re.MULTILINE)
    quantities = ["Z1", "A1", "Z2", "A2", "loss", "dZ2", "dZ1", "dW2", "db2", "dW1", "db1", "W2", "b2", "W1", "b1"]
    assert [name for name, _ in apart] == 3 * quantities
    assert all(float(distance) <= 1e-12 for _, distance in apart)


def test_compose_and_train_gets_the_test_digits_right_and_keeps_the_model(example: Example, tmp_path: Path) -> None:
    out = example("compose_and_train")
    accuracy = _number(r"^test digits: ([\d.]+)% right", out)
    assert accuracy > 96.5
    assert _number(r", (\d+) of 10,000 wrong$", out) == round(100 * (100 - accuracy))
    assert "digits.safetensors, loaded again, predicts the same labels\n" in out
    assert [path.name for path in tmp_path.iterdir()] == ["digits.safetensors"]
    true, predicted, probability = (line.split()[1:] for line in out.splitlines()[-3:])
    assert true == list("7210414959")
    assert sum(a == b for a, b in zip(true, predicted, strict=True)) >= 9
    assert all(0.1 <= float(highest) <= 1 for highest in probability)


@pytest.mark.usefixtures("closed_test_digits")
def test_swap_the_optimizer_compares_all_on_held_out_rows(example: Example) -> None:
    _, *lines = example("swap_the_optimizer").splitlines()
    table = {line.split("  ")[0]: _percentages(line) for line in lines}
    assert [name.split("(")[0] for name in table] == ["SGD", "SGD", "SGD", "Adam", "AdamW"]
    for accuracies in table.values():
        assert len(accuracies) == 3
        assert accuracies[0] > 90
        assert accuracies[2] > max(94, accuracies[0])
    plain, momentum, one_cycle, *_ = table.values()
    assert plain[2] < momentum[2]
    assert one_cycle[0] < momentum[0]  # its first steps are small, its last ones too
    assert one_cycle[2] > plain[2]


@pytest.mark.usefixtures("closed_test_digits")
def test_swap_layers_compares_all_on_held_out_rows(example: Example) -> None:
    _, *lines = example("swap_layers").splitlines()
    rows = [re.split(r" {2,}", line) for line in lines]
    parameters = {name: int(count.replace(",", "")) for name, count, *_ in rows}
    validation = {name: _percentages(figures[-1])[0] for name, *figures in rows}
    assert len(rows) == 8
    assert parameters["no hidden layer"] == 7_850
    assert parameters["ReLU"] == parameters["Tanh"] == parameters["ReLU, Dropout"] == 784 * 64 + 64 + 64 * 10 + 10
    assert 88 < validation.pop("no hidden layer") < 92.5
    assert all(accuracy > 94 for accuracy in validation.values())
    assert len(set(validation.values())) > 4  # something was swapped


def test_own_layer_has_the_right_gradient_learns_and_comes_back(example: Example, tmp_path: Path) -> None:
    out = example("own_layer")
    assert out.startswith("gradients of PReLU(): right\n")
    assert _number(r"^layers\.1  PReLU  slope\[0\] .* (\S+)$", out) < 1e-7
    last_epoch = next(line for line in out.splitlines() if "3/3" in line)
    assert min(_percentages(last_epoch)) > 94
    assert _number(r"the slope it learned is (\S+)$", out) < 0.2
    assert [path.name for path in tmp_path.iterdir()] == ["prelu.safetensors"]


class TestPReLU(LayerBattery):
    layer, spec = PReLU(), PReLUSpec


@pytest.mark.usefixtures("closed_test_digits")
def test_model_to_json_gives_the_same_bits_and_refuses_a_typo(example: Example, tmp_path: Path) -> None:
    text, said = example("model_to_json").split("\n\n", maxsplit=1)
    assert parse_spec(text).build(seed=0).output_shape == (10,)
    assert "untrained: the model and its twin have the same weights\n" in said
    assert "\ntrained: the model and its twin have the same weights\n" in said
    assert "a whole run, to JSON and back: equal\n" in said
    assert "model.json: /layers/1/out_feature: got a field that does not belong here" in said
    assert "did you mean 'out_features'?" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("closed_test_digits")
def test_own_csv_learns_from_another_table(example: Example, tmp_path: Path) -> None:
    out = example("own_csv")
    assert out.startswith("small_digits.csv: 10,000 rows of 49 cells\n")
    assert _number(r"^2,000 rows held out: ([\d.]+)% right$", out) > 88
    assert not list(tmp_path.iterdir())


def test_kaggle_submission_writes_good_labels_once(
    example: Example, tmp_path: Path, digits_csv: Path, labelled_csv: Path, unlabelled_csv: Path
) -> None:
    out = example("kaggle_submission", digits_csv, unlabelled_csv, "submission.csv")
    assert out.endswith("\nsubmission.csv: 200 predictions\n")
    written = (tmp_path / "submission.csv").read_bytes()
    header, *lines = written.decode().splitlines()
    numbers, labels = zip(*(line.split(",") for line in lines), strict=True)
    true = [line.split(",")[0] for line in labelled_csv.read_text().splitlines()[1:]]
    assert header == "ImageId,Label"
    assert numbers == tuple(str(number) for number in range(1, 201))
    assert sum(a == b for a, b in zip(labels, true, strict=True)) > 130  # of 200, after 540 rows

    with pytest.raises(SystemExit, match=r"^error: submission\.csv: got a file that exists"):
        example("kaggle_submission", digits_csv, unlabelled_csv, "submission.csv")
    assert (tmp_path / "submission.csv").read_bytes() == written


def test_kaggle_submission_says_what_is_missing(example: Example, digits_csv: Path) -> None:
    with pytest.raises(SystemExit, match=r"^usage: python -m scripts\.examples\.kaggle_submission TRAIN\.csv"):
        example("kaggle_submission", digits_csv)
    with pytest.raises(SystemExit, match=r"^error: nowhere\.csv: got nothing; expected an existing CSV file$"):
        example("kaggle_submission", digits_csv, "nowhere.csv", "submission.csv")
