"""Everything that can be wrong with what a person hands in, as a small family of exceptions.

A message says where, what came, and what was expected: `train.csv: line 1205, column 'pixel17': got '256';
expected an integer from 0 to 255`. `hint`, when there is one, is a second line that says what to do. The `chalknet`
command turns each class into its exit code; a script catches `ChalknetError` to catch them all.
"""


class ChalknetError(Exception):
    """Base of all errors a caller can act on. A bug raises something else."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        if hint is not None:
            self.add_note(f"hint: {hint}")  # Python prints it below the message


class InputError(ChalknetError, ValueError):
    """A value, a file or a command line that cannot be used as it is."""


class TableError(InputError):
    """A CSV table that is not what its format says."""


class SpecError(InputError):
    """A JSON spec that does not describe a model or a run."""


class ModelFileError(InputError):
    """A saved model that is damaged, foreign, or does not fit its spec."""


class EnvironmentFault(ChalknetError, OSError):
    """The machine said no: disk full, no permission, a folder in use."""


class Diverged(ChalknetError, ArithmeticError):
    """Training produced a number that is not finite."""


class CheckFailed(ChalknetError):
    """A check that was asked for found something wrong."""


def quoted(value: object, limit: int = 40) -> str:
    """`value` between quotes, as `printable` shows it."""
    return f"'{printable(value, limit)}'"


def as_given(value: object) -> str:
    """A value as it was handed in: a text between quotes, so that it is told from a number, all else bare."""
    return quoted(value) if isinstance(value, str) else printable(value)


def printable(value: object, limit: int = 40) -> str:
    """`value` cut at `limit` characters, everything but printable ASCII escaped: no control sequence, no bidi mark."""
    text = str(value)[: limit + 1]  # no sign gets shorter, and a text may have a million of them
    shown = "".join(c if c.isascii() and c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return f"{shown[:limit]}..." if len(shown) > limit else shown


def shown_path(path: object) -> str:
    """A path as the user gave it, in any script, unless something in it could disturb a terminal."""
    return str(path) if str(path).isprintable() else printable(path, 4096)
