"""chalknet resume: go on with a run that was stopped, to the same bits as if it never had been."""

from pathlib import Path
from typing import Annotated

import typer


def resume(
    run: Annotated[Path, typer.Argument(help="The folder of a run that was stopped.")],
    train: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Where its training table is now, if it has moved.")
    ] = None,
    save_every: Annotated[int | None, typer.Option(metavar="N", help="Save after every N steps.", min=1)] = None,
    accept_drift: Annotated[
        bool, typer.Option("--accept-drift", help="Go on although another NumPy, BLAS or processor rounds otherwise.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing submission.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the report as one line on stdout; the rest goes to stderr.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show nothing while it runs.")] = False,
) -> None:
    """Go on with a run that was stopped or killed, from the last state it saved.

    Weights, history and submission become the same bits as without the stop. Refused where spec, rows or seed are
    no longer those of the run.
    """
    from scripts.job import resume_job
    from scripts.options import Options

    options = Options(train=train, force=force, every=save_every, json=json, quiet=quiet)
    resume_job(run, options, accept_drift=accept_drift)
