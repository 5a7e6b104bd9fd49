"""Interrupted, what Ctrl-C and SIGTERM become: the end of a command, and the way on."""

from pathlib import Path
from types import FrameType
from typing import NoReturn, final

from scripts.words import word


@final
class Interrupted(BaseException):
    """A signal has ended the command. `run` is the folder of a run that can go on, if there is one, and `options` what
    `chalknet resume` has to be told that the folder does not say.
    """

    def __init__(self, number: int, run: Path | None = None, options: str = "") -> None:
        super().__init__(number)
        self.number = number
        self.run = run
        self.options = options

    @property
    def advice(self) -> str:
        """The command that goes on with the run; empty where there is none."""
        if self.run is None:
            return ""
        return f"go on with: chalknet resume {word(self.run)} {self.options}".rstrip()


def interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """What a command does on SIGTERM that has nothing to save."""
    raise Interrupted(number)
