"""Gzip, unpacked piece by piece and never on trust: damage is named, and a small file cannot become a huge one.

The standard library's `gzip` looks for the end of a name, of padding, of a thousand empty parts byte by byte in Python;
zlib does it in C and checks checksum and length as well.
"""

import zlib
from collections.abc import Callable
from typing import final

from framework.data.table.format import fault
from framework.errors import TableError

MAXIMUM_UNPACKED = 128 << 20
"""Bytes a gzip file may unpack to. The 60,000-row digit table has 105 MiB, and a small file must not keep a computer
busy or fill its memory; a larger table can be unpacked first."""

MAXIMUM_PARTS = 10_000
"""Gzip files in a row may stand for one. Tools that pack in blocks make 2,000 of a table of the largest size."""

PACKED_BYTES = 1 << 13  # read at a time
GZIP = b"\x1f\x8b"
GZIP_ONLY = 16 + zlib.MAX_WBITS


@final
class Unpacker:
    """The text in a gzip file at `place`, whose bytes `packed(size)` gives, beginning with GZIP.

    Raises TableError where the file is damaged, unpacks to more than MAXIMUM_UNPACKED bytes, or has more than
    MAXIMUM_PARTS parts.
    """

    def __init__(self, packed: Callable[[int], bytes], place: str) -> None:
        self._packed = packed
        self._place = place
        self._part = zlib.decompressobj(GZIP_ONLY)
        self._parts = 1
        self._waiting = b""
        self._unpacked = 0

    def read(self, size: int) -> bytes:
        """The next `size` bytes of text; fewer only at its end."""
        pieces: list[bytes] = []
        missing = size
        while missing > 0 and self._has_more():
            try:
                piece = self._part.decompress(self._waiting, missing)
            except zlib.error as error:
                raise self._damaged(_what_is_wrong(error)) from None
            self._waiting = self._part.unconsumed_tail
            pieces.append(piece)
            missing -= len(piece)
        # Counted, not taken from the file's own announcement, which can lie.
        self._unpacked += size - missing
        if self._unpacked > MAXIMUM_UNPACKED:
            raise self._too_large(f"{MAXIMUM_UNPACKED} bytes unpacked")
        return b"".join(pieces)

    def _has_more(self) -> bool:
        """Whether there is something to unpack, or else the end was reached in good order."""
        if not self._part.eof:
            self._waiting = self._waiting or self._packed(PACKED_BYTES)
            if not self._waiting:
                raise self._damaged("a gzip file cut short")
            return True
        self._waiting = self._part.unused_data.lstrip(b"\0")  # the format allows zeros between the parts
        while not self._waiting:
            piece = self._packed(PACKED_BYTES)
            if not piece:
                return False
            self._waiting = piece.lstrip(b"\0")
        if not self._waiting.startswith(GZIP[:1]):
            raise self._damaged("a gzip file with foreign bytes at its end")
        self._part = zlib.decompressobj(GZIP_ONLY)
        self._parts += 1
        if self._parts > MAXIMUM_PARTS:
            raise self._too_large(f"{MAXIMUM_PARTS} parts")
        return True

    def _damaged(self, got: str) -> TableError:
        return fault(self._place, got=got, expected="a complete and undamaged one", hint="fetch the file again")

    def _too_large(self, ceiling: str) -> TableError:
        return fault(
            self._place,
            got=f"a gzip file of over {ceiling}",
            expected=f"at most {ceiling}",
            hint="unpack it first, if it is meant to be that large",
        )


def _what_is_wrong(error: zlib.error) -> str:
    if "incorrect data check" in str(error) or "incorrect length check" in str(error):
        return "a gzip file with a wrong checksum"
    return "a damaged gzip file"
