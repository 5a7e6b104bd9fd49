"""What is being measured just now, on stderr: a line for everything that takes long, and on a terminal every turn.

No clock ticks and nothing turns while something is measured: it would take its share of a core.
"""

import time
from typing import Self, final

from rich.console import Console
from rich.live import Live

from framework.console.text import clock, say, words


@final
class Progress:
    """Says it with the time since the start. Used as a context."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self._start = time.perf_counter()
        self._live = Live(console=self.console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        if self.console.is_interactive:
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def stage(self, text: str) -> None:
        """A line that stays."""
        say(self.console, f"{clock(time.perf_counter() - self._start):>8}  {text}")

    def now(self, text: str) -> None:
        """A line that the next one takes the place of; a terminal only."""
        if self._live.is_started:
            self._live.update(words(f"{'':>8}  {text}"), refresh=True)
