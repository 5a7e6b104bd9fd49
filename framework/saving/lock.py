"""One writer per folder: a lock that the operating system lets go when its holder ends, however it ends."""

import os
import sys
import weakref
from contextlib import suppress
from pathlib import Path
from typing import final

from framework.errors import EnvironmentFault, shown_path

NAME = "lock"


@final
class Lock:
    """Holds `folder` for this process, by a file in it that says which. Raises EnvironmentFault where another has it.

    `release` removes the file. After a kill the file stays, but not the lock.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        try:
            handle = self._locked()
        except OSError as error:
            if not isinstance(error, BlockingIOError | PermissionError) or not os.access(self.path, os.W_OK):
                raise EnvironmentFault(f"{shown_path(folder)}: cannot be locked: {error.strerror or error}") from error
            holder = _holder(self.path)
            own = holder == os.getpid()
            raise EnvironmentFault(
                f"{shown_path(folder)}: got a run in use by {'this' if own else 'another'} process"
                f"{'' if holder is None or own else f', {holder}'}; expected one that nobody uses",
                hint="close the Checkpoints that hold it" if own else "wait until that one has ended, or stop it",
            ) from None
        self._close = weakref.finalize(self, os.close, handle)
        os.truncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let the folder go. A second call does nothing."""
        if self._close.alive:
            with suppress(OSError):  # the folder itself may be gone; Windows removes no open file
                self.path.unlink(missing_ok=True)  # while it is still held: see `_locked`
            self._close()

    def _locked(self) -> int:
        """A handle on the file with our lock, never on one that its last holder has removed in the meantime."""
        while True:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
            try:
                _lock(handle)
                with suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(handle), os.stat(self.path)):
                        return handle
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)


def _lock(handle: int) -> None:
    """Take the lock, or raise at once."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, 1 << 20, os.SEEK_SET)  # a byte of its own: what is locked there nobody else can read
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder(path: Path) -> int | None:
    """The process that says in the file that it has the lock."""
    with suppress(OSError, ValueError):
        return int(path.read_bytes()[:20])
    return None
