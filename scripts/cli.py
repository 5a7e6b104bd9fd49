"""The `chalknet` command: its subcommands, and the one place where an exception becomes a message and an exit code.

0 done · 2 bad input or usage · 3 environment (disk full, no permission, folder in use) · 4 training diverged ·
5 a check failed · 129 the terminal was closed · 130 Ctrl-C · 141 the reader of our output is gone · 143 SIGTERM ·
1 only for a bug.
"""

import os
import signal
import sys
import traceback
import warnings
from contextlib import suppress
from types import FrameType
from typing import Annotated, NoReturn, TextIO

import typer

from framework import __version__
from framework.errors import ChalknetError, CheckFailed, Diverged, EnvironmentFault
from scripts.commands.evaluate import evaluate
from scripts.commands.gradcheck import gradcheck
from scripts.commands.predict import predict
from scripts.commands.recipes import recipes
from scripts.commands.resume import resume
from scripts.commands.schema import schema
from scripts.commands.show import show
from scripts.commands.train import train
from scripts.interrupted import Interrupted
from scripts.usage import CommandLine

BUG, BAD_INPUT, ENVIRONMENT, DIVERGED, CHECK_FAILED = 1, 2, 3, 4, 5
INTERRUPTED, BROKEN_PIPE = 130, 141

app = typer.Typer(
    name="chalknet",
    add_completion=False,
    pretty_exceptions_enable=False,
    suggest_commands=False,  # we do it ourselves
    context_settings={"help_option_names": ["--help", "-h"]},
)
for command in (train, resume, show, recipes, evaluate, predict, gradcheck, schema):
    app.command()(command)


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show Python's traceback of an error.")] = False,
) -> None:
    """Neural-network layers in plain NumPy: train, evaluate, predict."""
    if show_version:
        print(f"chalknet {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(BAD_INPUT)


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP; under nohup it is ignored, and stays so
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _terminate)
    warnings.showwarning = _warn
    try:
        code = _run(sys.argv[1:])
        if code == INTERRUPTED:  # typer takes Ctrl-C for itself and makes this of it
            raise KeyboardInterrupt
        if sys.stdout is not None:
            sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # the latter is what rich makes of the former
        _forget(sys.stdout)
        sys.exit(BROKEN_PIPE)
    except (Exception, KeyboardInterrupt, Interrupted) as error:
        if "--debug" in sys.argv:
            _tell("\n".join(map(_harmless, traceback.format_exc().splitlines())))
        code = _report(error)
        if isinstance(error, OSError) and not isinstance(error, ChalknetError):
            _forget(sys.stdout)  # it may be what is full
        sys.exit(code)
    sys.exit(code if isinstance(code, int) else 0)


def _run(words: list[str]) -> object:
    """Run the command that the words say. Raises InputError where they do not say one."""
    line = CommandLine(words, app)
    line.check()
    try:
        return app(words, standalone_mode=False)
    except typer.TyperException as error:
        raise line.explained(error) from error


def _forget(stream: TextIO | None) -> None:
    """Python flushes stdout and stderr once more when it ends, and would complain."""
    if stream is not None:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _tell(text: str) -> None:
    """Say it on stderr, or to nobody where that cannot be written either: the exit code still says what happened."""
    try:
        print(text, file=sys.stderr)
    except OSError:
        _forget(sys.stderr)


def _report(error: BaseException) -> int:
    """Say on stderr what went wrong, and which exit code that is."""
    if isinstance(error, KeyboardInterrupt | Interrupted):
        advice = error.advice if isinstance(error, Interrupted) else ""
        _tell(f"\ninterrupted{f'; {_harmless(advice)}' if advice else ''}")
        return 128 + error.number if isinstance(error, Interrupted) else INTERRUPTED
    if isinstance(error, MemoryError):
        _tell("error: out of memory")
        return ENVIRONMENT
    if isinstance(error, ChalknetError):
        _tell(f"error: {_harmless(str(error))}")
        if error.hint:
            _tell(f"  hint: {_harmless(error.hint)}")
        if isinstance(error, EnvironmentFault):
            return ENVIRONMENT
        if isinstance(error, CheckFailed):
            return CHECK_FAILED
        return DIVERGED if isinstance(error, Diverged) else BAD_INPUT
    if isinstance(error, OSError):
        place, reason = error.filename or "output", error.strerror or error
        _tell(f"error: {_harmless(f'{place}: {reason}')}")
        return ENVIRONMENT
    _tell(f"internal error: {type(error).__name__}: {_harmless(str(error))}")
    _tell("  hint: --debug shows where")
    return BUG


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    _tell(f"warning: {_harmless(str(message))}")


def _harmless(text: str) -> str:
    """A message may quote names from anywhere: no control character of theirs reaches the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Interrupted(number)


if __name__ == "__main__":
    main()
