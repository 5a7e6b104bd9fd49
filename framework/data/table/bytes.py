"""The bytes of one regular file: opened once, hashed as they lie on disk, unpacked on the way if they are gzip."""

import hashlib
import stat
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Self, final

from framework.data.table.format import fault
from framework.data.table.unpack import GZIP, Unpacker
from framework.errors import EnvironmentFault, TableError, shown_path

REHEARSED_BYTES = 1 << 20


@final
class TableBytes:
    """A file open for one pass: `with TableBytes(path) as source: source.read(size)`.

    Raises TableError where there is no such file, where it is a folder, a pipe or a device, and where it is gzip that
    is damaged or too large (see `framework.data.table.unpack`); EnvironmentFault where the machine will not read it.
    """

    def __init__(self, path: str | Path) -> None:
        self.place = shown_path(path) or "''"
        self._path = path
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        self._file = self._open()
        try:
            packed = self._file.read(len(GZIP)) == GZIP
            self._file.seek(0)
        except OSError as error:
            self._file.close()
            raise _unreadable(self.place, error) from error
        self._unpacker = Unpacker(self._read, self.place) if packed else None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def sha256(self) -> str:
        """Of the bytes on disk that were read so far; of the whole file once `read` has come to its end."""
        return self._digest.hexdigest()

    def skim(self) -> str:
        """The SHA-256 of the whole file. Only before the first `read`, which then begins at the start all the same."""
        try:
            digest = hashlib.file_digest(self._file, "sha256").hexdigest()
            self._file.seek(0)
        except OSError as error:
            raise _unreadable(self.place, error) from error
        return digest

    def rehearse(self) -> None:
        """Unpack a gzip file once and keep nothing: what is damaged or too large is refused before it fills any memory.
        Only before the first `read`, which then begins at the start all the same.
        """
        if self._unpacker is None:
            return
        rehearsal = Unpacker(self._file.read, self.place)
        try:
            while rehearsal.read(REHEARSED_BYTES):
                pass
            self._file.seek(0)
        except OSError as error:
            raise _unreadable(self.place, error) from error

    def read(self, size: int) -> bytes:
        """The next `size` bytes of text; fewer only at its end."""
        return self._read(size) if self._unpacker is None else self._unpacker.read(size)

    def _read(self, size: int) -> bytes:
        try:
            content = self._file.read(size)
        except OSError as error:
            raise _unreadable(self.place, error) from error
        self._digest.update(content)
        return content

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


def _unreadable(place: str, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(f"{place}: cannot be read: {error.strerror or error}")
