"""The one place where an exception becomes a message and an exit code.

0 done · 2 bad input or usage · 3 environment (disk full, no permission, folder in use) · 4 training diverged ·
5 a check failed · 129 the terminal was closed · 130 Ctrl-C · 143 SIGTERM · 1 only for a bug.
"""

import os
import sys
from contextlib import suppress
from typing import TextIO

from framework.errors import ChalknetError, CheckFailed, Diverged, EnvironmentFault
from scripts.interrupted import Interrupted

BUG, BAD_INPUT, ENVIRONMENT, DIVERGED, CHECK_FAILED, INTERRUPTED = 1, 2, 3, 4, 5, 130


def forget(stream: TextIO | None) -> None:
    """Python flushes stdout and stderr once more when it ends, and would complain."""
    if stream is not None:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def tell(text: str) -> None:
    """Say it on stderr, or to nobody where that cannot be written either: the exit code still says what happened."""
    try:
        print(text, file=sys.stderr)
    except OSError:
        forget(sys.stderr)


def say_why(error: BaseException) -> int:
    """Say on stderr what went wrong, and which exit code that is."""
    if isinstance(error, KeyboardInterrupt | Interrupted):
        advice = error.advice if isinstance(error, Interrupted) else ""
        tell(f"\ninterrupted{f'; {harmless(advice)}' if advice else ''}")
        return 128 + error.number if isinstance(error, Interrupted) else INTERRUPTED
    if isinstance(error, MemoryError):
        tell("error: out of memory")
        return ENVIRONMENT
    if isinstance(error, ChalknetError):
        tell(f"error: {harmless(str(error))}")
        if error.hint:
            tell(f"  hint: {harmless(error.hint)}")
        if isinstance(error, EnvironmentFault):
            return ENVIRONMENT
        if isinstance(error, CheckFailed):
            return CHECK_FAILED
        return DIVERGED if isinstance(error, Diverged) else BAD_INPUT
    if isinstance(error, OSError):
        place, reason = error.filename or "output", error.strerror or error
        tell(f"error: {harmless(f'{place}: {reason}')}")
        return ENVIRONMENT
    tell(f"internal error: {type(error).__name__}: {harmless(str(error))}")
    tell("  hint: --debug shows where")
    return BUG


def harmless(text: str) -> str:
    """A message may quote names from anywhere: no control character of theirs reaches the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
