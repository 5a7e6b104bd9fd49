"""One planted fault a file: each is refused, in the words a person needs, and leaves nothing in the cache."""

import gzip
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.data.table import TableFormat, read_table
from framework.data.table import bytes as table_bytes
from framework.data.table import lines as table_lines
from framework.data.table import more as table_more
from framework.data.table import strict as table_strict
from framework.data.table import unpack as table_unpack
from framework.data.table.cache import FOLDER_VARIABLE
from framework.errors import EnvironmentFault, TableError

FORMAT = TableFormat(("a", "b", "c"))
HEADER = "label,a,b,c"
COLUMNS = "the 4 columns 'label,a,b,...'"
PIXEL = "an integer from 0 to 255"
DIGIT = "an integer from 0 to 9"
FIELDS = "4 fields"
KIND = "a CSV table in UTF-8, plain or gzip"

# Where, what came, what was expected: what a program that reads these messages may count on.
SHAPE = re.compile(
    r"(?P<file>[^:]+)(: line (?P<line>\d+)(, column '(?P<column>[^']+)')?)?"
    r": got (?P<got>'.{0,43}'|nothing|\d+ \w+|an? [\w .-]{1,40}); expected .{1,120}"
)


def table(*rows: str, header: str = HEADER, end: str = "\n") -> bytes:
    return "".join(line + end for line in (header, *rows)).encode()


def cell(text: str) -> bytes:
    return table("1,2,3,4", f"5,6,{text},8", "9,0,1,2")


def label(text: str) -> bytes:
    return table("1,2,3,4", f"{text},6,7,8", "9,0,1,2")


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, cell("7"))
    return file.getvalue()


GOOD = cell("7")
PACKED = gzip.compress(GOOD, mtime=0)
LONG = table_strict.MAXIMUM_LINE + 1

WRONG_CELLS = {
    "empty": "",
    "NaN": "NaN",
    "nan": "nan",
    "NA": "NA",
    "null": "null",
    "word": "abc",
    "point": "12.0",
    "exponent": "1e2",
    "hexadecimal": "0x1F",
    "blank before": " 12",
    "blank after": "12 ",
    "plus": "+5",
    "minus one": "-1",
    "256": "256",
    "257": "257",
    "999": "999",
    "65536": "65536",
    "2^32": "4294967296",
    "2^64": "18446744073709551616",
    "twenty nines": "9" * 20,
    "underscore": "1_0",
    "leading zeros": "007",
    "two zeros": "00",
    "minus nothing": "-0",
    "digits and word": "12abc",
    "TRUE": "TRUE",
    "two quotes": "''",
    "minus alone": "-",
    "minus inside": "1-2",
    "two minus signs": "--1",
    "markup": "[bold]3[/]",
    "form feed": "3\x0c",
}
SHOWN_CELLS = {
    "Arabic-Indic digits": ("\u0661\u0662", r"'\u0661\u0662'"),
    "full-width digits": ("\uff11\uff12", r"'\uff11\uff12'"),
    "superscript": ("\u00b2", r"'\xb2'"),
    "NUL": ("1\x002", r"'1\x002'"),
    "escape sequence": ("\x1b[31m3", r"'\x1b[31m3'"),
    "bidirectional mark": ("3\u202e4", r"'3\u202e4'"),
    "five thousand digits": ("9" * 5000, f"'{'9' * 40}...'"),
    "line separator": ("3\u2028", r"'3\u2028'"),
}
WRONG_LABELS = {"10": "10", "minus one": "-1", "point": "2.5", "word": "three", "empty": "", "256": "256"}

# name: (content, message after the file's name)
FAULTS: dict[str, tuple[bytes, str]] = {
    **{
        f"cell {name}": (cell(text), f": line 3, column 'b': got '{text}'; expected {PIXEL}")
        for name, text in WRONG_CELLS.items()
        if name != "form feed"
    },
    "cell form feed": (cell("3\x0c"), rf": line 3, column 'b': got '3\x0c'; expected {PIXEL}"),
    **{
        f"cell {name}": (cell(text), f": line 3, column 'b': got {shown}; expected {PIXEL}")
        for name, (text, shown) in SHOWN_CELLS.items()
    },
    **{
        f"label {name}": (label(text), f": line 3, column 'label': got '{text}'; expected {DIGIT}")
        for name, text in WRONG_LABELS.items()
    },
    "cell Latin-1": (
        GOOD.replace(b"6,7", b"6,7\xe9"),
        rf": line 3, column 'b': got '7\xe9'; expected {PIXEL}",
    ),
    "cell quoted word": (cell('"x,y"'), f": line 3, column 'b': got 'x,y'; expected {PIXEL}"),
    "cell quote inside": (cell('7"7'), f": line 3, column 'b': got '7\"7'; expected {PIXEL}"),
    "cell doubled quote": (cell('"7""7"'), f": line 3, column 'b': got '7\"7'; expected {PIXEL}"),
    "unclosed quote": (
        cell('"7'),
        ": line 3: got an unclosed quote; expected a closing quote on the same line",
    ),
    "line end in quotes": (
        cell('"7\n"'),
        ": line 3: got an unclosed quote; expected a closing quote on the same line",
    ),
    "quote ends early": (
        cell('"7"7'),
        ": line 3: got a misplaced quote; expected quotes around whole cells only",
    ),
    "first cell of the file": (table("x,2,3,4"), f": line 2, column 'label': got 'x'; expected {DIGIT}"),
    "last cell of the file": (table("1,2,3,x"), f": line 2, column 'c': got 'x'; expected {PIXEL}"),
    "empty first cell": (table("1,2,3,4", ",2,3,4"), f": line 3, column 'label': got ''; expected {DIGIT}"),
    "empty last cell": (table("1,2,3,4", "1,2,3,"), f": line 3, column 'c': got ''; expected {PIXEL}"),
    "short row": (table("1,2,3,4", "5,6,7", "9,0,1,2"), ": line 3: got 3 fields; expected 4"),
    "one field": (table("1,2,3,4", "5", "9,0,1,2"), ": line 3: got 1 field; expected 4"),
    "long row": (table("1,2,3,4", "5,6,7,8,9", "9,0,1,2"), ": line 3: got 5 fields; expected 4"),
    "all rows short": (table("1,2,3", "5,6,7"), ": line 2: got 3 fields; expected 4"),
    "all rows long": (table("1,2,3,4,5", "5,6,7,8,9"), ": line 2: got 5 fields; expected 4"),
    "a short row and a long one": (
        table("1,2,3", "1,2,3,4,5"),
        ": line 2: got 3 fields; expected 4",
    ),
    "two rows on one line": (table("1,2,3,4,5,6,7,8"), ": line 2: got 8 fields; expected 4"),
    "trailing comma on one row": (
        table("1,2,3,4", "5,6,7,8,", "9,0,1,2"),
        ": line 3: got 5 fields; expected 4",
    ),
    "trailing comma on all rows": (
        table("1,2,3,4,", "5,6,7,8,"),
        ": line 2: got 5 fields; expected 4",
    ),
    "trailing comma on header and rows": (
        table("1,2,3,4,", header=HEADER + ","),
        ": line 1: got 5 fields; expected 4",
    ),
    "blank line in the middle": (
        table("1,2,3,4", "", "5,6,7,8"),
        f": line 3: got an empty line; expected {FIELDS}",
    ),
    "blank line below the header": (table("", "1,2,3,4"), f": line 2: got an empty line; expected {FIELDS}"),
    "blank CRLF line": (
        table("1,2,3,4", "", "5,6,7,8", end="\r\n"),
        f": line 3: got an empty line; expected {FIELDS}",
    ),
    "LF then CR": (b"label,a,b,c\n1,2,3,4\n\r5,6,7,8\n\r", f": line 3: got an empty line; expected {FIELDS}"),
    "line of blanks": (table("1,2,3,4", "   ", "5,6,7,8"), ": line 3: got 1 field; expected 4"),
    "comment line": (
        table("1,2,3,4", "# half", "5,6,7,8"),
        f": line 3: got a comment line; expected {FIELDS}",
    ),
    "second header": (
        table("1,2,3,4", HEADER, "5,6,7,8"),
        ": line 3: got a second header; expected a row of values",
    ),
    "cut in half": (GOOD[:-5], ": line 4: got 2 fields; expected 4"),
    "cut after a comma": (GOOD[:-2], f": line 4, column 'c': got ''; expected {PIXEL}"),
    "no bytes": (b"", ": got an empty file; expected a header and rows of values"),
    "gzip of no bytes": (gzip.compress(b""), ": got an empty file; expected a header and rows of values"),
    "only a line end": (b"\n", ": line 1: got an empty line; expected a header of column names"),
    "only a byte order mark": (
        b"\xef\xbb\xbf",
        ": line 1: got an empty line; expected a header of column names",
    ),
    "header only": (table(), ": got nothing; expected at least one row of values below the header"),
    "header without line end": (
        HEADER.encode(),
        ": got nothing; expected at least one row of values below the header",
    ),
    "header and blank lines": (
        table("", "", ""),
        ": got nothing; expected at least one row of values below the header",
    ),
    "no header": (
        table("5,6,7,8", header="1,2,3,4"),
        ": line 1: got a row of values; expected the header 'label,a,b,...'",
    ),
    "no label": (
        table("2,3,4", header="a,b,c"),
        ": line 1, column 'label': got nothing; expected a column of this name",
    ),
    "neither label nor column": (
        table("1,2", header="a,c"),
        ": line 1, column 'label': got nothing; expected a column of this name",
    ),
    "prose": (
        b"hello world\n" * 9,
        f": line 1, column 'hello world': got an unknown column; expected {COLUMNS}",
    ),
    "zeros": (bytes(2 * LONG), ": line 1: got a byte 0x00 at offset 0; expected text in UTF-8"),
    "missing column": (
        table("1,2,4", header="label,a,c"),
        ": line 1, column 'b': got nothing; expected a column of this name",
    ),
    "extra column": (
        table("1,2,3,4,5", header=HEADER + ",d"),
        f": line 1, column 'd': got an unknown column; expected {COLUMNS}",
    ),
    "duplicate column": (
        table("1,2,3,4", header="label,a,b,b"),
        ": line 1, column 'b': got 2 columns; expected one column of this name",
    ),
    "duplicate label": (
        table("1,1,2,3,4", header="label," + HEADER),
        ": line 1, column 'label': got 2 columns; expected one column of this name",
    ),
    "misspelt column": (
        table("1,2,3,4", header="label,a,b,cc"),
        f": line 1, column 'cc': got an unknown column; expected {COLUMNS}",
    ),
    "upper case": (
        table("1,2,3,4", header="label,a,B,c"),
        f": line 1, column 'B': got an unknown column; expected {COLUMNS}",
    ),
    "blank in the header": (
        table("1,2,3,4", header="label, a,b,c"),
        f": line 1, column ' a': got an unknown column; expected {COLUMNS}",
    ),
    "blank behind the header": (
        table("1,2,3,4", header=HEADER + " "),
        f": line 1, column 'c ': got an unknown column; expected {COLUMNS}",
    ),
    "nameless column": (
        table("1,2,3,4", header="label,a,,c"),
        f": line 1: got an empty column name; expected {COLUMNS}",
    ),
    "unclosed quote in the header": (
        table("1,2,3,4", header='label,a,b,"c'),
        ": line 1: got an unclosed quote; expected a closing quote on the same line",
    ),
    "escape sequence in the header": (
        table("1,2,3,4", header="label,a,b,\x1b[2Jc"),
        rf": line 1, column '\x1b[2Jc': got an unknown column; expected {COLUMNS}",
    ),
    "Latin-1 in the header": (
        table("1,2,3,4").replace(b"b", b"\xe9", 1),
        ": line 1: got a byte 0xE9 at offset 2; expected text in UTF-8",
    ),
    "NUL in the header": (
        table("1,2,3,4").replace(b",c", b",\0c"),
        ": line 1: got a byte 0x00 at offset 10; expected text in UTF-8",
    ),
    "NUL in the header behind a byte order mark": (
        b"\xef\xbb\xbf" + table("1,2,3,4").replace(b",c", b",\0c"),
        ": line 1: got a byte 0x00 at offset 13; expected text in UTF-8",
    ),
    **{
        f"separator {name}": (GOOD.replace(b",", sign), ": line 1: got 1 field; expected 4")
        for name, sign in {"semicolon": b";", "tab": b"\t", "bar": b"|", "blank": b" "}.items()
    },
    "rows with another separator": (
        table("1;2;3;4"),
        ": line 2: got 1 field; expected 4",
    ),
    "one field in the header": (
        table("1", header="label"),
        ": line 1, column 'a': got nothing; expected a column of this name",
    ),
    "UTF-16": (GOOD.decode().encode("utf-16"), f": got a UTF-16 text; expected {KIND}"),
    "UTF-16 without mark": (GOOD.decode().encode("utf-16-le"), f": got a UTF-16 text; expected {KIND}"),
    "UTF-16 big-endian": (GOOD.decode().encode("utf-16-be"), f": got a UTF-16 text; expected {KIND}"),
    "random bytes": (
        b"\x8f\x01" + np.random.default_rng(0).bytes(5000),
        ": line 1: got a byte 0x8F at offset 0; expected text in UTF-8",
    ),
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", f": got a PNG image; expected {KIND}"),
    "zip": (zipped("train.csv"), f": got a zip archive; expected {KIND}"),
    "xlsx": (zipped("[Content_Types].xml"), f": got an Excel file; expected {KIND}"),
    "tar": (b"train.csv".ljust(257, b"\0") + b"ustar", f": got a tar archive; expected {KIND}"),
    "bzip2": (b"BZh91AY&SY", f": got a bzip2 file; expected {KIND}"),
    "web page": (b"\n<!DOCTYPE html><title>Log in</title>", f": got a web page; expected {KIND}"),
    "IDX": (b"\0\0\x08\x03\0\0\xea\x60", f": got an IDX file; expected {KIND}"),
    "gzip in gzip": (gzip.compress(PACKED), f": got a gzip file inside a gzip file; expected {KIND}"),
    "gzip cut short": (
        PACKED[:-9],
        ": got a gzip file cut short; expected a complete and undamaged one",
    ),
    "gzip without trailer": (
        PACKED[:-8],
        ": got a gzip file cut short; expected a complete and undamaged one",
    ),
    "gzip of two bytes": (PACKED[:2], ": got a gzip file cut short; expected a complete and undamaged one"),
    "gzip bad checksum": (
        PACKED[:-8] + bytes(4) + PACKED[-4:],
        ": got a gzip file with a wrong checksum; expected a complete and undamaged one",
    ),
    "gzip bad length": (
        PACKED[:-4] + bytes(4),
        ": got a gzip file with a wrong checksum; expected a complete and undamaged one",
    ),
    "gzip damaged": (
        PACKED[:10] + b"\xff\xff\xff\xff" + PACKED[14:],
        ": got a damaged gzip file; expected a complete and undamaged one",
    ),
    "gzip trailing garbage": (
        PACKED + b"garbage!" + bytes(4),
        ": got a gzip file with foreign bytes at its end; expected a complete and undamaged one",
    ),
    "gzip one foreign byte": (
        PACKED + b"x",
        ": got a gzip file with foreign bytes at its end; expected a complete and undamaged one",
    ),
    "gzip second member cut short": (
        PACKED + PACKED[:1],
        ": got a gzip file cut short; expected a complete and undamaged one",
    ),
    "gzip foreign bytes behind zeros": (
        PACKED + bytes(100_000) + b"x",
        ": got a gzip file with foreign bytes at its end; expected a complete and undamaged one",
    ),
    "gzip second member damaged": (
        PACKED + b"\x1f\x8b\x09" + bytes(20),
        ": got a damaged gzip file; expected a complete and undamaged one",
    ),
    "gzip of too many members": (
        PACKED + gzip.compress(b"", mtime=0) * table_unpack.MAXIMUM_PARTS,
        ": got a gzip file of over 10000 parts; expected at most 10000 parts",
    ),
    "gzip of a wrong cell": (
        gzip.compress(cell("256")),
        f": line 3, column 'b': got '256'; expected {PIXEL}",
    ),
    "endless cell in the header": (
        b'"' + b"x" * 200_000 + b'"\n1\n',
        ": line 1: got a cell of over 131072 characters; expected a name or an integer",
    ),
    "endless header": (
        b"x" * LONG,
        f": line 1: got a line of over {LONG - 1} bytes; expected a header of column names",
    ),
    "endless line": (
        table("1,2,3,4") + b"0" * LONG,
        f": line 3: got a line of over {LONG - 1} bytes; expected {FIELDS}",
    ),
    "endless cell of zeros": (
        table("1,2,3," + "0" * LONG),
        f": line 2: got a line of over {LONG - 1} bytes; expected {FIELDS}",
    ),
    "endless blank lines": (
        table("1,2,3,4") + b"\n" * (LONG + 1),
        f": line 3: got an empty line; expected {FIELDS}",
    ),
}

# The others are known by their first bytes together, or too long to be read a byte at a time.
SEEN_IN_SMALL_BLOCKS = [
    name
    for name, (content, message) in FAULTS.items()
    if message.startswith((": line", ": got nothing")) and len(content) < 10_000
]

HINTS = {
    "cell leading zeros": "write numbers without leading zeros",
    "cell two zeros": "without leading zeros",
    "cut in half": "the file looks truncated",
    "trailing comma on all rows": "ends with a comma; 1 more line is wrong: 3",
    "a short row and a long one": "1 more line is wrong: 3",
    "cut after a comma": "the file looks truncated",
    "trailing comma on one row": "ends with a comma",
    "trailing comma on header and rows": "ends with a comma",
    "no label": "is this the test file?",
    "neither label nor column": "2 columns are missing",
    "misspelt column": "the nearest missing column is 'c'",
    "upper case": "the nearest missing column is 'b'",
    "blank in the header": "the nearest missing column is 'a'",
    "blank behind the header": "the nearest missing column is 'c'",
    "separator semicolon": "separated by semicolons",
    "separator tab": "separated by tabs",
    "separator bar": "separated by bars",
    "separator blank": "separated by blanks",
    "rows with another separator": "separated by semicolons",
    "one field in the header": "3 columns are missing",
    "zip": "unpack it first",
    "web page": "log in",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder of every test; its cache must still be empty when the test is over."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    yield tmp_path
    assert not (tmp_path / "cache").exists()


def refused(content: bytes, format: TableFormat = FORMAT, *, labelled: bool = True) -> TableError:
    Path("train.csv").write_bytes(content)
    with pytest.raises(TableError) as caught:
        read_table("train.csv", format, labelled=labelled)
    return caught.value


def test_there_are_many_faults() -> None:
    assert len(FAULTS) >= 100


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str) -> None:
    content, message = FAULTS[name]
    error = refused(content)
    assert str(error) == "train.csv" + message
    assert SHAPE.fullmatch(str(error))
    assert str(error).isascii()
    assert str(error).isprintable()
    assert HINTS.get(name, "") in (error.hint or "")


@pytest.mark.parametrize("name", SEEN_IN_SMALL_BLOCKS)
@pytest.mark.parametrize("size", [1, 7])
def test_fault_in_small_blocks(name: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content, message = FAULTS[name]
    monkeypatch.setattr(table_lines, "BLOCK_BYTES", size)
    assert str(refused(content)) == "train.csv" + message


@pytest.mark.parametrize("name", ["endless line", "endless cell of zeros", "endless blank lines"])
def test_fault_in_one_large_block(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content, message = FAULTS[name]
    monkeypatch.setattr(table_lines, "BLOCK_BYTES", 4 * LONG)
    assert str(refused(content)) == "train.csv" + message


def test_label_in_a_table_that_should_have_none() -> None:
    error = refused(GOOD, labelled=False)
    assert str(error) == "train.csv: line 1, column 'label': got a label column; expected feature columns only"
    assert error.hint == "is this the training file?"


def test_a_table_of_other_columns_and_ranges() -> None:
    format = TableFormat(("x", "y"), label_column="class", minimum=-3, maximum=1000, classes=300)
    wrong = {
        "299,-4,0": "column 'x': got '-4'; expected an integer from -3 to 1000",
        "299,0,1001": "column 'y': got '1001'; expected an integer from -3 to 1000",
        "300,0,0": "column 'class': got '300'; expected an integer from 0 to 299",
        "-3,0,0": "column 'class': got '-3'; expected an integer from 0 to 299",
    }
    for row, message in wrong.items():
        error = refused(table("0,0,0", row, header="class,x,y"), format)
        assert str(error) == f"train.csv: line 3, {message}"


@pytest.mark.parametrize("last_member", [b"", gzip.compress(b"")], ids=["honest", "lies about its size"])
def test_gzip_bomb(last_member: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_unpack, "MAXIMUM_UNPACKED", 100_000)
    monkeypatch.setattr(table_lines, "BLOCK_BYTES", 1000)
    error = refused(gzip.compress(table(*["1,2,3,4"] * 100_000)) + last_member)
    assert str(error) == (
        "train.csv: got a gzip file of over 100000 bytes unpacked; expected at most 100000 bytes unpacked"
    )


def test_missing_file() -> None:
    with pytest.raises(TableError) as caught:
        read_table("no such.csv", FORMAT)
    assert str(caught.value) == "no such.csv: got nothing; expected an existing CSV file"


def test_file_as_a_folder() -> None:
    Path("train.csv").write_bytes(GOOD)
    with pytest.raises(TableError, match=r"got nothing; expected an existing CSV file"):
        read_table("train.csv/rows.csv", FORMAT)


def test_folder(folder: Path) -> None:
    (folder / "train.csv").mkdir()
    with pytest.raises(TableError, match=r"^train\.csv: got a folder; expected an existing CSV file"):
        read_table("train.csv", FORMAT)


def test_empty_path() -> None:
    with pytest.raises(TableError, match=r"^'': got an empty path; expected an existing CSV file$"):
        read_table("", FORMAT)


def test_impossible_path() -> None:
    with pytest.raises(TableError) as caught:
        read_table("train\0.csv", FORMAT)
    assert str(caught.value) == r"train\x00.csv: got an impossible path; expected an existing CSV file"


def test_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("train.csv").write_bytes(GOOD)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(table_bytes, "open", refuse, raising=False)
    with pytest.raises(EnvironmentFault, match=r"^train\.csv: cannot be read: Permission denied$"):
        read_table("train.csv", FORMAT)


def test_file_that_changes_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("train.csv").write_bytes(GOOD)
    monkeypatch.setattr(table_bytes.TableBytes, "skim", lambda _: "0" * 64)
    with pytest.raises(TableError, match=r"got a file that changes while it is read; expected one that stays"):
        read_table("train.csv", FORMAT)


def test_the_first_of_several_faults_is_named_and_the_others_are_counted() -> None:
    error = refused(table("1,2,3,4", "1,2,x,y", "1,2", "5,6,7,8", "x,2,3,4"))
    assert str(error) == f"train.csv: line 3, column 'b': got 'x'; expected {PIXEL}"
    assert error.hint == "2 more lines are wrong: 4, 6"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("block", [1, 20, 1 << 20])
@given(wrong=st.sets(st.integers(0, 40), min_size=1))
@settings(max_examples=30, deadline=None)
def test_all_wrong_lines_are_counted_wherever_they_stand(packed: bool, block: int, wrong: set[int]) -> None:
    content = table(*("1,2,x,4" if row in wrong else f"1,{row},3,4" for row in range(41)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_lines, "BLOCK_BYTES", block)
        error = refused(gzip.compress(content) if packed else content)
    first, *more = sorted(row + 2 for row in wrong)
    assert f": line {first}, column 'b'" in str(error)
    listed = ", ".join(map(str, more[:9])) + ", ..." * (len(more) > 9)
    assert error.hint == {
        0: None,
        1: f"1 more line is wrong: {listed}",
    }.get(len(more), f"{len(more)} more lines are wrong: {listed}")


def test_counting_ends_somewhere() -> None:
    limit = table_more.COUNTED
    for rows, count in {limit: str(limit - 1), limit + 1: f"at least {limit}", 3 * limit: f"at least {limit}"}.items():
        error = refused(table(*["1,2,x,4"] * rows))
        assert error.hint == f"{count} more lines are wrong: 3, 4, 5, 6, 7, 8, 9, 10, 11, ..."


def test_the_count_stands_behind_what_else_there_is_to_say() -> None:
    error = refused(table("1,2,3,4.0", "1,2,3,4.0"))
    assert error.hint is not None
    assert error.hint.startswith("write whole numbers without a point;")
    assert error.hint.endswith("; 1 more line is wrong: 3")


def test_a_damaged_file_is_more_than_a_wrong_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its cells say, a gzip file that ends too early has to be fetched again."""
    monkeypatch.setattr(table_lines, "BLOCK_BYTES", 1000)
    rows = np.random.default_rng(0).integers(0, 10, (5000, 4)).tolist()
    packed = gzip.compress(table("1,2,x,4", *(",".join(map(str, row)) for row in rows)))
    assert str(refused(packed[:-9])).startswith("train.csv: got a gzip file cut short;")


def test_nothing_is_changed_by_a_refusal(folder: Path) -> None:
    refused(cell("256"))
    assert [path.name for path in folder.iterdir()] == ["train.csv"]
    assert Path("train.csv").read_bytes() == cell("256")
