"""The `chalknet` command: its subcommands, and what they leave with.

Exit codes are those of scripts/failing.py, and 141 where the reader of our output is gone.
"""

import atexit
import gc
import signal
import sys
import traceback
import warnings
from types import FrameType
from typing import Annotated, NoReturn

import typer

from framework import __version__
from framework.errors import ChalknetError
from scripts.commands.evaluate import evaluate
from scripts.commands.gradcheck import gradcheck
from scripts.commands.predict import predict
from scripts.commands.recipes import recipes
from scripts.commands.resume import resume
from scripts.commands.schema import schema
from scripts.commands.show import show
from scripts.commands.train import train
from scripts.failing import BAD_INPUT, INTERRUPTED, forget, harmless, say_why, tell
from scripts.help import NAMES, in_paragraphs
from scripts.interrupted import Interrupted
from scripts.usage import CommandLine

BROKEN_PIPE = 141

app = typer.Typer(
    name="chalknet",
    add_completion=False,
    pretty_exceptions_enable=False,
    suggest_commands=False,  # we do it ourselves
    context_settings={"help_option_names": NAMES},
)
for command in (train, resume, show, recipes, evaluate, predict, gradcheck, schema):
    app.command(help=in_paragraphs(command.__doc__))(command)


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
    atexit.register(gc.freeze)  # or Python looks through all there is for cycles before it ends: 0.1 s
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
        forget(sys.stdout)
        sys.exit(BROKEN_PIPE)
    except (Exception, KeyboardInterrupt, Interrupted) as error:
        if "--debug" in sys.argv:
            tell("\n".join(map(harmless, traceback.format_exc().splitlines())))
        code = say_why(error)
        if isinstance(error, OSError) and not isinstance(error, ChalknetError):
            forget(sys.stdout)  # it may be what is full
        sys.exit(code)
    sys.exit(code if isinstance(code, int) else 0)


def _run(words: list[str]) -> object:
    """Run the command that the words say. Raises InputError where they do not say one."""
    line = CommandLine(words, app)
    line.check()
    try:
        return line.group(words, standalone_mode=False)
    except typer.TyperException as error:
        raise line.explained(error) from error


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    tell(f"warning: {harmless(str(message))}")


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Interrupted(number)


if __name__ == "__main__":
    main()
