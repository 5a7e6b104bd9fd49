"""Names of files as words of a command that can be pasted into a shell."""

import shlex
from pathlib import Path


def word(name: str | Path) -> str:
    """`name` for a shell, and never taken for an option."""
    text = str(name)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
