"""What the command says about a command line that is none: what came, what was expected, what to type."""

import os
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from framework import InputError
from models.recipes import RECIPES, recipe_path
from scripts.cli import app
from scripts.failing import say_why
from scripts.usage import EXAMPLES, CommandLine
from tests.scripts.conftest import Chalknet

COMMANDS = "expected one of train, "
TRAIN = "expected one of --train, --test, "

CASES: list[tuple[str, str, str]] = [
    # what is typed, how the message begins, the hint, or how it begins where it ends with a space
    ("trian", f"chalknet: got the command 'trian'; {COMMANDS}", "did you mean chalknet train?"),
    ("Train", "chalknet: got the command 'Train'", "did you mean chalknet train?"),
    ("fit", "chalknet: got the command 'fit'", "did you mean chalknet train?"),
    ("eval r x.csv", "chalknet: got the command 'eval'", "did you mean chalknet evaluate?"),
    ("--debug trian", "chalknet: got the command 'trian'", "did you mean chalknet train?"),
    ("plain-128", "chalknet: got the command 'plain-128'", "did you mean chalknet train plain-128?"),
    ("mine.json", "chalknet: got the command 'mine.json'", "did you mean chalknet train mine.json?"),
    ("qqq", "chalknet: got the command 'qqq'", "see chalknet --help"),
    # options that there are, or nearly
    ("train --epoch 3", f"chalknet train: got the option '--epoch'; {TRAIN}", "did you mean --epochs 3?"),
    ("train --epoch=3", "chalknet train: got the option '--epoch'", "did you mean --epochs 3?"),
    ("train --epoch", "chalknet train: got the option '--epoch'", "did you mean --epochs N?"),
    ("train --iterations 3", "chalknet train: got the option '--iterations'", "did you mean --epochs 3?"),
    ("train --epochs 3 --epoch 4", "chalknet train: got the option '--epoch'", "did you mean --epochs 4?"),
    ("train --see 3", "chalknet train: got the option '--see'", "did you mean --seed 3?"),
    ("train --val 0.1", "chalknet train: got the option '--val'", "did you mean --validation 0.1?"),
    ("train --output s.csv", "chalknet train: got the option '--output'", "did you mean --out s.csv?"),
    ("train --data x.csv", "chalknet train: got the option '--data'", "did you mean --train x.csv?"),
    ("train --quite x", "chalknet train: got the option '--quite'", "did you mean --quiet?"),
    ("evaluate r x.csv --jso", "chalknet evaluate: got the option '--jso'", "did you mean --json?"),
    ("predict r x.csv --output s.csv", "chalknet predict: got the option '--output'", "did you mean --out s.csv?"),
    # options that are settings
    ("train --lr 0.1", "chalknet train: got the option '--lr'", "did you mean --set optimizer.learning_rate=0.1?"),
    ("train --lr=0,1", "chalknet train: got the option '--lr'", "did you mean --set optimizer.learning_rate=0.1?"),
    ("train -lr 0.1", "chalknet train: got the option '-lr'", "did you mean --set optimizer.learning_rate=0.1?"),
    ("train plain-128 --lr", "chalknet train: got the option '--lr'", "such as --set optimizer.learning_rate=0.001"),
    ("train six-steps --lr", "chalknet train: got the option '--lr'", "such as --set optimizer.learning_rate=0.1"),
    ("train --learning-rate 0.1", "chalknet train: got", "did you mean --set optimizer.learning_rate=0.1?"),
    ("train --batch-size 64", "chalknet train: got", "did you mean --set training.batch_size=64?"),
    ("train --optimizer sgd", "chalknet train: got", "did you mean --set optimizer.type=sgd?"),
    ("train --hidden 256", "chalknet train: got", "did you mean --set model.layers.1.out_features=256?"),
    ("train --activation tanh", "chalknet train: got", "did you mean --set model.layers.2.type=tanh?"),
    (
        "train plain-128 --momentum 0.9",
        "chalknet train: got the option '--momentum'",
        "did you mean --set optimizer.type=rmsprop --set optimizer.momentum=0.9?",
    ),
    ("train --out-features 9", "chalknet train: got", "did you mean --set model.layers.1.out_features=9?"),
    ("train --validation-split 0.1", "chalknet train: got", "did you mean --set data.validation_split=0.1?"),
    (
        "train --dropout 0.2",
        "chalknet train: got the option '--dropout'",
        "this recipe has no dropout layer: add one to a copy of a run's spec.json, and train that file",
    ),
    # what a run was begun with
    (
        "resume a --epochs 3",
        "chalknet resume: got the option '--epochs'; expected one of --train, ",
        "a run goes on as it was begun and cannot be extended; for a new one: chalknet train a/spec.json --epochs 3",
    ),
    (
        "resume --set training.epochs=3 -- -b",
        "chalknet resume: got the option '--set'",
        "a run goes on as it was begun and cannot be extended; for a new one: chalknet train RUN/spec.json "
        "--set training.epochs=3",
    ),
    ("resume a --qqq 3", "chalknet resume: got the option '--qqq'", "see chalknet resume --help"),
    # options that are neither, or stand in the wrong place
    ("train --qqq", "chalknet train: got the option '--qqq'", "see chalknet train --help"),
    ("train -q", "chalknet train: got the option '-q'", "did you mean --quiet?"),
    ("train -s 3", "chalknet train: got the option '-s'", "see chalknet train --help"),
    ("predict r t.csv -o p.csv", "chalknet predict: got the option '-o'", "did you mean --out p.csv?"),
    ("train --recipe plain-128", "chalknet train: got the option '--recipe'", "did you mean chalknet train plain-128?"),
    ("show --recipe", "chalknet show: got the option '--recipe'", "did you mean chalknet show NAME?"),
    (
        "evaluate a b --test t.csv",
        "chalknet evaluate: got the option '--test'",
        "the table comes after the runs: chalknet evaluate a b t.csv",
    ),
    (
        "predict a --predict --out o.csv",
        "chalknet predict: got the option '--predict'",
        "the table comes after the runs: chalknet predict a CSV",
    ),
    ("evaluate r x.csv --lr 3", "chalknet evaluate: got the option '--lr'", "see chalknet evaluate --help"),
    (
        "train --debug",
        "chalknet train: got the option '--debug'",
        "it comes before the command: chalknet --debug train",
    ),
    (
        "--epochs 3 train",
        "chalknet: got the option '--epochs'; expected one of --version, --debug, --help",
        "options of a command come after it: chalknet train --epochs 3",
    ),
    (
        "--quiet train",
        "chalknet: got the option '--quiet' before the command; expected it after",
        "did you mean chalknet train --quiet?",
    ),
    ("--qqq", "chalknet: got the option '--qqq'", "see chalknet --help"),
    # values
    ("train --epochs", "--epochs: got no value; expected --epochs N", "such as --epochs 20"),
    ("train --set", "--set: got no value; expected --set PATH=VALUE", "such as --set training.batch_size=64"),
    ("train --epochs --seed 3", "--epochs: got no value; expected --epochs N", "such as --epochs 20"),
    ("train --run --seed=3", "--run: got no value; expected --run DIR", "such as --run runs/mine"),
    ("predict r x.csv --out --force", "--out: got no value; expected --out", "such as --out submission.csv"),
    ("train plain-128 --epochs three", "--epochs three: got 'three'; expected an integer", "such as --epochs 10"),
    ("train plain-128 --epochs=", "--epochs '': got ''; expected an integer", "such as --epochs 10"),
    ("train plain-128 --epochs 0", "--epochs 0: got 0; expected 1 or more", "such as --epochs 10"),
    ("train --epochs 3.0", "--epochs 3.0: got 3.0; expected an integer", "did you mean --epochs 3?"),
    ("train --seed -1", "--seed -1: got -1; expected 0 or more", "did you mean --seed 1?"),
    ("train --validation 10", "--validation 10: got 10; expected less than 1", "did you mean --validation 0.1?"),
    ("train --threads zwei", "--threads zwei: got 'zwei'; expected an integer or 'auto'", "such as --threads auto"),
    ("train --save-every 0", "--save-every: got 0; expected 1 or more", "such as --save-every 100"),
    ("train --save-every=-3", "--save-every: got -3; expected 1 or more", "such as --save-every 100"),
    ("train --no-test=3", "--no-test: got the value '3'; expected --no-test alone", ""),
    # too little and too much
    (
        "evaluate",
        "chalknet evaluate: got no RUN; expected chalknet evaluate RUN... CSV",
        "such as chalknet evaluate runs/digits-1 data/test.csv.gz",
    ),
    ("evaluate r", "chalknet evaluate: got no CSV; expected chalknet evaluate RUN... ", "such as chalknet evaluate "),
    ("evaluate r --seed 3", "chalknet evaluate: got no CSV; expected", "such as chalknet evaluate "),
    ("evaluate --json r", "chalknet evaluate: got no CSV; expected", "such as chalknet evaluate "),
    ("evaluate x.csv", "chalknet evaluate: got no RUN; expected", "such as chalknet evaluate "),
    (
        "predict r --out s.csv",
        "chalknet predict: got no CSV; expected chalknet predict RUN... CSV --out CSV",
        "such as chalknet predict runs/kaggle-1 data/kaggle/test.csv --out submission.csv",
    ),
    ("predict x.csv.gz --out s.csv", "chalknet predict: got no RUN; expected", "such as chalknet predict "),
    ("resume", "chalknet resume: got no RUN; expected chalknet resume RUN", "such as chalknet resume runs/digits-1"),
    ("predict r x.csv", "chalknet predict: got no --out; expected chalknet predict RUN... CSV ", "such as chalknet "),
    ("evaluate r x.csv y.csv", "runs: got the table x.csv; expected folders of runs, and one table after them", ""),
    ("show a y", "chalknet show: got the extra 'y'; expected chalknet show RECIPE|SPEC|RUN", "see chalknet "),
    ("schema x", "chalknet schema: got the extra 'x'; expected chalknet schema", "see chalknet schema --help"),
    ("train a b", "chalknet train: got the extra 'b'; expected chalknet train [RECIPE]", "see chalknet train --help"),
    ("train plain-128 x.csv", "chalknet train: got the extra 'x.csv'", "did you mean --train x.csv?"),
    ("train plain-128 lr=3", "chalknet train: got the extra 'lr=3'", "did you mean --set lr=3?"),
    ("train plain-128 --set training.epochs 3", "chalknet train: got", "did you mean --set training.epochs=3?"),
    ("train plain-128 --set training.epochs = 3", "chalknet train: got", "did you mean --set training.epochs=3?"),
    ("train --set training.epochs = 3", "chalknet train: got the extra '3'", "did you mean --set training.epochs=3?"),
    ("train --set training.epochs 3", "recipe: got '3'; expected", "did you mean --set training.epochs=3?"),
    ("train --set training.epochs= 3", "recipe: got '3'; expected", "did you mean --set training.epochs=3?"),
    ("train --set seed=3 plain-128 x", "chalknet train: got the extra 'x'", "see chalknet train --help"),
]


@pytest.mark.parametrize(("typed", "said", "hint"), CASES, ids=[case[0] for case in CASES])
def test_a_command_line_that_is_none(typed: str, said: str, hint: str, chalknet: Chalknet) -> None:
    before = sorted(os.listdir())
    done = chalknet(*typed.split(" "))
    assert done.code == 2
    assert done.out == ""
    message, *rest = done.err[done.err.index("error: ") :].splitlines()  # after the traceback of --debug
    assert message.startswith(f"error: {said}")
    assert len(rest) == bool(hint)
    for line in rest:
        assert line == f"  hint: {hint}" or (hint.endswith(" ") and line.startswith(f"  hint: {hint}"))
    assert sorted(os.listdir()) == before


def test_every_case_is_another() -> None:
    assert len({case[0] for case in CASES}) == len(CASES) > 60


@pytest.mark.parametrize(
    "typed", ["train --lr 0.1", "train --hidden 20", "train --momentum 0.9", "train --optimizer sgd"]
)
def test_what_a_hint_says_can_be_typed(typed: str, chalknet: Chalknet, digits_csv: Path) -> None:
    words = typed.split(" ")
    words.insert(1, "plain-128")
    meant = chalknet(*words).err.partition("did you mean ")[2].rstrip("?\n").split(" ")
    done = chalknet("train", "plain-128", "--train", digits_csv, "--epochs", 1, "--quiet", *meant)
    assert done.code == 0, done.err


@pytest.mark.parametrize("command", sorted(RECIPES))
def test_a_recipe_is_no_command(command: str, chalknet: Chalknet) -> None:
    assert f"did you mean chalknet train {command}?" in chalknet(command).err


@pytest.mark.parametrize("words", [["-h"], ["--help"], ["train", "-h"], ["train", "--help"]])
def test_help_is_no_error(words: list[str], chalknet: Chalknet) -> None:
    done = chalknet(*words)
    assert done.code == 0
    assert "Usage: " in done.out
    assert done.err == ""


EVIL = "\x1b[31m[red]x[/red]\u202e\r\x07"


@pytest.mark.parametrize(
    "words",
    [
        [EVIL],
        ["train", EVIL],
        ["train", f"{EVIL}.json"],
        ["train", f"--{EVIL}", "3"],
        ["train", f"--{EVIL}=3"],
        ["train", "--epoch", EVIL],
        ["train", "--epochs", EVIL],
        ["train", "--threads", EVIL],
        ["train", f"--no-test={EVIL}"],
        ["train", "--set", EVIL],
        ["train", "--set", f"{EVIL}=3"],
        ["train", "--set", f"lr={EVIL}"],
        ["train", "--set", f"training.epochs={EVIL}"],
        ["train", "--set", "training.epochs", EVIL],
        ["train", "--set", f"optimizer.type={EVIL}"],
        ["train", "--train", EVIL],
        ["train", "plain-128", f"{EVIL}.csv"],
        ["show", "r", EVIL],
        ["evaluate", EVIL, "r", "x.csv"],
        ["evaluate", f"{EVIL}.csv", "r", "x.csv"],
        ["evaluate", "r", "x.csv", "--augment", EVIL],
        ["evaluate", EVIL, "x.csv"],
        [EVIL, "train", f"--{EVIL}"],
    ],
    ids=range(23),
)
def test_what_was_typed_reaches_the_terminal_harmlessly(words: list[str], chalknet: Chalknet) -> None:
    done = chalknet(*words)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("error: ")
    assert all(line.isprintable() for line in done.err.splitlines())
    assert "[red]" in done.err  # no markup has been made of it


def test_a_bug_s_message_is_harmless_too(chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(EVIL)

    monkeypatch.setattr("scripts.run_spec.recipe", broken)
    done = chalknet("train", "plain-128")
    assert done.code == 1
    assert done.err.startswith("internal error: RuntimeError: \\x1b[31m[red]x")
    assert all(line.isprintable() for line in done.err.splitlines())


def test_the_machine_s_message_is_harmless_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert say_why(OSError(28, "No space left", EVIL)) == 3
    assert capsys.readouterr().err == "error: \\x1b[31m[red]x[/red]\\u202e\\r\\x07: No space left\n"


def test_a_traceback_is_harmless_too(chalknet: Chalknet) -> None:
    done = chalknet("--debug", "train", "--set", "training.epochs", EVIL)
    assert done.code == 2
    assert done.err.startswith("Traceback ")
    assert "[red]" in done.err
    assert all(line.isprintable() for line in done.err.split("\n"))


@pytest.mark.parametrize("words", [["train", f"-{EVIL}"], ["train", "--lr", EVIL], ["train", "--lr", "--", EVIL]])
def test_what_is_not_repeated_is_harmless_too(words: list[str], chalknet: Chalknet) -> None:
    done = chalknet(*words)
    assert done.code == 2
    assert all(line.isprintable() for line in done.err.splitlines())


def test_every_option_with_a_value_has_an_example() -> None:
    for name in ("train", "resume", "evaluate", "predict"):
        line = CommandLine([name], app)
        for option, parameter in line.options.items():
            if not parameter.is_flag:
                assert EXAMPLES[option].startswith(f"{option} ")


def test_what_typer_says_in_other_words_is_passed_on() -> None:
    line = CommandLine(["train"], app)
    complaint = line.explained(typer.BadParameter("a thing nobody has heard of"))
    assert isinstance(complaint, InputError)
    assert "a thing nobody has heard of" in str(complaint)
    assert str(complaint).startswith("chalknet train: ")
    assert complaint.hint == "see chalknet train --help"


def test_the_command_line_knows_the_commands() -> None:
    assert CommandLine([], app).group.commands.keys() == getattr(get_command(app), "commands", {}).keys()


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        ("train mien.json", "mien.json: no such file", "did you mean mine.json?"),
        ("train digits.json", "digits.json: no such file", "did you mean digits?"),
        ("show nowhere/zzz.json", "nowhere/zzz.json: no such file", None),
        ("show runs/digits-2", "recipe: got 'runs/digits-2'; expected digits", "did you mean runs/digits-1?"),
        ("show digits-2", "recipe: got 'digits-2'; expected digits", "did you mean digits?"),
    ],
)
def test_the_spec_or_run_that_was_meant(words: str, said: str, hint: str | None, chalknet: Chalknet) -> None:
    Path("runs/digits-1").mkdir(parents=True)
    Path("mine.json").write_bytes(recipe_path("digits").read_bytes())
    done = chalknet(*words.split(" "))
    assert (done.code, done.out) == (2, "")
    message, *rest = done.err.splitlines()
    assert message.startswith(f"error: {said}")
    assert rest == ([f"  hint: {hint}"] if hint else [])
