"""Publishing: a file appears under its name complete and on disk, or not at all."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from framework.errors import EnvironmentFault, InputError, shown_path

TEMPORARY = ".tmp-"
DIGITS = 8
"""How the names of files begin that are being written, and how many hexadecimal digits follow."""


def publish(path: Path, content: bytes, *, keep: Path | None = None) -> None:
    """Write `content` to a temporary file in the same folder, flush it to disk, read it back, then rename it to `path`.

    A reader sees the old file or the new one, never a part of either. With `keep` the old file gets that name first: at
    every moment one of the two is there, complete. Raises EnvironmentFault where the disk or the permissions say no;
    the temporary file is removed, and what was there before is left as it was, if need be at `keep`.
    """
    temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(DIGITS // 2)}"
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # what fails here is never tried again: its pages may be gone
        if temporary.read_bytes() != content:
            raise OSError(errno.EIO, "got other bytes back than were written")
        if keep is not None and os.path.lexists(path):
            os.replace(path, keep)
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise EnvironmentFault(f"{shown_path(path)}: cannot be written: {error.strerror or error}") from error
    except ValueError as error:  # a zero byte in the name
        raise InputError(f"{shown_path(path)}: cannot be the name of a file: {error}") from error
    finally:
        with suppress(OSError, ValueError):
            temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows has no handle on a folder; its rename is journalled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems know no fsync of a folder
            raise
    finally:
        os.close(handle)


def read_file(path: Path, most: int, kind: type[InputError]) -> bytes:
    """The bytes of a regular file of at most `most`. Raises `kind` for anything else, EnvironmentFault otherwise."""
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            is_file = stat.S_ISREG(status.st_mode)
            # no more than there is: Python sets aside as much memory as it is asked to read
            content = file.read(min(status.st_size, most) + 1) if is_file else b""
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise kind(f"{shown_path(path)}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # a zero byte in the name
        raise kind(f"{shown_path(path)}: cannot be the name of a file: {error}") from None
    except OSError as error:
        raise EnvironmentFault(f"{shown_path(path)}: cannot be read: {error.strerror or error}") from None
    if not is_file:
        message = f"{shown_path(path)}: got a pipe or device; expected a file"
        raise kind(message, hint="save it to a file first")
    if len(content) > most:
        raise kind(f"{shown_path(path)}: got more than {most:,} bytes; expected at most that")
    if len(content) != status.st_size:
        raise kind(f"{shown_path(path)}: got a file that changed while it was read; expected one that is at rest")
    return content


def _open_at_once(path: str, flags: int) -> int:
    """Opening a pipe would wait for its other end, perhaps for ever; where there are no such pipes, nor is the flag."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
