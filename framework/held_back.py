"""Signals at a time that suits: what is interrupted between two steps, not inside one, goes on to the same bits."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
]
"""Those that people and systems stop a program with, or want it to do something soon."""

Handler = Callable[[int, FrameType | None], object]


@contextmanager
def held_back(*, twice: bool = True) -> Iterator[Callable[[], None]]:
    """Inside, what is done on a signal, as Ctrl-C raises KeyboardInterrupt, waits for a call of what this gives, or for
    the end. Unless it waits even `twice`, a second one is done at once, and with it the first.

    For signals that Python code handles; and in another thread than the first, which handles none, nothing changes.
    """
    waiting: list[tuple[int, FrameType | None]] = []
    before = _handlers() if threading.current_thread() is threading.main_thread() else {}

    def note(number: int, frame: FrameType | None) -> None:
        waiting.append((number, frame))
        if len(waiting) > 1 and not twice:
            heed()

    def heed() -> None:
        now, waiting[:] = waiting[:], []
        for number, frame in now:
            before[number](number, frame)

    try:
        for number in before:
            signal.signal(number, note)
        yield heed
    finally:
        _put_back(before)
        heed()


def _handlers() -> dict[int, Handler]:
    """Of the signals that are not left to the system, or ignored."""
    found = {number: signal.getsignal(number) for number in SIGNALS}
    return {number: handler for number, handler in found.items() if callable(handler)}


def _put_back(handlers: dict[int, Handler]) -> None:
    """Also where another signal comes meanwhile and raises: then it is raised when all are in their places."""
    raised: BaseException | None = None
    for number, handler in handlers.items():
        while signal.getsignal(number) is not handler:
            try:
                signal.signal(number, handler)
            except BaseException as error:
                raised = error
    if raised is not None:
        raise raised
