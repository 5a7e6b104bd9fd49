"""A good table is read to the same arrays however it is spelt, packed, ordered or cut into blocks."""

import gzip
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from framework.data.table import Table, TableFormat, read_table
from framework.data.table import bytes as table_bytes
from framework.data.table import lines as table_lines
from framework.data.table import reader as table_module
from framework.data.table.cache import FOLDER_VARIABLE
from framework.data.table.format import Layout
from framework.data.table.header import read_header
from framework.data.table.plain import read_plain
from framework.data.table.strict import read_strictly
from framework.errors import EnvironmentFault, InputError, TableError

FORMAT = TableFormat(("a", "b", "c"))
SIGNED = TableFormat(("x", "y"), label_column="class", minimum=-300, maximum=1000, classes=300)
FORMATS = [
    FORMAT,
    SIGNED,
    TableFormat(("p0", "p1", "p2", "p3"), label_column="digit", maximum=16),
    TableFormat(("only",), minimum=-(2**31), maximum=2**31 - 1, classes=65_536),
]
LAYOUT = read_header(b"label,a,b,c\n", FORMAT, labelled=True, place="table.csv")


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def read(content: bytes, folder: Path, format: TableFormat = FORMAT, *, labelled: bool = True) -> Table:
    path = folder / "table.csv"
    path.write_bytes(content)
    return read_table(path, format, labelled=labelled, cache=False)


def labels_of(table: Table) -> NDArray[np.integer]:
    assert table.labels is not None
    return table.labels


def test_a_labelled_table(tmp_path: Path) -> None:
    table = read(b"label,a,b,c\n9,0,1,255\n0,10,20,30\n", tmp_path)
    assert table.features.tolist() == [[0, 1, 255], [10, 20, 30]]
    assert labels_of(table).tolist() == [9, 0]
    assert table.features.dtype == labels_of(table).dtype == np.uint8
    assert table.features.flags.c_contiguous
    assert table.features.flags.writeable
    assert table.path == tmp_path / "table.csv"
    assert table.notice is None


def test_a_table_without_labels(tmp_path: Path) -> None:
    table = read(b"a,b,c\n0,1,255\n", tmp_path, labelled=False)
    assert table.features.tolist() == [[0, 1, 255]]
    assert table.labels is None


def test_columns_are_read_by_name(tmp_path: Path) -> None:
    table = read(b"c,a,label,b\n3,1,9,2\n33,11,8,22\n", tmp_path)
    assert table.features.tolist() == [[1, 2, 3], [11, 22, 33]]
    assert labels_of(table).tolist() == [9, 8]
    assert table.features.flags.c_contiguous
    assert table.notice == (
        f"{tmp_path / 'table.csv'}: the columns stand in another order than expected; they were read by name"
    )


@pytest.mark.parametrize("header", ["label,a,b,c", "a,b,c,label", "a,label,b,c"])
def test_the_label_may_stand_anywhere(header: str, tmp_path: Path) -> None:
    rows = [{"label": 7, "a": 10, "b": 20, "c": 30}, {"label": 8, "a": 11, "b": 21, "c": 31}]
    lines = [header, *(",".join(str(row[name]) for name in header.split(",")) for row in rows)]
    table = read("\n".join(lines).encode(), tmp_path)
    assert table.features.tolist() == [[10, 20, 30], [11, 21, 31]]
    assert labels_of(table).tolist() == [7, 8]
    assert table.notice is None


def test_one_class_alone_is_noticed_each_time(tmp_path: Path) -> None:
    content = b"label,a,b,c\n3,1,2,3\n3,4,5,6\n"
    assert read(content, tmp_path).notice == f"{tmp_path / 'table.csv'}: every row has the label 3"
    for _ in range(2):  # parsed, then from the cache
        notice = read_table(tmp_path / "table.csv", FORMAT).notice
        assert notice == f"{tmp_path / 'table.csv'}: every row has the label 3"
    both = read(content.replace(b"a,b", b"b,a"), tmp_path).notice or ""
    assert both.endswith("; they were read by name; every row has the label 3")
    assert read(content.replace(b"\n3,4", b"\n0,4"), tmp_path).notice is None


def test_the_smallest_types_are_taken(tmp_path: Path) -> None:
    dtypes = [f"{format.feature_dtype} {format.label_dtype}" for format in FORMATS]
    assert dtypes == ["uint8 uint8", "int16 uint16", "uint8 uint8", "int32 uint16"]
    assert TableFormat(("a",), maximum=256).feature_dtype == np.int16
    assert TableFormat(("a",), minimum=-1, maximum=0).feature_dtype == np.int16
    assert TableFormat(("a",), maximum=32_768).feature_dtype == np.int32
    assert TableFormat(("a",), classes=256).label_dtype == np.uint8
    table = read(b"class,x,y\n299,-300,1000\n", tmp_path, SIGNED)
    assert table.features.tolist() == [[-300, 1000]]
    assert labels_of(table).tolist() == [299]


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.label_column + str(format.maximum))
def test_every_limit_can_be_reached(format: TableFormat, tmp_path: Path) -> None:
    wide = len(format.feature_columns)
    header = ",".join((format.label_column, *format.feature_columns))
    rows = [[format.classes - 1, *[format.minimum] * wide], [0, *[format.maximum] * wide]]
    content = "\n".join([header, *(",".join(map(str, row)) for row in rows)])
    table = read(content.encode(), tmp_path, format)
    assert table.features.tolist() == [row[1:] for row in rows]
    assert labels_of(table).tolist() == [row[0] for row in rows]


def test_columns_may_be_named_by_numbers(tmp_path: Path) -> None:
    format = TableFormat(("0", "1", "2"), label_column="3")
    assert read(b"3,0,1,2\n9,8,7,6\n", tmp_path, format).features.tolist() == [[8, 7, 6]]


@pytest.mark.parametrize("packed", [False, True])
def test_the_hash_is_of_the_bytes_on_disk(packed: bool, tmp_path: Path) -> None:
    content = b"label,a,b,c\r\n1,2,3,4\r\n\r\n"
    content = gzip.compress(content) if packed else content
    assert read(content, tmp_path).sha256 == hashlib.sha256(content).hexdigest()
    for _ in range(2):
        assert read_table(tmp_path / "table.csv", FORMAT).sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("padding", [0, 1, 100_000])
def test_gzip_in_several_members(padding: int, tmp_path: Path) -> None:
    """The format allows zeros between them and at the end: tapes have blocks to fill."""
    zeros = bytes(padding)
    content = gzip.compress(b"label,a,b,c\n1,2,") + zeros + gzip.compress(b"3,4\n5,6,7,8\n") + zeros
    assert read(content, tmp_path).features.tolist() == [[2, 3, 4], [6, 7, 8]]


def test_gzip_is_unpacked_no_further_than_asked(tmp_path: Path) -> None:
    """A thousandth of the size is enough for a file of one letter: it must not be unpacked whole, unasked."""
    (tmp_path / "table.csv").write_bytes(gzip.compress(b"x" * 100_000))
    with table_bytes.TableBytes(tmp_path / "table.csv") as source:
        pieces = [source.read(30_000) for _ in range(5)]
    assert [len(piece) for piece in pieces] == [30_000, 30_000, 30_000, 10_000, 0]
    assert b"".join(pieces) == b"x" * 100_000


@st.composite
def spellings(draw: st.DrawFn) -> tuple[TableFormat, list[list[int]], bytes, bool]:
    """A format, rows of label and features, some text that spells them, and whether its columns are reordered."""
    format = draw(st.sampled_from(FORMATS))
    feature = st.integers(format.minimum, format.maximum)
    row = st.tuples(st.integers(0, format.classes - 1), *[feature] * len(format.feature_columns))
    rows = [list(values) for values in draw(st.lists(row, min_size=1, max_size=12))]
    order = draw(st.permutations(range(len(rows[0]))))
    ends = draw(st.sampled_from([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n"], ["\r\n", "\r"]]))
    plainly = draw(st.booleans())

    def spelt(cell: str | int) -> str:
        return f'"{cell}"' if not plainly and draw(st.integers(0, 3)) == 0 else str(cell)

    names = (format.label_column, *format.feature_columns)
    lines = [",".join(spelt(row[column]) for column in order) for row in (names, *rows)]
    text = "".join(line + draw(st.sampled_from(ends)) for line in lines)
    tail = draw(st.sampled_from(["", "cut", "\n", "\r\n\r\n", "\r\r\r"]))
    text = text.rstrip("\r\n") if tail == "cut" else text + tail
    content = text.encode("utf-8-sig" if draw(st.booleans()) else "utf-8")
    features = [column for column in order if column > 0]
    return format, rows, gzip.compress(content) if draw(st.booleans()) else content, features != sorted(features)


@given(spelling=spellings(), block=st.sampled_from([1, 5, 16, 64, 1 << 20]))
@settings(max_examples=500, deadline=None)
def test_every_spelling_gives_the_same_arrays(
    spelling: tuple[TableFormat, list[list[int]], bytes, bool], block: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    format, rows, content, reordered = spelling
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_lines, "BLOCK_BYTES", block)
        table = read(content, tmp_path_factory.getbasetemp(), format)
    expected = np.array(rows)
    assert np.array_equal(table.features, expected[:, 1:])
    assert np.array_equal(labels_of(table), expected[:, 0])
    assert (table.features.dtype, labels_of(table).dtype) == (format.feature_dtype, format.label_dtype)
    assert table.features.flags.c_contiguous
    assert ("another order" in (table.notice or "")) == reordered
    assert ("every row" in (table.notice or "")) == (len(set(expected[:, 0].tolist())) == 1)


def strictly(block: bytes, layout: Layout) -> NDArray[np.integer] | None:
    try:
        return read_strictly(block, layout, "table.csv", 2)
    except TableError:
        return None


near_rows = st.lists(
    st.text(alphabet="0123456789", min_size=1, max_size=3)
    | st.sampled_from(["", "007", "00", "0" * 12, "-0", "-1", '"1"', "x"]),
    min_size=3,
    max_size=5,
).map(",".join)
near_blocks = st.lists(near_rows, min_size=1, max_size=4).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\r", ",\n", "\n\n", "\r\r\n"]).map(
        lambda end: "".join(line + end for line in lines)
    )
)


@given(text=near_blocks | st.text(alphabet='0123456789,,,\n\n\r- x"', min_size=1))
@settings(max_examples=2000, deadline=None)
def test_the_fast_reader_never_differs_from_the_strict_one(text: str) -> None:
    fast = read_plain(text.encode(), LAYOUT)
    if fast is not None:
        strict = strictly(text.encode(), LAYOUT)
        assert strict is not None
        assert np.array_equal(fast, strict)


@given(
    rows=st.lists(st.tuples(st.integers(0, 9), *[st.integers(0, 255)] * 3), min_size=1, max_size=20),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
@settings(deadline=None)
def test_the_fast_reader_reads_plain_tables(rows: list[tuple[int, int, int, int]], end: str) -> None:
    block = "".join(",".join(map(str, row)) + end for row in rows).encode()
    fast = read_plain(block, LAYOUT)
    assert fast is not None
    assert fast.tolist() == [list(row) for row in rows]


def test_the_fast_reader_leaves_an_endless_line_to_the_strict_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("plain", "strict"):
        monkeypatch.setattr(f"framework.data.table.{module}.MAXIMUM_LINE", 9)
    for block in (b"1,22,33,44\n", b"1,2,3,4\r\n1,22,33,44\r\n"):
        assert read_plain(block, LAYOUT) is None
        assert strictly(block, LAYOUT) is None
    for block in (b"1,2,33,44\n", b"1,2,3,4\r\n1,2,33,44\r\n"):
        assert read_plain(block, LAYOUT) is not None
        assert strictly(block, LAYOUT) is not None


def test_a_line_end_torn_apart_is_left_to_the_strict_reader() -> None:
    assert read_plain(b"1,2,3,4\r5\n1,2,3,4\r\n", LAYOUT) is None


def test_a_range_above_zero_holds_for_features_only() -> None:
    format = TableFormat(("a",), minimum=5)
    layout = read_header(b"label,a\n", format, labelled=True, place="table.csv")
    assert read_plain(b"0,5\n", layout) is not None
    assert read_plain(b"0,4\n", layout) is None
    assert strictly(b"0,4\n", layout) is None


def test_a_plain_table_never_meets_the_strict_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def strict(*_: object) -> None:
        raise RuntimeError("the strict reader was asked")

    monkeypatch.setattr(table_module, "read_strictly", strict)
    monkeypatch.setattr(table_lines, "BLOCK_BYTES", 100)
    content = "label,a,b,c\r\n" + "".join(f"{row % 10},{row},0,{255 - row}\r\n" for row in range(256))
    table = read(content.encode(), tmp_path)
    assert table.features[:, 0].tolist() == list(range(256))
    with pytest.raises(RuntimeError):
        read(b'label,a,b,c\n1,2,3,"4"\n', tmp_path)


def test_a_failing_disk_is_no_fault_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"label,a,b,c\n1,2,3,4\n"
    real_open = open

    class Failing:
        def __init__(self, path: Path, mode: str) -> None:
            self.file = real_open(path, mode)
            self.reads = 0

        def read(self, size: int) -> bytes:
            self.reads += 1
            if self.reads > 1:
                raise OSError(5, "Input/output error")
            return bytes(self.file.read(size))

        def seek(self, position: int) -> int:
            return self.file.seek(position)

        def close(self) -> None:
            self.file.close()

    monkeypatch.setattr(table_bytes, "open", Failing, raising=False)
    with pytest.raises(EnvironmentFault, match="cannot be read: Input/output error"):
        read(content, tmp_path)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"feature_columns": ()}, "no feature columns"),
        ({"feature_columns": ("a", "")}, "the column ''"),
        ({"feature_columns": ("a\n",)}, "a name on one line"),
        ({"feature_columns": ("a", "a")}, "the column 'a' twice"),
        ({"feature_columns": ("a", "label")}, "the column 'label' twice"),
        ({"minimum": 1, "maximum": 0}, "the range 1 to 0"),
        ({"maximum": 2**31}, "the range 0 to 2147483648"),
        ({"minimum": -(2**31) - 1}, "the range -2147483649"),
        ({"classes": 0}, "0 classes"),
        ({"classes": 65_537}, "65537 classes"),
    ],
)
def test_a_format_must_make_sense(wrong: dict[str, tuple[str, ...] | int], message: str) -> None:
    arguments: dict[str, tuple[str, ...] | int] = {"feature_columns": ("a",), **wrong}
    with pytest.raises(InputError, match=message):
        TableFormat(**arguments)  # type: ignore[arg-type]


def test_the_import_is_light() -> None:
    heavy = "{'pandas', 'safetensors', 'platformdirs', 'gzip_ng'}"
    code = f"import sys, framework.data.table; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
