"""chalknet gradcheck: are the gradients of a recipe right?"""

from typing import Annotated

import typer


def gradcheck(
    target: Annotated[str, typer.Argument(metavar="RECIPE|SPEC", help="A recipe's name, or a spec file.")] = "digits",
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a field first, as for train.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON instead.")] = False,
) -> None:
    """Check a network's gradients against differences of its loss, on random data; exit code 5 if they are wrong."""
    from pathlib import Path

    from framework.console import default_console, say
    from scripts.gradients import checked_gradients, gradients_as_json
    from scripts.run_spec import find_run_spec

    report = checked_gradients(find_run_spec(target, set_ or []), Path(target).stem)
    if json:
        print(gradients_as_json(report))
    else:
        say(default_console(), report.table())
    report.raise_if_wrong()
