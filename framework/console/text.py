"""Small pieces of text that the views are made of."""

import io
import itertools
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

BLOCKS = "▁▂▃▄▅▆▇█"
SMALLEST_PLAIN, LARGEST_PLAIN = 0.001, 9_999.9999
"""Losses outside are written with an exponent: four decimals would say nothing, or take more than nine signs."""

NOTEBOOK_WIDTH = 88
"""Columns that fit a cell's output."""

ACCENT = "cyan"
GOOD = "green"
BAD = "red"
QUIET = "dim"
TITLE = "bold"


def default_console() -> Console:
    """A console on stdout. A sign its encoding does not have comes out as a question mark and ends nothing."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.encoding.lower().startswith("utf"):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    return Console(highlight=False, width=NOTEBOOK_WIDTH) if console.is_jupyter else console


def words(text: str, style: str = "") -> Text:
    """`text` for the console, wherever it is from: no markup in it, and what is not printable escaped."""
    shown = (c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
    return Text("".join(shown), style)


def say(console: Console, *lines: str | Text) -> None:
    """Lines as they are: no markup, no colours by guess, no folding at the console's width."""
    text = Text("\n").join(line if isinstance(line, Text) else words(line) for line in lines)
    console.print(text, highlight=False, soft_wrap=True)


def plain(console: Console) -> bool:
    """Whether the output is neither a terminal that can move its cursor nor a notebook: lines, then, and no frames."""
    return not console.is_jupyter and not console.is_interactive


@contextmanager
def meanwhile(console: Console, line: str) -> Iterator[None]:
    """Say `line` while something takes its time; on a terminal it is gone in the end."""
    if not console.is_interactive:
        say(console, line)
        yield
        return
    text = words(line)
    text.no_wrap, text.overflow = True, "ellipsis"
    with Live(text, console=console, auto_refresh=False, transient=True):
        yield


def counted(number: int, noun: str) -> str:
    """`3 errors`, `1 error`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def shown_loss(loss: float) -> str:
    """Four decimals, or an exponent where they would not do: `0.0723`, `1.00e-09`."""
    return f"{loss:.4f}" if loss == 0 or SMALLEST_PLAIN <= abs(loss) <= LARGEST_PLAIN else f"{loss:.2e}"


def percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{fraction:.2%}"


def clock(seconds: float) -> str:
    """`0:07`, `12:30`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def bar(part: float, width: int, style: str = ACCENT) -> Text:
    """A line of `width` cells, the given part of it in colour, to half a cell."""
    halves = round(2 * width * min(max(part, 0.0), 1.0))
    full, half = divmod(halves, 2)
    done = "━" * full + "╸" * half
    return Text.assemble((done, style), ("━" * (width - len(done)), QUIET))


def sparkline(values: Sequence[float], width: int) -> str:
    """A block of one to eight eighths for each value, from the least to the greatest; the mean of several where
    there are more values than cells.
    """
    if len(values) > width:
        edges = [len(values) * cell // width for cell in range(width + 1)]
        values = [sum(values[a:b]) / (b - a) for a, b in itertools.pairwise(edges)]
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return ""
    least, span = min(finite), (max(finite) - min(finite)) or 1.0
    return "".join(
        BLOCKS[int((value - least) / span * (len(BLOCKS) - 1) + 0.5)] if math.isfinite(value) else " "
        for value in values
    )
