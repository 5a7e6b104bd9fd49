"""What a run ends with: commands that do what they say when they are pasted."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from framework import RunSpec, read_spec
from models.recipes import recipe
from scripts.next_steps import print_next_steps
from scripts.options import Options
from tests.scripts.conftest import Outcome

Chalknet = Callable[..., Outcome]

ODD = ["r", "a b", "it's", "-x", "--run", "$HOME", "a;b", "`id`", "数字", 'a"b', "[red]", "a\\b", "~", "*", "a/b c/-d"]
MEANT = {"show", "evaluate", "predict", "train"}


def _steps(out: str) -> list[list[str]]:
    """The words of each command below `next`; its reason is a comment."""
    lines = out[out.index("\nnext  ") + 1 :].splitlines()
    return [shlex.split(line[6:], comments=True) for line in lines]


@pytest.mark.parametrize("name", ODD)
def test_every_command_can_be_pasted(
    name: str, chalknet: Chalknet, digits_csv: Path, labelled_csv: Path, unlabelled_csv: Path
) -> None:
    table = Path("my rows.csv")
    table.write_bytes(digits_csv.read_bytes())
    done = chalknet("train", "six-steps", "--train", table, "--epochs", 2, f"--run={name}")
    assert done.code == 0, done.err
    tables = {"LABELLED.csv": str(labelled_csv), "TEST.csv": str(unlabelled_csv)}
    steps = _steps(done.out)
    assert {words[1] for words in steps} == MEANT
    for program, *words in steps:
        assert program == "chalknet"
        again = chalknet(*(tables.get(word, word) for word in words))
        assert again.code == 0, again.err
    assert Path("predicted.csv").exists()
    (twin,) = Path("runs").iterdir()
    spec, other = read_spec(Path(name) / "spec.json"), read_spec(twin / "spec.json")
    assert isinstance(spec, RunSpec)
    assert isinstance(other, RunSpec)
    assert other.training.model_dump() == {**spec.training.model_dump(), "seed": spec.training.seed + 1}
    assert (other.model, other.data, other.optimizer) == (spec.model, spec.data, spec.optimizer)


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
@pytest.mark.parametrize("name", ODD)
def test_a_shell_reads_the_words_that_were_meant(name: str) -> None:
    for line in _printed(run=Path(name), options=Options(train=Path(name)), width=1000):
        read = subprocess.run(["sh", "-c", f"printf '%s\\n' {line[6:]}"], capture_output=True, text=True, check=True)
        meant = f"./{Path(name)}" if name.startswith("-") else str(Path(name))
        words = read.stdout.splitlines()
        assert words == shlex.split(line[6:], comments=True)
        assert meant in words or f"{meant}/spec.json" in words


PLAIN = Options()


def _printed(
    recipe_name: str = "six-steps",
    spec: RunSpec | None = None,
    *,
    run: Path = Path("runs/x-1"),
    options: Options = PLAIN,
    width: int = 80,
) -> list[str]:
    file = StringIO()
    console = Console(file=file, width=width, _environ={})
    print_next_steps(console, recipe_name, run, spec or recipe("six-steps"), options)
    return file.getvalue().splitlines()


def test_the_commands_of_a_recipe_as_it_is() -> None:
    assert _printed() == [
        "next  chalknet show runs/x-1  # its layers and result",
        "      chalknet predict runs/x-1 TEST.csv --out predicted.csv  # its labels",
        "      chalknet train six-steps --seed 1  # from other weights",
    ]


def test_a_run_that_was_not_measured_on_a_table_can_be() -> None:
    assert "      chalknet evaluate runs/x-1 LABELLED.csv  # on other rows" in _printed(options=Options(no_test=True))


def test_the_tables_of_the_run_are_those_of_the_next() -> None:
    lines = _printed(options=Options(train=Path("a.csv"), test=Path("b.csv")), width=200)
    assert "chalknet train six-steps --train a.csv --test b.csv --seed 1 " in lines[-1]


def test_what_was_changed_stays_changed() -> None:
    spec = recipe("six-steps")
    other_seed = spec.model_copy(update={"training": spec.training.model_copy(update={"seed": 41})})
    assert "chalknet train six-steps --seed 42 " in _printed(spec=other_seed)[-1]
    changed = spec.model_copy(update={"training": spec.training.model_copy(update={"epochs": 3})})
    assert "chalknet train runs/x-1/spec.json --seed 1 " in _printed(spec=changed)[-1]


def test_a_spec_file_that_is_gone_is_in_the_run() -> None:
    assert "chalknet train runs/x-1/spec.json --seed 1 " in _printed("gone.json")[-1]


@pytest.mark.parametrize("width", range(40, 110))
def test_reasons_stand_where_there_is_room_and_commands_are_never_cut(width: int) -> None:
    wide = _printed(run=Path("runs/a-rather-long-name-1"), width=500)
    lines = _printed(run=Path("runs/a-rather-long-name-1"), width=width)
    for line, whole in zip(lines, wide, strict=True):
        assert line == (whole if len(whole) <= width else whole.partition("  # ")[0])


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in "".join(_printed(run=Path("a\x1b[31m"), options=Options(train=Path("b\x1b[2J"))))
