"""Publishing: a file appears under its name complete and on disk, or not at all."""

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

from framework.errors import EnvironmentFault, InputError, shown_path


def publish(path: Path, content: bytes) -> None:
    """Write `content` to a temporary file in the same folder, flush it to disk, then rename it to `path`.

    A reader sees the old file or the new one, never a part of either. Raises EnvironmentFault where the disk or the
    permissions say no; the temporary file is removed and an older file of that name is left as it was.
    """
    temporary = path.parent / f".tmp-{secrets.token_hex(4)}"
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise EnvironmentFault(f"{path}: cannot be written: {error.strerror or error}") from error
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
    """The bytes of a file of at most `most`. Raises `kind` for no file or a larger one, EnvironmentFault otherwise."""
    try:
        with open(path, "rb") as file:
            content = file.read(most + 1)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise kind(f"{shown_path(path)}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # a zero byte in the name
        raise kind(f"{shown_path(path)}: cannot be the name of a file: {error}") from None
    except OSError as error:
        raise EnvironmentFault(f"{shown_path(path)}: cannot be read: {error.strerror or error}") from None
    if len(content) > most:
        raise kind(f"{shown_path(path)}: got more than {most:,} bytes; expected at most that")
    return content
