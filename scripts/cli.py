"""The `chalknet` command: its subcommands, and the one place where an exception becomes a message and an exit code.

0 done · 2 bad input or usage · 3 environment (disk full, no permission, folder in use) · 4 training diverged ·
5 a check failed · 130 Ctrl-C · 141 the reader of our output is gone · 143 SIGTERM · 1 only for a bug.
"""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

import typer

from framework.errors import ChalknetError, Diverged, EnvironmentFault
from scripts.commands.evaluate import evaluate
from scripts.commands.predict import predict
from scripts.commands.schema import schema
from scripts.commands.train import train

BUG, BAD_INPUT, ENVIRONMENT, DIVERGED, INTERRUPTED, BROKEN_PIPE, TERMINATED = 1, 2, 3, 4, 130, 141, 143

app = typer.Typer(
    name="chalknet",
    help="Neural-network layers in plain NumPy: train, evaluate, predict.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (train, evaluate, predict, schema):
    app.command()(command)


class Terminated(BaseException):
    """SIGTERM arrived."""


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    try:
        code = app(arguments, standalone_mode=False)
        if code == INTERRUPTED:  # typer takes Ctrl-C for itself and makes this of it
            raise KeyboardInterrupt
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # the latter is what rich makes of the former
        # Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BROKEN_PIPE)
    except (Exception, KeyboardInterrupt, Terminated) as error:
        if debug:
            raise
        sys.exit(_report(error))
    sys.exit(code if isinstance(code, int) else 0)


def _report(error: BaseException) -> int:
    """Say on stderr what went wrong, and which exit code that is."""
    if isinstance(error, KeyboardInterrupt | Terminated):
        print("\ninterrupted: nothing was saved", file=sys.stderr)
        return TERMINATED if isinstance(error, Terminated) else INTERRUPTED
    if isinstance(error, typer.TyperException):
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error)
            return BAD_INPUT
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        print(f"error: {message}\n  hint: chalknet --help, or chalknet COMMAND --help", file=sys.stderr)
        return BAD_INPUT
    if isinstance(error, MemoryError):
        print("error: out of memory", file=sys.stderr)
        return ENVIRONMENT
    if isinstance(error, ChalknetError):
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"  hint: {error.hint}", file=sys.stderr)
        if isinstance(error, EnvironmentFault):
            return ENVIRONMENT
        return DIVERGED if isinstance(error, Diverged) else BAD_INPUT
    print(f"internal error: {type(error).__name__}: {error}\n  hint: --debug shows where", file=sys.stderr)
    return BUG


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated


if __name__ == "__main__":
    main()
