"""chalknet predict: what a trained model, or several together, take the rows of a table for, as a submission file."""

from pathlib import Path
from typing import Annotated

import typer


def predict(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="The folder of a run or a model file, or several.")],
    table: Annotated[Path, typer.Argument(metavar="CSV", help="A table without labels, plain or gzip.")],
    out: Annotated[Path, typer.Option(metavar="CSV", help="Where the submission goes: ImageId,Label, ids from 1.")],
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Not the label, but the probability of each class: ImageId,0,1,...")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    augment: Annotated[int, typer.Option(metavar="N", help="Show each row N times more, distorted.")] = 0,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the distortions.")] = 0,
) -> None:
    """Write the labels that a run, or several runs together, give to the rows of a table, or the probabilities.

    Several runs are a committee: their probabilities are averaged. With --augment each run sees every row as it is and
    in N versions, distorted as in its training, and averages over all of them.
    """
    from framework.errors import shown_path
    from scripts.members import Members
    from scripts.submission import check_target, check_unread, write_probabilities, write_submission

    check_unread(out, [table, *runs])
    check_target(out, force=force)
    members = Members(runs, augment=augment, seed=seed)
    model = members.classifier()
    rows = members.read(table, labelled=False)
    if probabilities:
        write_probabilities(out, model.predict_proba(rows.features), force=force)
    else:
        write_submission(out, model.predict(rows.features), force=force)
    if averaged := members.averaged():
        print(f"averaged: {averaged}")
    print(f"{shown_path(out)}: {len(rows.features):,} predictions, written and read again")
