"""Interrupted, what Ctrl-C and SIGTERM become: the end of a command, and the way on."""

import shlex
from pathlib import Path
from typing import final


@final
class Interrupted(BaseException):
    """A signal has ended the command. `run` is the folder of a run that can go on, if there is one."""

    def __init__(self, number: int, run: Path | None = None) -> None:
        super().__init__(number)
        self.number = number
        self.run = run

    @property
    def advice(self) -> str:
        """The command that goes on with the run; empty where there is none."""
        if self.run is None:
            return ""
        name = f"./{self.run}" if str(self.run).startswith("-") else str(self.run)
        return f"go on with: chalknet resume {shlex.quote(name)}"
