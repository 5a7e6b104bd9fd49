"""chalknet resume: go on with a run that was stopped, to the same bits as if it never had been."""

from pathlib import Path
from typing import Annotated

import typer


def resume(
    run: Annotated[Path, typer.Argument(help="The folder of a run that was stopped.")],
    train: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Where its training table is now, if it has moved.")
    ] = None,
    test: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Measure on this table, where the first one has moved.")
    ] = None,
    no_test: Annotated[bool, typer.Option("--no-test", help="Open no test set.")] = False,
    predict: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Predict this table, where the first one has moved.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="CSV", help="Where the submission goes instead.")] = None,
    save_every: Annotated[
        int | None, typer.Option(metavar="N", help="Save the state after every N steps as well.", min=1)
    ] = None,
    accept_drift: Annotated[
        bool,
        typer.Option(
            "--accept-drift", help="Go on although another NumPy or processor, or fewer cores, round otherwise."
        ),
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

    options = Options(
        train=train,
        test=test,
        no_test=no_test,
        predict=predict,
        out=out,
        force=force,
        every=save_every,
        json=json,
        quiet=quiet,
    )
    resume_job(run, options, accept_drift=accept_drift)
