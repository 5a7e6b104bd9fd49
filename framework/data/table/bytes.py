"""The bytes of one regular file: opened once, hashed as they lie on disk, unpacked on the way if they are gzip."""

import gzip
import hashlib
import stat
import zlib
from io import BufferedReader, UnsupportedOperation
from pathlib import Path
from types import TracebackType
from typing import Self, final

from framework.data.table.format import fault
from framework.errors import EnvironmentFault, TableError, shown_path

MAXIMUM_UNPACKED = 128 << 20
"""Bytes a gzip file may unpack to. The 60,000-row digit table has 105 MiB, and a small file must not keep a computer
busy or fill its memory; a larger table can be unpacked first."""

GZIP = b"\x1f\x8b"


@final
class TableBytes:
    """A file open for one pass: `with TableBytes(path) as source: source.read(size)`.

    Raises TableError where there is no such file, where it is a folder, a pipe or a device, and where it is gzip that
    is damaged or unpacks to more than MAXIMUM_UNPACKED bytes; EnvironmentFault where the machine will not read it.
    """

    def __init__(self, path: str | Path) -> None:
        self.place = shown_path(path) or "''"
        self._path = path

    def __enter__(self) -> Self:
        file = self._open()
        try:
            self._disk = _HashedFile(file, self.place)
            self._unpacked_bytes = 0
            self._gzip = self._gzip_of(file)
        except BaseException:
            file.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._disk.file.close()

    @property
    def sha256(self) -> str:
        """Of the bytes on disk that were read so far; of the whole file once `read` has come to its end."""
        return self._disk.digest.hexdigest()

    def skim(self) -> str:
        """The SHA-256 of the whole file. Only before the first `read`, which then begins at the start all the same."""
        try:
            digest = hashlib.file_digest(self._disk.file, "sha256").hexdigest()
            self._disk.file.seek(0)
        except OSError as error:
            raise _unreadable(self.place, error) from error
        return digest

    def read(self, size: int) -> bytes:
        """The next `size` bytes of text; fewer only at its end."""
        if self._gzip is None:
            return self._disk.read(size)
        got = "a gzip file with foreign bytes at its end"
        try:
            text = self._gzip.read(size)
        except EOFError:
            got = "a gzip file cut short"
        except zlib.error:
            got = "a damaged gzip file"
        except gzip.BadGzipFile as error:
            if "Not a gzipped file" not in str(error):
                got = "a gzip file with a wrong checksum"
        else:
            # Counted, not taken from the file's own announcement, which can lie and is missing when it is cut short.
            self._unpacked_bytes += len(text)
            if self._unpacked_bytes <= MAXIMUM_UNPACKED:
                return text
            raise fault(
                self.place,
                got=f"a gzip file of over {MAXIMUM_UNPACKED} bytes",
                expected=f"at most {MAXIMUM_UNPACKED} bytes when unpacked",
                hint="unpack it first, if it is meant to be that large",
            )
        raise fault(self.place, got=got, expected="a complete and undamaged one", hint="fetch the file again")

    def _open(self) -> BufferedReader:
        expected = "an existing CSV file"
        if not str(self._path):
            raise fault(self.place, got="an empty path", expected=expected)
        try:
            mode = Path(self._path).stat().st_mode
            if stat.S_ISDIR(mode):
                raise fault(self.place, got="a folder", expected=expected)
            if not stat.S_ISREG(mode):  # a pipe could keep us waiting for ever, and cannot be read twice
                raise fault(self.place, got="a pipe or device", expected=expected, hint="save it to a file first")
            return open(self._path, "rb")
        except (FileNotFoundError, NotADirectoryError):
            raise fault(self.place, got="nothing", expected=expected, hint="there is no such file") from None
        except OSError as error:
            raise _unreadable(self.place, error) from error
        except TableError:
            raise
        except ValueError:  # a NUL byte or half a surrogate pair in the name
            raise fault(self.place, got="an impossible path", expected=expected) from None

    def _gzip_of(self, file: BufferedReader) -> gzip.GzipFile | None:
        try:
            packed = file.read(len(GZIP)) == GZIP
            file.seek(0)
        except OSError as error:
            raise _unreadable(self.place, error) from error
        return gzip.GzipFile(fileobj=self._disk, mode="rb") if packed else None


@final
class _HashedFile:
    """Just enough of a file for GzipFile to read from."""

    def __init__(self, file: BufferedReader, place: str) -> None:
        self.file = file
        self.digest = hashlib.sha256()
        self._place = place

    def read(self, size: int) -> bytes:
        try:
            content = self.file.read(size)
        except OSError as error:
            raise _unreadable(self._place, error) from error
        self.digest.update(content)
        return content

    def seek(self, position: int) -> None:
        raise UnsupportedOperation("a file that is hashed is read once, from start to end")


def _unreadable(place: str, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(f"{place}: cannot be read: {error.strerror or error}")
