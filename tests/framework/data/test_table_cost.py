"""No file, however odd, keeps the machine busy or fills its memory: each is refused in a process on a short leash."""

import gzip
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and measures a process as Linux does")

MIB = 1 << 20
LARGEST = 10 * MIB
CPU_SECONDS = 10
"""The slowest here takes under one on a machine at rest; the rest is for a slow and busy one."""
ADDRESS_SPACE = 1 << 30
GROWTH = 64 * MIB
"""Of the memory in use while a file is refused; the most measured is 43 MiB, for a million blank lines."""

COLUMNS = 784
LEASH = f"""
import resource, sys
from framework.data.table import TableFormat, read_table
from framework.errors import ChalknetError

def peak():  # not ru_maxrss, which begins with what the parent had
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))

resource.setrlimit(resource.RLIMIT_CPU, ({CPU_SECONDS}, {CPU_SECONDS}))
resource.setrlimit(resource.RLIMIT_AS, ({ADDRESS_SPACE}, {ADDRESS_SPACE}))
format = TableFormat(tuple(f"pixel{{number}}" for number in range({COLUMNS})))
idle = peak()
try:
    read_table("table.csv", format, cache=False)
except ChalknetError as error:
    print(peak() - idle, error)
"""

HEADER = ",".join(["label", *(f"pixel{number}" for number in range(COLUMNS))]).encode() + b"\n"
ROW = b"0" + b",0" * COLUMNS + b"\n"
FIELDS = "expected 785 fields"
BOMB_CEILING = f"got a gzip file of over {128 * MIB} bytes unpacked; expected at most {128 * MIB} bytes unpacked"


def packed(pieces: Iterable[bytes]) -> bytes:
    """A gzip file of one part that holds all the pieces."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return b"".join([*map(packer.compress, pieces), packer.flush()])


def filled(start: bytes, piece: bytes, end: bytes = b"") -> bytes:
    """`start`, then `piece` again and again to just under the largest size, then `end`."""
    return start + piece * ((LARGEST - len(start) - len(end)) // len(piece)) + end


EMPTY_PART = gzip.compress(b"", mtime=0)

FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "one line and no line end": (
        lambda: filled(b"", b"a"),
        "line 1: got a line of over 1048576 bytes; expected a header",
    ),
    "commas and no line end": (
        lambda: filled(b"", b","),
        "line 1: got a line of over 1048576 bytes; expected a header",
    ),
    "a million columns": (
        lambda: b",".join(b"c%d" % n for n in range(10**6)),
        "line 1: got a line of over 1048576 bytes",
    ),
    "as many columns as fit a line": (
        lambda: b",".join(b"c%d" % n for n in range(130_000)) + b"\n1\n",
        "line 1, column 'c0': got an unknown column; expected the 785 columns",
    ),
    "as many nameless columns": (
        lambda: b"," * MIB + b"\n",
        "line 1: got an empty column name; expected the 785 columns",
    ),
    "a header of quotes": (lambda: b'"' * MIB + b"\n", "line 1: got a cell of over 131072 characters; expected a name"),
    "a cell without end": (lambda: filled(HEADER, b"1"), f"line 2: got a line of over 1048576 bytes; {FIELDS}"),
    "a row without end": (lambda: filled(HEADER, b"1,"), f"line 2: got a line of over 1048576 bytes; {FIELDS}"),
    "blank lines, then a row": (lambda: filled(HEADER, b"\n", ROW), f"line 2: got an empty line; {FIELDS}"),
    "rows of one cell": (lambda: filled(HEADER, b"1\n"), "line 2: got 1 field; expected 785"),
    "rows with a wrong last cell": (
        lambda: filled(HEADER, ROW[:-2] + b"x\n"),
        "line 2, column 'pixel783': got 'x'; expected an integer from 0 to 255",
    ),
    "a wrong first row and good ones": (
        lambda: filled(HEADER + b"x" + ROW[1:], ROW),
        "line 2, column 'label': got 'x'; expected an integer from 0 to 9",
    ),
    "good rows and a wrong last one": (
        lambda: filled(HEADER, ROW, ROW[:-2] + b"x\n"),
        "column 'pixel783': got 'x'; expected an integer from 0 to 255",
    ),
    "quoted rows and a wrong last one": (
        lambda: filled(HEADER, b'"0"' + b',"0"' * COLUMNS + b"\n", ROW[:-2] + b"x\n"),
        "column 'pixel783': got 'x'; expected an integer from 0 to 255",
    ),
    "zeros": (lambda: bytes(LARGEST), "line 1: got a byte 0x00 at offset 0; expected text in UTF-8"),
    "gzip with an endless name": (
        lambda: filled(b"\x1f\x8b\x08\x08" + bytes(6), b"a"),
        "got a gzip file cut short; expected a complete and undamaged one",
    ),
    "gzip of half a million parts": (
        lambda: filled(packed([HEADER, ROW]), EMPTY_PART),
        "got a gzip file of over 10000 parts; expected at most 10000 parts",
    ),
    "gzip with endless padding": (
        lambda: filled(packed([HEADER, ROW]), b"\0", b"x"),
        "got a gzip file with foreign bytes at its end; expected a complete and undamaged one",
    ),
    "gzip of a gigabyte of zeros": (
        lambda: packed([bytes(MIB)]) * 1024,
        BOMB_CEILING,
    ),
    "gzip of a gigabyte of blank lines": (
        lambda: packed([HEADER, ROW]) + packed([b"\n" * MIB]) * 1024,
        BOMB_CEILING,
    ),
    "gzip of a gigabyte of rows": (lambda: packed([HEADER]) + packed([ROW * 650]) * 1024, BOMB_CEILING),
    "gzip of 200 megabytes of rows in one part": (lambda: packed([HEADER, *[ROW * 650] * 200]), BOMB_CEILING),
}


@pytest.mark.parametrize("name", FILES)
def test_a_refusal_is_quick_and_small(name: str, tmp_path: Path) -> None:
    make, message = FILES[name]
    content = make()
    assert len(content) <= LARGEST
    (tmp_path / "table.csv").write_bytes(content)
    paths = os.pathsep.join(str(folder) for folder in (Path(__file__).parents[3], *sys.path) if folder)
    answer = subprocess.run(
        [sys.executable, "-c", LEASH],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    growth, _, said = answer.stdout.partition(" ")
    assert message in said
    assert int(growth) <= GROWTH
