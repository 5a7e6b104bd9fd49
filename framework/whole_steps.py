"""Ctrl-C between two steps, not in the middle of one: an interrupted training goes on to the same bits."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def whole_steps() -> Iterator[Callable[[], None]]:
    """Inside, Ctrl-C waits for the next call of what this gives, which then raises KeyboardInterrupt; a second one for
    nothing. Only where it would have raised that anyway: whoever has a handler of his own keeps it.
    """
    pressed = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        heed()
        pressed = True

    def heed() -> None:
        nonlocal pressed
        if pressed:
            pressed = False
            raise KeyboardInterrupt

    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield heed
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield heed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    heed()
