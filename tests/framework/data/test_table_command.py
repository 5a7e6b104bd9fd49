"""The same faulty tables through the command: exit code 2, one line that says where and what, nothing left behind."""

import gzip
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from framework.data.table import TableFormat
from scripts import cli
from tests.framework.data.test_table_faults import DIGIT, FAULTS, FORMAT, HEADER, PIXEL, cell, table

RECIPE = {
    "format": 1,
    "model": {"input_shape": [3], "layers": [{"type": "dense", "out_features": 10}]},
    "data": {"feature_columns": list(FORMAT.feature_columns)},
    "training": {"epochs": 1, "batch_size": 64},
}
ROWS = [f"{row % 10},{row},0,{255 - row}" for row in range(30)]
GOOD = table(*ROWS)
PATIENCE = 20  # seconds; a refusal takes some milliseconds


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str


class Folder:
    """An empty working folder with a recipe for tables of the columns label, a, b, c."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        Path("recipe.json").write_text(json.dumps(RECIPE))
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def train(self, *arguments: str) -> Outcome:
        words = ["train", "recipe.json", "--train", "train.csv", "--run", "run", "--no-test", *arguments]
        self._monkeypatch.setattr(sys, "argv", ["chalknet", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = self._capsys.readouterr()
        return Outcome(int(stop.value.code or 0), captured.out, captured.err)

    def refuses(self, code: int = 2) -> list[str]:
        """The lines on stderr of a training that is refused."""
        before = self.content()
        outcome = self.train("--validation", "0")
        assert outcome.code == code
        assert self.content() == before
        lines = outcome.err.splitlines()
        assert len(lines) <= 2, "a message and perhaps a hint"
        for line in lines:
            assert line.isprintable(), "nothing may reach the terminal but signs to look at"
        return lines

    def content(self) -> dict[str, bytes]:
        files = (Path(folder, name) for folder, _, names in os.walk(".") for name in names)
        return {str(path): path.read_bytes() for path in files if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Folder:
    monkeypatch.chdir(tmp_path)
    return Folder(monkeypatch, capsys)


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str, folder: Folder) -> None:
    content, message = FAULTS[name]
    Path("train.csv").write_bytes(content)
    assert folder.refuses()[0] == f"error: train.csv{message}"


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (table(*ROWS, "1,2,300,4"), [f"error: train.csv: line 32, column 'b': got '300'; expected {PIXEL}"]),
        (
            table(*ROWS, "11,2,3,4"),
            [
                f"error: train.csv: line 32, column 'label': got '11'; expected {DIGIT}",
                "  hint: labels are numbers that count from 0, with 10 classes up to 9",
            ],
        ),
        (
            table(*ROWS, "1,[bold]\x1b[2J\u202e,3,4"),
            [rf"error: train.csv: line 32, column 'a': got '[bold]\x1b[2J\u202e'; expected {PIXEL}"],
        ),
    ],
)
def test_the_message_is_byte_for_byte(content: bytes, lines: list[str], folder: Folder) -> None:
    Path("train.csv").write_bytes(content)
    assert folder.refuses() == lines


def test_several_faults_are_counted(folder: Folder) -> None:
    Path("train.csv").write_bytes(table("1,2,x,4", *ROWS, "1,2,3", "1,2,y,4"))
    assert folder.refuses() == [
        f"error: train.csv: line 2, column 'b': got 'x'; expected {PIXEL}",
        "  hint: 2 more lines are wrong: 33, 34",
    ]


def test_a_table_that_is_not_there(folder: Folder) -> None:
    assert folder.refuses()[0] == "error: train.csv: no such file"


def test_a_link_to_nowhere(folder: Folder) -> None:
    Path("train.csv").symlink_to("nowhere.csv")
    assert folder.refuses()[0] == "error: train.csv: no such file"


def test_a_folder_as_a_table(folder: Folder) -> None:
    Path("train.csv").mkdir()
    assert folder.refuses()[0] == "error: train.csv: got a folder; expected a table"


@pytest.fixture
def patience() -> Iterator[None]:
    """Whoever waits for longer than this waits for ever."""

    def enough(*_: object) -> None:
        raise TimeoutError("still waiting")

    before = signal.signal(signal.SIGALRM, enough)
    signal.alarm(PATIENCE)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
@pytest.mark.usefixtures("patience")
def test_a_pipe_as_a_table(folder: Folder) -> None:
    """Nobody writes into it: opening it would wait for ever."""
    os.mkfifo("train.csv")
    assert folder.refuses()[0] == "error: train.csv: got a pipe or device; expected an existing CSV file"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices in the file system")
def test_a_device_as_a_table(folder: Folder) -> None:
    Path("train.csv").symlink_to("/dev/zero")  # endless
    assert folder.refuses()[0] == "error: train.csv: got a pipe or device; expected an existing CSV file"


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no sockets in the file system")
def test_a_socket_as_a_table(folder: Folder) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("train.csv")
        assert folder.refuses()[0] == "error: train.csv: got a pipe or device; expected an existing CSV file"


def test_no_permission(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("train.csv").write_bytes(GOOD)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("framework.data.table.bytes.open", refuse, raising=False)
    assert folder.refuses(code=3) == ["error: train.csv: cannot be read: Permission denied"]


def test_labels_in_the_table_to_predict(folder: Folder) -> None:
    Path("train.csv").write_bytes(GOOD)
    for name, content, message in (
        ("labelled.csv", GOOD, "line 1, column 'label': got a label column; expected feature columns only"),
        ("no rows.csv", b"a,b,c\n", "got nothing; expected at least one row of values below the header"),
        ("wrong.csv", b"a,b,c\n1,2,x\n", f"line 2, column 'c': got 'x'; expected {PIXEL}"),
    ):
        Path(name).write_bytes(content)
        outcome = folder.train("--validation", "0", "--predict", name, "--out", "submission.csv")
        assert outcome.code == 2
        assert outcome.err.splitlines()[0] == f"error: {name}: {message}"
        assert not Path("submission.csv").exists()
        assert not Path("run").exists()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (3, "validation_split: 0.1 of 3 rows is 0; expected at least one on each side"),
        (1, "validation_split: 0.1 of 1 rows is 0; expected at least one on each side"),
    ],
)
def test_fewer_rows_than_the_validation_needs(rows: int, message: str, folder: Folder) -> None:
    Path("train.csv").write_bytes(table(*ROWS[:rows]))
    outcome = folder.train("--validation", "0.1")
    assert outcome.code == 2
    assert outcome.err.splitlines()[0] == f"error: {message}"
    assert not Path("run").exists()


def test_fewer_rows_than_a_batch_are_enough(folder: Folder) -> None:
    Path("train.csv").write_bytes(table(*ROWS[:5]))
    assert folder.train("--validation", "0").code == 0


def test_one_class_alone_is_worth_a_line(folder: Folder) -> None:
    Path("train.csv").write_bytes(table(*("3" + row[1:] for row in ROWS)))
    outcome = folder.train("--validation", "0")
    assert outcome.code == 0
    assert "train.csv: every row has the label 3" in outcome.out.splitlines()


def test_reordered_columns_are_worth_a_line_and_train_the_same(folder: Folder) -> None:
    weights = []
    for order in ("label,a,b,c", "c,label,b,a"):
        places = [HEADER.split(",").index(name) for name in order.split(",")]
        rows = [",".join(row.split(",")[place] for place in places) for row in ROWS]
        Path("train.csv").write_bytes(table(*rows, header=order))
        outcome = folder.train("--validation", "0", "--seed", "1", "--threads", "1", "--run", f"run {order}")
        assert outcome.code == 0
        said = re.sub(r"\s+", " ", outcome.out)
        assert ("stand in another order than expected; they were read by name" in said) == (order[0] == "c")
        weights.append(Path(f"run {order}", "model.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_a_packed_table_trains(folder: Folder) -> None:
    Path("train.csv").write_bytes(gzip.compress(GOOD))
    assert folder.train("--validation", "0.1").code == 0


def test_the_recipe_says_what_this_file_takes_for_granted() -> None:
    assert TableFormat(("a", "b", "c")) == FORMAT
    assert cell("7").startswith(HEADER.encode())
