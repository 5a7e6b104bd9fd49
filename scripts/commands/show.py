"""chalknet show: a recipe, a spec or a finished run on one screen."""

from typing import Annotated

import typer


def show(
    target: Annotated[
        str, typer.Argument(metavar="RECIPE|SPEC|RUN", help="A recipe's name, a spec file, a run, or a model file.")
    ],
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a field first, as for train.")
    ] = None,
) -> None:
    """Show a network with its formulas, parameters, memory and work, and of a run also what became of it."""
    from pathlib import Path

    from framework.console import default_console
    from framework.errors import InputError
    from models.recipes import RECIPES, TABLES
    from scripts.overview import show_model, show_run, show_spec
    from scripts.run_folder import RunFolder
    from scripts.run_spec import find_run_spec
    from scripts.trained import is_model_file

    console, path = default_console(), Path(target)
    folder = None if target in RECIPES else RunFolder.found(target)
    if is_model_file(path):
        if set_:
            raise InputError("--set: got a trained model; expected a recipe or a spec file")
        show_model(path, console)
    elif folder is None:
        show_spec(find_run_spec(target, set_ or []), path.stem, console, tables=TABLES.get(target))
    elif set_:
        hint = f"its spec file is {target}/spec.json"
        raise InputError("--set: got a run, which is over; expected a recipe or a spec file", hint=hint)
    else:
        show_run(folder, console)
