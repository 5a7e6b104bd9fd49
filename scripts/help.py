"""How --help looks: a flag stands alone, without the type of a value, and a paragraph is as wide as the screen."""

import inspect

import typer
from typer.core import TyperGroup, TyperOption

NAMES = ["--help", "-h"]


def in_paragraphs(text: str | None) -> str:
    """A docstring with each of its paragraphs in one line, which typer folds where the screen ends."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text or "").split("\n\n"))


def without_types_of_flags(group: TyperGroup) -> TyperGroup:
    """`group`, whose help and that of its commands no longer says <bool> after what takes no value."""
    for command in (group, *group.commands.values()):
        context = typer.Context(command, help_option_names=NAMES)
        for option in (*command.params, command.get_help_option(context)):
            if isinstance(option, TyperOption) and option.is_flag:
                option.metavar = ""
    return group
