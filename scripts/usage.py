"""What is wrong with a command line, in the words of this house: what came, what was expected, what to type.

Typer's complaints are told apart by their wording, and one that is not known here is passed on as it is. The search
among settings takes a recipe and the spec classes, and waits until it is needed.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import typer
from typer.core import TyperArgument, TyperGroup, TyperOption
from typer.main import get_command

from framework.errors import ChalknetError, InputError, quoted
from framework.nearest import likeness, nearest
from scripts.help import without_types_of_flags
from scripts.words import word

EXAMPLES = {
    "evaluate": "chalknet evaluate runs/digits-1 data/test.csv.gz",
    "predict": "chalknet predict runs/kaggle-1 data/kaggle/test.csv --out submission.csv",
    "resume": "chalknet resume runs/digits-1",
    "show": "chalknet show digits",
    "--train": "--train data/kaggle/train.csv",
    "--test": "--test data/test.csv.gz",
    "--validation": "--validation 0.1",
    "--run": "--run runs/mine",
    "--seed": "--seed 1",
    "--epochs": "--epochs 20",
    "--threads": "--threads 1",
    "--predict": "--predict data/kaggle/test.csv --out submission.csv --train data/kaggle/train.csv",
    "--out": "--out submission.csv",
    "--augment": "--augment 8",
    "--save-every": "--save-every 100",
    "--set": "--set training.batch_size=64",
}
"""Commands and options as they are usually typed."""


class CommandLine:
    """The words after `chalknet`, beside the commands and options there are."""

    def __init__(self, words: Sequence[str], app: typer.Typer) -> None:
        group = get_command(app)
        if not isinstance(group, TyperGroup):
            raise TypeError("expected an app of several commands")
        self.words = list(words)
        self.group = without_types_of_flags(group)
        self.name = next((word for word in words if not word.startswith("-")), "")
        self.command = group.commands.get(self.name, group)
        self.called = f"chalknet {self.name}" if self.name in group.commands else "chalknet"
        self.options = _options(self.command.params)

    def check(self) -> None:
        """Raise InputError where an option stands in place of another's value: typer would take it for the value."""
        for option, following in pairwise(self.words):
            takes_value = option in self.options and not self.options[option].is_flag
            if takes_value and following.partition("=")[0] in self.options:
                raise self._without_value(option)

    def explained(self, error: typer.TyperException) -> InputError:
        """What typer complains about."""
        message = error.format_message()
        for pattern, explain in (
            (r"No such command .*", self._unknown_command),
            (r"No such option: (\S+).*", self._unknown_option),
            (r"Option '(\S+)' requires an argument\.", self._without_value),
            (r"Option '(\S+)' does not take a value\.", self._with_value),
            (r"Invalid value for '(\S+)': Input should be a valid integer.*", self._with_no_integer),
            (r"Invalid value for '(\S+)': Input should be greater than or equal to 1\b.*", self._with_too_little),
            (r"Missing (?:argument|option) '(\S+)'\.", self._incomplete),
            (r"Got unexpected extra argument\(s\) \((.*)\)", self._too_long),
        ):
            match = re.fullmatch(pattern, message)
            if match is not None:
                return explain(match[match.lastindex or 0])
        return InputError(f"{self.called}: {message}", hint=f"see {self.called} --help")

    @property
    def _arguments(self) -> list[str]:
        """The words after the command that are neither options nor the value of one, as which that of an unknown option
        counts.
        """
        words = self.words[self.words.index(self.name) :]
        flags = [name for name, option in self.options.items() if option.is_flag]
        return [
            following
            for before, following in pairwise(words)
            if not following.startswith("-") and (not before.startswith("-") or before in flags)
        ]

    @property
    def _usage(self) -> str:
        """The command with what it needs."""
        words = [self.called]
        for parameter in self.command.params:
            if isinstance(parameter, TyperArgument):
                words.append(_usage_of(parameter) if parameter.required else f"[{_usage_of(parameter)}]")
            elif isinstance(parameter, TyperOption) and parameter.required:
                words.append(f"{parameter.opts[0]} {_metavar(parameter)}")
        return " ".join(words)

    def _unknown_command(self, _: str) -> InputError:
        from models.recipes import RECIPES

        meant = nearest(self.name, self.group.commands)
        if meant is None and (self.name in RECIPES or self.name.endswith(".json")):
            meant = f"train {self.name}"
        return InputError(
            f"chalknet: got the command {quoted(self.name)}; expected one of {', '.join(self.group.commands)}",
            hint=f"did you mean chalknet {meant}?" if meant else "see chalknet --help",
        )

    def _unknown_option(self, option: str) -> InputError:
        candidates = [word for word in self.words if word.partition("=")[0] == option]
        if not candidates:  # of letters after one dash, such as -lr, typer names the first
            candidates = [word for word in self.words if word.startswith(option) and not word.startswith("--")]
        value = ""
        if candidates:
            option, _, value = candidates[0].partition("=")
            following = self.words[self.words.index(candidates[0]) + 1 :]
            if not value and following and not following[0].startswith("--"):
                value = following[0]
        if option in self.options:
            return InputError(
                f"chalknet: got the option {quoted(option)} before the command; expected it after",
                hint=f"did you mean {self.called} {_typed(self.options[option], value)}?",
            )
        known = [name for name in self.options if name.startswith("--")] + ["--help"]
        return InputError(
            f"{self.called}: got the option {quoted(option)}; expected one of {', '.join(known)}",
            hint=self._option_meant(option, value) or f"see {self.called} --help",
        )

    def _option_meant(self, option: str, value: str) -> str | None:
        """The option or the setting most like the one that was typed, the option where both are."""
        if self.command is self.group:
            for name, command in self.group.commands.items():
                options = _options(command.params)
                if option in options:
                    return f"options of a command come after it: chalknet {name} {_typed(options[option], value)}"
            return None
        if self.name == "resume" and option in (begun_with := _options(self.group.commands["train"].params)):
            run = (self._arguments or ["RUN"])[0]
            another = f"chalknet train {word(f'{run}/spec.json')}{_table_of(run)} {_typed(begun_with[option], value)}"
            return f"a run goes on as it was begun and cannot be extended; for a new one: {another}"
        if option in _options(self.group.params):
            return f"it comes before the command: chalknet {option} {self.name}"
        if option == "--recipe" and self.name in ("train", "show"):
            return f"did you mean {self.called} {word(value or 'NAME')}?"
        if option in ("--test", "--predict") and self.name in ("evaluate", "predict") and self._arguments:
            table = [] if value in self._arguments else [value or "CSV"]
            return f"the table comes after the runs: {self.called} {' '.join(map(word, (*self._arguments, *table)))}"
        if re.fullmatch(r"-[a-z]", option):
            begun = [name for name in self.options if name.startswith(f"-{option}")]
            return f"did you mean {_typed(self.options[begun[0]], value)}?" if len(begun) == 1 else None
        near = nearest(option, self.options)
        if "--set" in self.options:
            from models.recipes import RECIPES, recipe
            from scripts.settings import option_hint

            named = next(word for word in (*self.words, *RECIPES) if word in RECIPES)
            like, hint = option_hint(option, value, recipe(named))
            if near is None or likeness(option, near) < like:
                return hint
        if near is None:
            return None
        return f"did you mean {_typed(self.options[near], value)}?"

    def _without_value(self, option: str) -> InputError:
        metavar = _metavar(self.options[option])
        return InputError(
            f"{option}: got no value; expected {option} {metavar}", hint=f"such as {EXAMPLES.get(option, self._usage)}"
        )

    def _with_value(self, option: str) -> InputError:
        value = next((word.partition("=")[2] for word in self.words if word.startswith(f"{option}=")), "")
        return InputError(f"{option}: got the value {quoted(value)}; expected {option} alone")

    def _with_no_integer(self, option: str) -> InputError:
        values = [after for word, after in pairwise(self.words) if word == option]
        values += [word.partition("=")[2] for word in self.words if word.startswith(f"{option}=")]
        got = next((value for value in reversed(values) if not value.isdecimal()), "")
        return InputError(f"{option}: got {quoted(got)}; expected an integer", hint=f"such as {EXAMPLES[option]}")

    def _with_too_little(self, option: str) -> InputError:
        return InputError(
            f"{option}: got {self._value_of(option)}; expected 1 or more", hint=f"such as {EXAMPLES[option]}"
        )

    def _value_of(self, option: str) -> str:
        values = [after for word, after in pairwise(self.words) if word == option]
        return [*values, *(word.partition("=")[2] for word in self.words if word.startswith(f"{option}="))][-1]

    def _incomplete(self, missing: str) -> InputError:
        if missing == "RUN" and self._arguments and not self._arguments[0].endswith((".csv", ".csv.gz")):
            missing = "CSV"  # typer takes the only word for the last argument
        return InputError(
            f"{self.called}: got no {missing if missing.startswith('-') else missing.upper()}; expected {self._usage}",
            hint=f"such as {EXAMPLES.get(self.name, self._usage)}",
        )

    def _too_long(self, extra: str) -> InputError:
        return InputError(
            f"{self.called}: got the extra {quoted(extra)}; expected {self._usage}",
            hint=self._extra_meant(extra) or f"see {self.called} --help",
        )

    def _extra_meant(self, extra: str) -> str | None:
        """What somebody wanted who has written a word too many."""
        first, *_, last = 2 * extra.split(" ")
        if first not in self.words or "--set" not in self.options:
            return None
        before = self.words[: self.words.index(first)]
        if "--set" in before[-3:]:  # --set training.epochs 3, or with spaces around the =
            path = before[len(before) - before[::-1].index("--set") :][0].rstrip("=")
            if "=" not in path:
                return f"did you mean --set {shlex.quote(f'{path}={last}')}?"
        if "=" in first:
            return f"did you mean --set {shlex.quote(first)}?"
        if "--train" in self.options and first.endswith((".csv", ".csv.gz")):
            return f"did you mean --train {shlex.quote(first)}?"
        return None


def _options(parameters: Iterable[object]) -> dict[str, TyperOption]:
    return {name: option for option in parameters if isinstance(option, TyperOption) for name in option.opts}


def _table_of(run: str) -> str:
    """The option that names the table of a run, where that is not the embedded one."""
    from scripts.run_folder import RunFolder

    try:
        job = RunFolder(Path(run)).read_job()
    except ChalknetError:
        return ""
    return "" if job.embedded else f" --train {word(job.train)}"


def _typed(option: TyperOption, value: str) -> str:
    """How to type the option, with that value if it takes one."""
    if option.is_flag:
        return option.opts[0]
    return f"{option.opts[0]} {shlex.quote(value) if value else _metavar(option)}"


def _usage_of(argument: TyperArgument) -> str:
    return _metavar(argument) + ("..." if argument.nargs == -1 else "")


def _metavar(parameter: TyperArgument | TyperOption) -> str:
    return parameter.metavar or (parameter.name or "").upper()
