"""Whatever bytes a table file holds: it is read, or refused in one harmless line, and both readers say the same.

    pip install -e '.[dev,fuzz]'
    python -m tests.fuzz.fuzz_table -runs=100000

The limits are lowered, so that short files reach them. Every other argument is libFuzzer's, such as a folder to keep
what it finds interesting.
"""

import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

import atheris

with atheris.instrument_imports(include=["framework"]):
    from framework.data.table import TableFormat, read_table
    from framework.errors import ChalknetError
from tests.framework.data.drawn_tables import WAYS

FORMAT = TableFormat(("a", "b", "c"))
SEED = ["label,a,b,c", "1,0,255,7", "0,10,20,30", "9,1,2,3"]
WRONG = ["12.0", "1e2", "-1", "256", "007", "", '"7', "\u0661", "nan", "\x1b[31m", "#"]
LONGEST_MESSAGE = 400

LINE = 100  # bytes; the longest of a seed has 20
LOWERED = {
    "header.MAXIMUM_LINE": LINE,
    "lines.MAXIMUM_LINE": LINE,
    "plain.MAXIMUM_LINE": LINE,
    "strict.MAXIMUM_LINE": LINE,
    "strict.REMEMBERED": 3,
    "lines.BLOCK_BYTES": 256,
    "more.COUNTED": 5,
    "unpack.MAXIMUM_UNPACKED": 4000,
    "unpack.MAXIMUM_PARTS": 4,
    "unpack.PACKED_BYTES": 50,
}


def seeds() -> dict[str, bytes]:
    """A small good table in every way to write it, and with one fault each."""
    ways = {name: write(SEED) for name, write in WAYS.items()}
    return ways | {f"fault {n}": "\n".join([*SEED, f"1,2,{cell},4\n"]).encode() for n, cell in enumerate(WRONG)}


def outcome(path: Path) -> str:
    """What reading the file says, in one line."""
    try:
        table = read_table(path, FORMAT, cache=False)
    except ChalknetError as error:
        for text in (str(error), error.hint or "none"):
            if not (text.isprintable() and text.isascii() and len(text) <= LONGEST_MESSAGE):
                raise RuntimeError(f"a message that is no harmless line: {text!r}") from error
        return f"{error} ({error.hint})"
    if table.labels is None or not len(table.features) == len(table.labels) > 0:
        raise RuntimeError(f"{len(table.features)} rows of features")
    if table.features.shape[1:] != (3,) or table.labels.max() > 9:
        raise RuntimeError("values of no such table")
    return f"{table.features.tolist()} {table.labels.tolist()} {table.notice}"


def main() -> None:
    for limit, value in LOWERED.items():
        patch(f"framework.data.table.{limit}", value).start()
    with tempfile.TemporaryDirectory() as name:
        corpus, path = Path(name, "corpus"), Path(name, "table.csv")
        corpus.mkdir()
        for seed, content in seeds().items():
            (corpus / seed).write_bytes(content)

        def one_file(content: bytes) -> None:
            path.write_bytes(content)
            quickly = outcome(path)
            with patch("framework.data.table.reader.read_plain", return_value=None):
                strictly = outcome(path)
            if strictly != quickly:
                raise RuntimeError(f"the strict reader says {strictly}, the two together {quickly}")

        atheris.Setup([*sys.argv, str(corpus)], one_file)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
