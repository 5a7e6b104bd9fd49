"""Ctrl-C and SIGTERM while a training runs: the step under way is finished and the state saved, and then it ends."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import final

from framework.saving import Checkpoints
from framework.training import Training
from scripts.interrupted import Interrupted

SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]  # the last is what a terminal says that is closed


@final
class Interruptible:
    """Checkpoints that end the training between two steps when a signal has come, the state saved."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        self.checkpoints = checkpoints
        self._number: int | None = None

    def attach(self, training: Training) -> None:
        self.checkpoints.attach(training)

    def save(self) -> None:
        self.checkpoints.save()

    def after_step(self) -> None:
        self.checkpoints.after_step()
        self._heed()

    def after_epoch(self) -> None:
        self.checkpoints.after_epoch()
        self._heed()

    def __enter__(self) -> object:
        return self.checkpoints.__enter__()

    def __exit__(self, *error: object) -> None:
        self.checkpoints.__exit__(*error)

    @contextmanager
    def heeding(self) -> Iterator[None]:
        """Inside, a first signal waits for the end of the step, and a second one for nothing."""

        def note(number: int, frame: FrameType | None) -> None:
            if self._number is not None:
                raise Interrupted(number)
            self._number = number

        # what whoever started us wants ignored, as nohup does, stays so
        heeded = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, note) for number in heeded}
        try:
            yield
            self._heed()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _heed(self) -> None:
        if self._number is not None:
            self.checkpoints.save()
            raise Interrupted(self._number, self.checkpoints.folder)
