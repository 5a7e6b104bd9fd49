"""Random tables, right in every cell, and the many ways to write the same one down."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from framework.data.table import TableFormat

LINE_ENDS = ("\n", "\r\n", "\r")


@dataclass(frozen=True)
class Drawn:
    """A table: its format, the names of its columns in some order, and a row of integers for each line."""

    format: TableFormat
    names: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]

    def lines(self) -> list[str]:
        return [",".join(map(str, row)) for row in (self.names, *self.rows)]

    def limits(self, column: int) -> tuple[int, int]:
        if self.names[column] == self.format.label_column:
            return 0, self.format.classes - 1
        return self.format.minimum, self.format.maximum


@st.composite
def tables(draw: st.DrawFn, most_rows: int = 40) -> Drawn:
    """One to seven feature columns and a label, in any order; ranges from one value to all of 32 bits."""
    names = tuple(f"x{number}" for number in range(draw(st.integers(1, 7))))
    ends = [draw(st.integers(-(2**31), 2**31 - 1) | st.sampled_from([0, 1, 9, 255, 256, -1])) for _ in range(2)]
    classes = draw(st.sampled_from([1, 2, 10, 300, 65_536]))
    format = TableFormat(names, label_column="y", minimum=min(ends), maximum=max(ends), classes=classes)
    order = tuple(draw(st.permutations(["y", *names])))
    table = Drawn(format, order, ())
    row = st.tuples(*(st.integers(*table.limits(column)) for column in range(len(order))))
    return Drawn(format, order, tuple(draw(st.lists(row, min_size=1, max_size=most_rows))))


def text_of(lines: list[str], end: str = "\n") -> bytes:
    return "".join(line + end for line in lines).encode()


def _in_two_parts(content: bytes) -> bytes:
    middle = len(content) // 2
    return gzip.compress(content[:middle]) + bytes(5) + gzip.compress(content[middle:])


def _alternating(lines: list[str]) -> bytes:
    return "".join(line + LINE_ENDS[number % 3] for number, line in enumerate(lines)).encode()


def _reversed(line: str) -> str:
    return ",".join(reversed(line.split(",")))


WAYS: dict[str, Callable[[list[str]], bytes]] = {
    "CRLF": lambda lines: text_of(lines, "\r\n"),
    "CR": lambda lines: text_of(lines, "\r"),
    "mixed line ends": _alternating,
    "byte order mark": lambda lines: text_of(lines).decode().encode("utf-8-sig"),
    "no line end at the end": lambda lines: text_of(lines)[:-1],
    "blank lines at the end": lambda lines: text_of(lines) + b"\n\r\n\n",
    "header in quotes": lambda lines: text_of(['"' + lines[0].replace(",", '","') + '"', *lines[1:]]),
    "all in quotes": lambda lines: text_of(['"' + line.replace(",", '","') + '"' for line in lines]),
    "gzip": lambda lines: gzip.compress(text_of(lines)),
    "gzip in two parts": lambda lines: _in_two_parts(text_of(lines)),
    "columns reversed": lambda lines: text_of([_reversed(line) for line in lines]),
    "columns rotated": lambda lines: text_of([",".join(line.split(",")[-1:] + line.split(",")[:-1]) for line in lines]),
}
"""What may be done to the lines of a table without a change to what it says."""
