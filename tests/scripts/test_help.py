"""--help: what takes no value shows none, and text is as wide as the screen."""

import re
from itertools import pairwise

import pytest

from scripts.cli import app
from scripts.help import in_paragraphs
from scripts.usage import CommandLine
from tests.scripts.conftest import Chalknet

COMMANDS = ["train", "resume", "show", "recipes", "evaluate", "predict", "gradcheck", "schema"]


def test_every_command_is_looked_at() -> None:
    assert list(CommandLine([], app).group.commands) == COMMANDS


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=str)
def test_flags_stand_alone(command: list[str], width: int, chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = chalknet(*command, "--help").out
    assert "bool" not in text
    assert re.search(r"--help +-h +Show this message", text)
    assert max(map(len, text.splitlines())) <= width


def test_values_keep_their_names(chalknet: Chalknet) -> None:
    text = chalknet("train", "--help").out
    assert re.search(r"--epochs +N ", text)
    assert re.search(r"--quiet +Show ", text)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("command", COMMANDS)
def test_text_is_as_wide_as_the_screen(
    command: str, width: int, chalknet: Chalknet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line ends where the next word has no room, or where its paragraph ends."""
    monkeypatch.setenv("COLUMNS", str(width))
    about = chalknet(command, "--help").out.partition("Usage: ")[2].partition("╭")[0].partition("\n")[2]
    lines = [line.strip() for line in about.splitlines()]
    for line, following in pairwise(lines):
        if line and following:
            assert len(line) + 1 + len(following.split()[0]) > width - 2  # a blank on either side


def test_a_paragraph_is_a_line() -> None:
    assert in_paragraphs("One\n    two.\n\n    Three\n    four.\n    ") == "One two.\n\nThree four."
    assert in_paragraphs(None) == ""
