"""Text as blocks of whole lines, so that a large table is read in little memory; what is no text is refused here."""

import re
from collections.abc import Iterator

from framework.data.table.bytes import TableBytes
from framework.data.table.format import fault
from framework.data.table.strict import MAXIMUM_LINE

BLOCK_BYTES = 1 << 19
"""Read at a time: what is made of a block of this size still fits the processor's cache. 8 MiB take twice as long."""

LINE_END = re.compile(rb"\r\n|\n|\r")

SIGNATURES = {
    b"\x1f\x8b": "a gzip file inside a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ\0": "an xz file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"7z\xbc\xaf": "a 7z file",
    b"Rar!": "a RAR file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"%PDF": "a PDF file",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy file",
    b"SQLite format 3": "an SQLite file",
    b"\x00\x00\x08\x01": "an IDX file",
    b"\x00\x00\x08\x03": "an IDX file",
    b"\xff\xfe": "a UTF-16 text",
    b"\xfe\xff": "a UTF-16 text",
}
UTF_16_WITHOUT_MARK = re.compile(rb"(?:[^\0]\0){2}|(?:\0[^\0]){2}")
WEB_PAGE = re.compile(rb"\s*<(?:!doctype|html|\?xml)", re.IGNORECASE)


def blocks_of_lines(source: TableBytes) -> Iterator[bytes]:
    """The first line, then the rest in blocks of whole lines, in order.

    Every block ends with a line end, except the last where the file has none there. Empty lines at the end of the
    file are dropped; anywhere else they are kept, for the reader to complain about. A line of more than MAXIMUM_LINE
    bytes, or as many empty ones, may come cut short and as the last: it is refused in any case. Raises TableError for
    other formats.
    """
    rest = source.read(BLOCK_BYTES)
    _refuse_foreign(rest, source.place)
    if not rest:
        raise fault(source.place, got="an empty file", expected="a header and rows of values")
    while (end := _end_of_first_line(rest)) == 0 and len(rest) <= MAXIMUM_LINE:
        piece = source.read(BLOCK_BYTES)
        if not piece:
            break
        rest += piece
    end = end or len(rest)
    yield rest[:end]
    rest = rest[end:]
    while True:
        end = _end_of_last_row(rest)
        if end:
            yield rest[:end]
            rest = rest[end:]
        piece = source.read(BLOCK_BYTES) if len(rest) <= MAXIMUM_LINE else b""
        if not piece:
            break
        rest += piece
    if rest.strip(b"\r\n") or len(rest) > MAXIMUM_LINE:
        yield rest


def _end_of_first_line(text: bytes) -> int:
    match = LINE_END.search(text)
    if match is None or (match[0] == b"\r" and match.end() == len(text)):  # perhaps half of \r\n
        return 0
    return match.end()


def _end_of_last_row(text: bytes) -> int:
    end = max(text.rfind(b"\n"), text.rfind(b"\r", 0, len(text) - 1)) + 1
    rows = len(text[:end].rstrip(b"\r\n"))
    if rows == 0:
        return 0
    return rows + (2 if text.startswith(b"\r\n", rows) else 1)


def _refuse_foreign(head: bytes, place: str) -> None:
    kind = next((name for signature, name in SIGNATURES.items() if head.startswith(signature)), None)
    hint = None
    if head.startswith(b"PK\x03\x04"):
        spreadsheet = b"[Content_Types].xml" in head[:4096] or b"xl/" in head[:4096]
        kind = "an Excel file" if spreadsheet else "a zip archive"
        hint = "save the sheet as CSV" if spreadsheet else "unpack it first"
    elif head[257:262] == b"ustar":
        kind, hint = "a tar archive", "unpack it first"
    elif WEB_PAGE.match(head):
        kind, hint = "a web page", "log in where the file comes from and fetch it again"
    elif kind is None and UTF_16_WITHOUT_MARK.match(head):
        kind = "a UTF-16 text"
    if kind:
        raise fault(place, got=kind, expected="a CSV table in UTF-8, plain or gzip", hint=hint)
