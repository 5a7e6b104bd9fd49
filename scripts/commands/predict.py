"""chalknet predict: the labels that a trained model, or several together, give to a table, as a submission file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

KAGGLE_ROWS = 28_000
OVERLAP = (
    "if these are Kaggle's test images, this model has learnt from 24,015 of them, for they are among the "
    "embedded training digits; for the competition, train with --train data/kaggle/train.csv"
)


def predict(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="The folder of a run, or several.")],
    table: Annotated[Path, typer.Argument(metavar="CSV", help="A table without labels, plain or gzip.")],
    out: Annotated[Path, typer.Option(metavar="CSV", help="Where the submission goes: ImageId,Label, ids from 1.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    augment: Annotated[int, typer.Option(metavar="N", help="Show each row N times more, distorted.")] = 0,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the distortions.")] = 0,
) -> None:
    """Write the labels that a run, or several runs together, give to the rows of a table.

    Several runs are a committee: their probabilities are averaged. With
    --augment each run sees every row as it is and in N versions, distorted as
    in its training, and averages over all of them.
    """
    from framework.data.table import read_table
    from framework.errors import shown_path
    from models import digits
    from scripts.members import Members
    from scripts.submission import check_target, write_submission

    check_target(out, force=force)
    members = Members(runs, augment=augment, seed=seed)
    model = members.classifier()
    rows = read_table(table, members.table_format, labelled=False)
    if rows.notice:
        print(rows.notice, file=sys.stderr)
    if len(rows.features) == KAGGLE_ROWS:
        members.warn(OVERLAP, learnt_from=lambda digest: digest == digits.TRAIN_SHA256)
    write_submission(out, model.predict(rows.features), force=force)
    if averaged := members.averaged():
        print(f"averaged: {averaged}")
    print(f"{shown_path(out)}: {len(rows.features):,} predictions, written and read again")
