"""The pieces: clocks, bars and curves to the sign, and that a name from anywhere is only a name."""

import io
import math
import sys

import pytest

from framework.console.text import (
    ACCENT,
    BLOCKS,
    QUIET,
    bar,
    clock,
    counted,
    default_console,
    meanwhile,
    percent,
    plain,
    say,
    shown_loss,
    sparkline,
    words,
)
from tests.framework.console.consoles import FOREIGN, HARMFUL, KINDS, LINES, TERMINALS, WIDTHS, Kind, Shown

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FOREIGN)
def test_a_name_is_said_as_it_is(name: str, kind: Kind) -> None:
    shown = Shown(kind)
    say(shown.console, name, words(name, "bold"))
    assert shown.lines == [name, name]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", HARMFUL)
def test_what_is_not_printable_is_escaped(name: str, kind: Kind) -> None:
    shown = Shown(kind)
    say(shown.console, name, words(name))
    escaped = name.encode("unicode_escape").decode()
    assert shown.raw == f"{escaped}\n{escaped}\n"
    assert escaped.isprintable()


def test_words_keep_their_line_ends_and_their_style() -> None:
    text = words("a\nb", "bold")
    assert (text.plain, str(text.style)) == ("a\nb", "bold")


@pytest.mark.parametrize("kind", KINDS)
def test_long_lines_are_not_folded(kind: Kind) -> None:
    shown = Shown(kind, width=40)
    say(shown.console, "x " * 100)
    assert shown.lines == [("x " * 100).rstrip()]


def test_numbers_and_names_have_no_colours_of_their_own() -> None:
    shown = Shown()
    say(shown.console, "12 'text' None http://x.org [1, 2]")
    assert shown.raw == "12 'text' None http://x.org [1, 2]\n"


@pytest.mark.parametrize("kind", KINDS)
def test_lines_are_for_where_nothing_can_be_redrawn(kind: Kind) -> None:
    assert plain(Shown(kind).console) == (kind in LINES)


def test_a_console_that_is_told_not_to_redraw_gets_lines() -> None:
    console = Shown().console
    console.is_interactive = False
    assert plain(console)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_a_sign_the_encoding_lacks_is_a_question_mark(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding=encoding, write_through=True))
    say(default_console(), "a ★ b ▁ c → d")
    assert out.getvalue() == b"a ? b ? c ? d\n"


def test_utf8_says_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="utf-8", write_through=True))
    say(default_console(), "a ★ b ▁ c → d")
    assert out.getvalue().decode() == "a ★ b ▁ c → d\n"


@pytest.mark.parametrize("stdout", [None, io.StringIO()])
def test_any_stdout_will_do(stdout: io.StringIO | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", stdout)
    say(default_console(), "★")
    assert stdout is None or stdout.getvalue() == "★\n"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", TERMINALS)
def test_what_is_said_meanwhile_is_gone_in_the_end(kind: Kind, width: int) -> None:
    shown = Shown(kind, width)
    line = f"reading {'x' * 200}[red]"
    with meanwhile(shown.console, line):
        assert shown.lines == [f"reading {'x' * (width - 9)}…"]
        assert not shown.screen.cursor_shown
    assert shown.lines == []
    assert shown.screen.cursor_shown


@pytest.mark.parametrize("kind", TERMINALS)
def test_what_is_said_meanwhile_is_gone_after_a_fault_too(kind: Kind) -> None:
    shown = Shown(kind)

    with pytest.raises(KeyboardInterrupt), meanwhile(shown.console, "reading"):
        raise KeyboardInterrupt
    assert shown.lines == []
    assert shown.screen.cursor_shown


@pytest.mark.parametrize("kind", LINES)
def test_without_a_terminal_it_is_a_line(kind: Kind) -> None:
    shown = Shown(kind, width=20)
    with meanwhile(shown.console, f"reading {'x' * 50}"):
        assert shown.raw == f"reading {'x' * 50}\n"
    assert shown.raw == f"reading {'x' * 50}\n"


@pytest.mark.parametrize("kind", KINDS)
def test_a_quiet_console_says_nothing(kind: Kind) -> None:
    shown = Shown(kind, quiet=True)
    say(shown.console, "x")
    with meanwhile(shown.console, "x"):
        pass
    assert shown.raw == ""


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 errors"), (1, "1 error"), (2, "2 errors"), (1_234_567, "1,234,567 errors")]
)
def test_counted(number: int, expected: str) -> None:
    assert counted(number, "error") == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0:00"),
        (0.4, "0:00"),
        (0.6, "0:01"),
        (7, "0:07"),
        (59.4, "0:59"),
        (59.6, "1:00"),
        (750, "12:30"),
        (3599.6, "1:00:00"),
        (3723, "1:02:03"),
        (360_000, "100:00:00"),
    ],
)
def test_clock(seconds: float, expected: str) -> None:
    assert clock(seconds) == expected


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (0.0, "0.0000"),
        (0.07234, "0.0723"),
        (0.001, "0.0010"),
        (0.000999, "9.99e-04"),
        (1e-9, "1.00e-09"),
        (9999.9999, "9999.9999"),
        (9999.99991, "1.00e+04"),
        (10_000.0, "1.00e+04"),
        (123_456.0, "1.23e+05"),
        (1e-300, "1.00e-300"),
        (-2.5, "-2.5000"),
        (NAN, "nan"),
        (INF, "inf"),
    ],
)
def test_a_loss_of_any_size_can_be_read(loss: float, expected: str) -> None:
    assert shown_loss(loss) == expected


def test_percent() -> None:
    assert [percent(part) for part in (0.0, 0.97654, 1.0, None)] == ["0.00%", "97.65%", "100.00%", "-"]


@pytest.mark.parametrize(
    ("part", "done", "left"),
    [
        (0.0, "", "━━━━"),
        (0.06, "", "━━━━"),
        (0.07, "╸", "━━━"),
        (0.125, "╸", "━━━"),
        (0.25, "━", "━━━"),
        (0.5, "━━", "━━"),
        (0.9, "━━━╸", ""),
        (1.0, "━━━━", ""),
        (-1.0, "", "━━━━"),
        (7.0, "━━━━", ""),
    ],
)
def test_a_bar_is_exact_to_half_a_cell(part: float, done: str, left: str) -> None:
    line = bar(part, 4)
    assert line.plain == done + left
    styles = {span.style: line.plain[span.start : span.end] for span in line.spans}
    assert (styles.get(ACCENT, ""), styles.get(QUIET, "")) == (done, left)


@pytest.mark.parametrize(
    ("values", "curve"),
    [
        ([], ""),
        ([3.0], "▁"),
        ([2.0, 2.0, 2.0], "▁▁▁"),
        ([0, 1, 2, 3, 4, 5, 6, 7], BLOCKS),
        ([7, 6, 5, 4, 3, 2, 1, 0], BLOCKS[::-1]),
        ([-1.0, 1.0], "▁█"),
        ([1e-9, 1.0], "▁█"),
        ([0.0, 0.49 / 7, 0.51 / 7, 1.0], "▁▁▂█"),
        ([0.0, NAN, 1.0], "▁ █"),
        ([INF, 0.0, 1.0, -INF], " ▁█ "),
        ([NAN, INF], ""),
    ],
)
def test_a_sparkline_goes_from_the_least_to_the_greatest(values: list[float], curve: str) -> None:
    assert sparkline(values, 8) == curve


def test_a_sparkline_of_many_values_shows_means() -> None:
    assert sparkline([0, 0, 1, 3, 4, 4], 3) == "▁▅█"  # 0, 2, 4
    assert sparkline([3, 3, 2, 2, 2], 2) == "█▁"  # two values, then three
    assert sparkline(range(1000), 8) == BLOCKS
    assert sparkline([0.0, NAN, 1.0, 1.0, 2.0, 2.0], 3) == " ▁█"


@pytest.mark.parametrize("count", [1, 2, 33, 34, 35, 67, 68, 1000])
def test_a_sparkline_is_never_wider_than_its_width(count: int) -> None:
    assert len(sparkline([math.sin(number) for number in range(count)], 34)) == min(count, 34)
