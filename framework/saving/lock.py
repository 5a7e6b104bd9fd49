"""One writer per folder: a lock that the operating system lets go when its holder ends, however it ends."""

import os
import sys
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import final

from framework.errors import EnvironmentFault, shown_path

NAME = "lock"
MOMENT = 0.1
"""Seconds: whoever has just got the lock has said by then who it is."""


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
            raise EnvironmentFault(f"{shown_path(folder)}: cannot be locked: {error.strerror or error}") from error
        if handle is None:
            time.sleep(MOMENT)
            holder = _holder(self.path)
            own = holder == os.getpid()
            raise EnvironmentFault(
                f"{shown_path(folder)}: got a run in use by {'this' if own else 'another'} process"
                f"{'' if holder is None or own else f', {holder}'}; expected one that nobody uses",
                hint="close the Checkpoints that hold it" if own else "wait until that one has ended, or stop it",
            )
        self._close = weakref.finalize(self, os.close, handle)

    def release(self) -> None:
        """Let the folder go. A second call does nothing."""
        if self._close.alive:
            with suppress(OSError):  # the folder itself may be gone; Windows removes no open file
                self.path.unlink(missing_ok=True)  # while it is still held: see `_locked`
            with suppress(OSError):  # it is closed all the same, and what brought us here matters more
                self._close()

    def _locked(self) -> int | None:
        """A handle on the file with our lock and our name in it, never on one that its last holder has removed in the
        meantime; None where another has the lock.
        """
        while True:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
            kept = False
            try:
                if not _lock(handle):
                    return None
                with suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(handle), os.stat(self.path)):
                        os.truncate(handle, 0)
                        os.lseek(handle, 0, os.SEEK_SET)
                        os.write(handle, f"{os.getpid()}\n".encode())
                        kept = True
                        return handle
            finally:
                if not kept:
                    os.close(handle)


def _lock(handle: int) -> bool:
    """Take the lock; False, at once, where another has it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, 1 << 20, os.SEEK_SET)  # a byte of its own: what is locked there nobody else can read
        with suppress(PermissionError):
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            return True
    else:
        import fcntl

        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


def _holder(path: Path) -> int | None:
    """The process that says in the file that it has the lock."""
    with suppress(OSError, ValueError):
        return int(path.read_bytes()[:20])
    return None
