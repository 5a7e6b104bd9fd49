"""The command with a spec it should not trust: one line about it, nothing left behind, nothing done to the terminal."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.framework.specs.faulty import HOSTILE_NAMES, Tree, data, every_faulty_spec
from tests.scripts.conftest import Chalknet

FAULTY = dict(every_faulty_spec())
COMMANDS = ("show", "train")
MOMENT = 20
"""Seconds in which the command starts and is done with what is no file, on a busy computer; it would wait for ever."""


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_spec_is_refused_in_a_line_or_two(command: str, name: str, chalknet: Chalknet, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(FAULTY[name])
    before = _contents(tmp_path)
    done = chalknet(command, "bad.json")
    assert done.code == 2
    assert done.out == ""
    message, *hint = done.err.splitlines()
    assert message.startswith("error: bad.json: ")
    assert "expected " in message
    assert all(line.startswith("  hint: ") for line in hint)
    assert len(hint) <= 1
    assert all(line.isascii() and line.isprintable() for line in (message, *hint))
    assert _contents(tmp_path) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("made", "said"),
    [
        (os.mkfifo, "error: spec.json: got a pipe or device; expected a file"),
        (lambda path: os.symlink("/dev/zero", path), "error: spec.json: got a pipe or device; expected a file"),
        (lambda path: os.symlink(path, path), "error: "),
    ],
    ids=["pipe", "device", "link to itself"],
)
def test_what_is_no_file_keeps_nobody_waiting(
    command: str, made: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    made(tmp_path / "spec.json")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.cli", command, "spec.json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=MOMENT,
    )
    assert done.returncode in (2, 3)
    assert done.stdout == ""
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr
    assert os.listdir(tmp_path) == ["spec.json"]


COLUMNS = [name for name, _ in HOSTILE_NAMES.values() if len(name) <= 64 and not set(name) & set("\r\n\0")]
"""The names that a column may have: what other programs call their columns is up to them."""
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
"""What the console itself says to a terminal."""


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(
    "named",
    [
        lambda name: data(label_column=name),
        lambda name: data(feature_columns=[name, "b", "c", "d"]),
        lambda name: data(feature_columns={"prefix": name, "count": 4}),
    ],
    ids=["label", "feature", "prefix"],
)
@pytest.mark.parametrize("name", COLUMNS)
def test_a_name_does_nothing_to_a_terminal(
    name: str,
    named: Callable[[str], Tree],
    terminal: bool,
    chalknet: Chalknet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
    (tmp_path / "evil.json").write_text(json.dumps(named(name)))
    shown = chalknet("show", "evil.json")
    assert shown.code == 0
    assert ("\x1b" in shown.out) == terminal
    assert all(line.isprintable() for line in COLOURS.sub("", shown.out).splitlines())
    readable = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in name)
    assert readable in "".join(shown.out.split("\n"))


@pytest.mark.parametrize("name", COLUMNS)
def test_nor_does_it_where_a_table_is_another(name: str, chalknet: Chalknet, tmp_path: Path) -> None:
    (tmp_path / "evil.json").write_text(
        json.dumps(data(label_column=name, feature_columns=["a", "b", "c", f"{name}d"]))
    )
    (tmp_path / "other.csv").write_text("x,y\n1,2\n")
    refused = chalknet("train", "evil.json", "--train", "other.csv")
    assert refused.code == 2
    assert all(line.isprintable() for line in [*refused.out.split("\n"), *refused.err.split("\n")])


@pytest.mark.parametrize("name", COLUMNS)
def test_nor_does_the_name_of_the_file(name: str, chalknet: Chalknet, tmp_path: Path) -> None:
    name = name.replace("/", "-")
    for text, code in ((json.dumps(data()), 0), ("{", 2)):
        (tmp_path / f"{name}.json").write_text(text)
        done = chalknet("show", f"{name}.json")
        assert done.code == code
        assert all(line.isprintable() for line in [*done.out.split("\n"), *done.err.split("\n")])


@pytest.mark.parametrize(
    ("features", "classes", "said"),
    [
        (784, 3, "/layers/0: got outputs of shape [3]; expected [10], a score per class"),
        (4, 10, "/input_shape: got [4]; expected [784], a feature each"),
    ],
)
def test_a_model_alone_is_refused_at_its_place_in_the_file(
    features: int, classes: int, said: str, chalknet: Chalknet, tmp_path: Path
) -> None:
    layers = [{"type": "dense", "out_features": classes}]
    (tmp_path / "model.json").write_text(json.dumps({"format": 1, "input_shape": [features], "layers": layers}))
    done = chalknet("show", "model.json")
    assert done.err == f"error: model.json: {said}\n  hint: a model alone is trained on digits\n"
