"""One fault at a random place of a random table is found there; a table written down in another way stays the same."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from framework.data.table import Table, TableFormat, read_table
from framework.data.table import lines as table_lines
from framework.data.table import reader as table_reader
from framework.errors import TableError, quoted
from tests.framework.data.drawn_tables import LINE_ENDS, WAYS, Drawn, tables, text_of
from tests.framework.data.test_table_faults import SHAPE

USUAL = 300
MANY = 10_000


@dataclass(frozen=True)
class Planted:
    """The content of a file and what is wrong with it."""

    content: bytes
    format: TableFormat
    line: int
    column: str | None
    got: str


@pytest.fixture(autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("planted")
        patch.chdir(folder)
        yield folder


def read(content: bytes, format: TableFormat, block: int) -> Table:
    Path("table.csv").write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_lines, "BLOCK_BYTES", block)
        return read_table("table.csv", format, cache=False)


def is_integer(text: str, least: int, most: int) -> bool:
    """Whether a computer writes the integer so, and it is in the range."""
    try:
        return text == str(int(text)) and least <= int(text) <= most
    except ValueError:
        return False


def wrong_cells(least: int, most: int) -> st.SearchStrategy[str]:
    """Anything but an integer from `least` to `most`, and nothing that would be another row, cell or quote."""
    near = st.integers(least - 3, most + 3) | st.integers(-(10**25), 10**25)
    texts = st.one_of(
        near.map(str),
        near.map("{:.1f}".format),
        st.integers(0, 300).map("0{}".format),
        st.text(st.characters(exclude_characters=',"\r\n', exclude_categories=["Cs"]), max_size=60),
        st.text(alphabet="0123456789+-_.e ", max_size=5),
    )
    return texts.filter(lambda text: not is_integer(text, least, most))


@st.composite
def planted(draw: st.DrawFn) -> Planted:
    table = draw(tables())
    lines = table.lines()
    row = draw(st.integers(1, len(lines) - 1))
    cells = lines[row].split(",")
    wide = len(cells)
    column = None
    kind = draw(
        st.sampled_from(["cell", "cell", "cell", "quoted", "short", "long", "comma", "empty", "header", "quote"])
    )
    if kind in ("cell", "quoted"):
        place = draw(st.integers(0, wide - 1))
        column, cells[place] = table.names[place], draw(wrong_cells(*table.limits(place)))
        got = quoted(cells[place])
        cells[place] = f'"{cells[place]}"' if kind == "quoted" else cells[place]
        lines[row] = ",".join(cells)
    elif kind == "short":
        del cells[draw(st.integers(0, wide - 1))]
        got = f"{wide - 1} field" + "s" * (wide > 2)
        lines[row] = ",".join(cells)
    elif kind == "long":
        cells.insert(draw(st.integers(0, wide)), draw(st.sampled_from(["0", "7", "", "x"])))
        got = f"{wide + 1} fields"
        lines[row] = ",".join(cells)
    elif kind == "comma":
        got = f"{wide + 1} fields"
        lines[row] += ","
    elif kind == "empty":
        got = "an empty line"
        lines.insert(row, "")
    elif kind == "header":
        got = "a second header"
        lines.insert(row, lines[0])
    else:
        place = draw(st.integers(0, wide - 1))
        cells[place] = '"' + cells[place]
        got = "an unclosed quote" if '"' not in ",".join(cells[place + 1 :]) else "a misplaced quote"
        lines[row] = ",".join(cells)
    content = text_of(lines, draw(st.sampled_from(LINE_ENDS)))
    content = b"\xef\xbb\xbf" + content if draw(st.booleans()) else content
    content = gzip.compress(content, 1) if draw(st.booleans()) else content
    return Planted(content, table.format, row + 1, column, got)


def is_found(fault: Planted, block: int) -> None:
    with pytest.raises(TableError) as caught:
        read(fault.content, fault.format, block)
    match = SHAPE.fullmatch(str(caught.value))
    assert match
    assert (match["file"], match["line"], match["column"]) == ("table.csv", str(fault.line), fault.column)
    assert match["got"] == fault.got
    assert str(caught.value).isascii()
    assert str(caught.value).isprintable()
    assert "more" not in (caught.value.hint or ""), "there is one fault only"


@given(fault=planted(), block=st.sampled_from([1, 7, 64, 200, 1 << 19]))
@settings(max_examples=USUAL, deadline=None)
def test_a_planted_fault_is_found(fault: Planted, block: int) -> None:
    is_found(fault, block)


@pytest.mark.long
@given(fault=planted(), block=st.sampled_from([1, 7, 64, 200, 1 << 19]))
@settings(max_examples=MANY, deadline=None)
def test_many_planted_faults_are_found(fault: Planted, block: int) -> None:
    is_found(fault, block)


def same(one: Table, other: Table) -> bool:
    assert one.labels is not None
    assert other.labels is not None
    return all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in ((one.features, other.features), (one.labels, other.labels))
    )


DIGITS = TableFormat(tuple(f"pixel{number}" for number in range(784)))
DRAWN_DIGITS = Drawn(
    DIGITS,
    ("label", *DIGITS.feature_columns),
    tuple((row % 10, *map(int, np.random.default_rng(row).integers(0, 256, 784))) for row in range(50)),
)


@pytest.mark.parametrize("way", WAYS)
@given(table=tables(), block=st.sampled_from([1, 7, 64, 1 << 19]))
@example(table=DRAWN_DIGITS, block=1 << 19)
@settings(max_examples=30, deadline=None)
def test_another_way_to_write_a_table_gives_the_same_arrays(way: str, table: Drawn, block: int) -> None:
    plain = read(text_of(table.lines()), table.format, 1 << 19)
    assert same(read(WAYS[way](table.lines()), table.format, block), plain)


@given(table=tables(), data=st.data())
@settings(max_examples=100, deadline=None)
def test_rows_in_another_order_are_the_same_rows(table: Drawn, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(table.rows))))
    header, *rows = table.lines()
    plain = read(text_of([header, *rows]), table.format, 1 << 19)
    other = read(text_of([header, *(rows[row] for row in order)]), table.format, 64)
    assert plain.labels is not None
    assert same(other, Table(other.path, other.sha256, plain.features[order], plain.labels[order]))


@given(table=tables())
@settings(max_examples=100, deadline=None)
def test_the_arrays_are_what_was_written(table: Drawn) -> None:
    read_back = read(text_of(table.lines()), table.format, 1 << 19)
    values = np.array(table.rows, dtype=np.int64)
    places = [table.names.index(name) for name in table.format.feature_columns]
    assert read_back.labels is not None
    assert np.array_equal(read_back.features, values[:, places])
    assert np.array_equal(read_back.labels, values[:, table.names.index("y")])


SMALL = TableFormat(("a", "b", "c"))
SMALL_LINES = ["label,a,b,c", "1,0,255,7", "0,10,20,30", "9,1,2,3"]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A small table, written in some way, with a few of its bytes replaced by others."""
    content = WAYS[draw(st.sampled_from(sorted(WAYS)))](SMALL_LINES)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(start + 4, len(content))))
        piece = draw(st.binary(max_size=4) | st.text(alphabet='0123456789,"-\r\n', max_size=6).map(str.encode))
        content = content[:start] + piece + content[end:]
    return content


def outcome(content: bytes) -> str:
    """What reading says: arrays or a message. Anything but a refusal is an error of the reader."""
    try:
        table = read(content, SMALL, 1 << 19)
    except TableError as error:
        return f"{error} ({error.hint})"
    assert table.labels is not None
    assert len(table.labels) == len(table.features) > 0
    return f"{table.features.tolist()} {table.labels.tolist()} {table.notice}"


@given(content=damaged() | st.binary(max_size=300))
@settings(max_examples=USUAL, deadline=None)
def test_whatever_the_bytes_both_readers_say_the_same(content: bytes) -> None:
    together = outcome(content)
    assert together.isascii()
    assert together.isprintable()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_reader, "read_plain", lambda block, layout: None)
        assert outcome(content) == together
