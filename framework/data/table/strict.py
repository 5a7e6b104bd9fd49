"""The slow reader that knows why: it looks at every cell by itself and names the first one that is wrong.

A physical line is a row, always: a quoted cell may hold a comma but no line end, since no integer has one. So line
numbers cannot drift, and a block of whole lines can be read without the lines before it.
"""

import csv
import re
from collections.abc import Iterator
from typing import final

import numpy as np
from numpy.typing import NDArray

from framework.data.table.format import Layout, fault
from framework.errors import TableError, quoted

MAXIMUM_LINE = 1 << 20
"""Bytes in one line: room for 200,000 columns, and no way for a file without line ends to fill the memory."""

REMEMBERED = 4096
"""Spellings kept for each range. A table of bytes has 256; a table of 32-bit integers must not fill the memory."""

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
INTEGER = re.compile(r"0|-?[1-9][0-9]{0,9}")  # ten digits hold every 32-bit integer


def read_strictly(block: bytes, layout: Layout, place: str, first_line: int) -> NDArray[np.int64]:
    """The values of a block of whole lines, shape (lines, columns of the file).

    `place` names the file and `first_line` the block's first line, where the header is line 1. Raises TableError that
    names the first line and column to break the format.
    """
    unfinished = not block.endswith((b"\n", b"\r"))
    lines = block.splitlines()
    columns = _columns(layout)
    rows = []
    for number, line in enumerate(lines, first_line):
        hint = None
        if unfinished and number == first_line + len(lines) - 1:
            hint = "the file looks truncated: its last line has no line end; fetch it again"
        values = _values(line, layout, columns, f"{place}: line {number}", hint)
        rows.append(np.array(values, dtype=np.int64))
    return np.stack(rows)


def wrong_lines(block: bytes, layout: Layout, first_line: int) -> Iterator[int]:
    """The numbers of all lines of a block that `read_strictly` would refuse."""
    columns = _columns(layout)
    for number, line in enumerate(block.splitlines(), first_line):
        try:
            _values(line, layout, columns, "", None)
        except TableError:
            yield number


def cells_of(text: str, place: str) -> list[str]:
    """The cells of one line, out of their quotes. Raises TableError where the quotes do not pair."""
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error as error:
        if "end of data" in str(error):
            raise fault(place, got="an unclosed quote", expected="a closing quote on the same line") from None
        if "field larger than" in str(error):
            got = f"a cell of over {csv.field_size_limit()} characters"
            raise fault(place, got=got, expected="a name or an integer") from None
        raise fault(place, got="a misplaced quote", expected="quotes around whole cells only") from None


def separator_hint(text: str, fields: int) -> str | None:
    """What the cells of a line seem to be separated by, when it is not commas."""
    for sign, name in SEPARATORS.items():
        if fields > 1 and text.strip().count(sign) == fields - 1:
            return f"the cells look separated by {name}; save the file with commas"
    return None


class _WrongCell(Exception):
    """A cell that is no integer of its range."""


@final
class _Spellings(dict[str, int]):
    """From the text of a cell to its value. What was seen once is looked up: 25 ns a cell instead of 400."""

    def __init__(self, minimum: int, maximum: int) -> None:
        super().__init__()
        self.minimum = minimum
        self.maximum = maximum

    def __missing__(self, text: str) -> int:
        value = self.value(text)
        if value is None:
            raise _WrongCell
        if len(self) < REMEMBERED:
            self[text] = value
        return value

    def value(self, text: str) -> int | None:
        value = int(text) if INTEGER.fullmatch(text) else None
        return value if value is not None and self.minimum <= value <= self.maximum else None


def _columns(layout: Layout) -> list[_Spellings]:
    columns = [_Spellings(layout.format.minimum, layout.format.maximum)] * len(layout.names)
    if layout.label_position is not None:
        columns[layout.label_position] = _Spellings(0, layout.format.classes - 1)
    return columns


def _values(line: bytes, layout: Layout, columns: list[_Spellings], place: str, hint: str | None) -> list[int]:
    cells = _cells(line, layout, place, hint)
    try:
        return [column[cell] for column, cell in zip(columns, cells, strict=True)]
    except _WrongCell:
        name, cell, column = next(
            (name, cell, column)
            for name, cell, column in zip(layout.names, cells, columns, strict=True)
            if cell not in column and column.value(cell) is None
        )
        raise fault(
            f"{place}, column {quoted(name)}",
            got=quoted(cell),
            expected=f"an integer from {column.minimum} to {column.maximum}",
            hint=_cell_hint(cell) if cell else hint,
        ) from None


def _cell_hint(cell: str) -> str | None:
    """What a cell that is no integer most often is."""
    if re.fullmatch(r"-?[0-9]+\.0*", cell):
        return "write whole numbers without a point; in pandas: table.astype(int).to_csv(..., index=False)"
    if re.fullmatch(r"-?0[0-9]+", cell):
        return "write numbers without leading zeros"
    return None


def _cells(line: bytes, layout: Layout, place: str, hint: str | None) -> list[str]:
    expected = f"{len(layout.names)} fields"
    if len(line) > MAXIMUM_LINE:
        raise fault(place, got=f"a line of over {MAXIMUM_LINE} bytes", expected=expected)
    if not line:
        raise fault(place, got="an empty line", expected=expected)
    # No byte outside ASCII can be part of an integer, so what cannot be decoded need only be shown.
    text = line.decode("utf-8", errors="backslashreplace")
    cells = cells_of(text, place)
    if len(cells) != len(layout.names):
        if text.startswith("#"):
            raise fault(place, got="a comment line", expected=expected)
        got = f"{len(cells)} field" + "s" * (len(cells) != 1)
        hint = separator_hint(text, len(layout.names)) or (hint if len(cells) < len(layout.names) else None)
        if text.endswith(","):
            hint = hint or "the line ends with a comma"
        raise fault(place, got=got, expected=str(len(layout.names)), hint=hint)
    if tuple(cells) == layout.names:
        raise fault(place, got="a second header", expected="a row of values")
    return cells
