"""chalknet train: from a table to a trained, measured, saved model, and on request to a submission."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's name, or a spec file.")] = "digits",
    train: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Train on this table, not on the embedded digits.")
    ] = None,
    test: Annotated[Path | None, typer.Option(metavar="CSV", help="Measure on this table at the end.")] = None,
    no_test: Annotated[bool, typer.Option("--no-test", help="Open no test set, not even the embedded one.")] = False,
    validation: Annotated[
        str | None, typer.Option(metavar="PART", help="Hold out this part of the training rows.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run folder to make; else a new one under runs/.")
    ] = None,
    seed: Annotated[str | None, typer.Option(metavar="N", help="Seed of all that is random but the split.")] = None,
    epochs: Annotated[str | None, typer.Option(metavar="N", help="How often to go through the rows.")] = None,
    threads: Annotated[
        str | None, typer.Option(metavar="N|auto", help="Threads of a training step; auto measures.")
    ] = None,
    predict: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Predict this table afterwards; needs --out.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="CSV", help="Where the submission goes.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing submission.")] = False,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a field: training.batch_size=64.")
    ] = None,
    save_every: Annotated[
        int | None, typer.Option(metavar="N", help="Save the state after every N steps as well.", min=1)
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the report as one line on stdout; the rest goes to stderr.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show nothing while it runs.")] = False,
) -> None:
    """Train a recipe and keep it: on the embedded digits, or on a table of your own.

    With --train and no --test no test set is opened (Kaggle's rows contain the embedded test digits), and the
    accuracy is that of the rows held out by --validation.
    """
    from scripts.job import run_job
    from scripts.options import Options

    settings = list(set_ or [])
    # each is a setting too, whose value is judged where all settings are
    for option, value in (
        ("--validation", validation),
        ("--seed", seed),
        ("--epochs", epochs),
        ("--threads", threads),
    ):
        if value is not None:
            settings.append(f"{option} {value}")
    options = Options(
        train=train,
        test=test,
        no_test=no_test,
        run=run,
        predict=predict,
        out=out,
        force=force,
        every=save_every,
        json=json,
        quiet=quiet,
    )
    run_job(recipe, settings, options)
