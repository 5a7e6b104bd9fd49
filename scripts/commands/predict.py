"""chalknet predict: a trained model's labels for a table, as a submission file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

KAGGLE_ROWS = 28_000
OVERLAP = (
    "caution: if these are Kaggle's test images, this model has learnt from 24,015 of them, for they are among the "
    "embedded training digits; for the competition, train with --train data/kaggle/train.csv"
)


def predict(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    table: Annotated[Path, typer.Argument(metavar="CSV", help="A table without labels, plain or gzip.")],
    out: Annotated[Path, typer.Option(help="Where the submission goes: ImageId,Label, ids from 1.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write the labels a run's model gives to the rows of a table."""
    from framework.data.table import read_table
    from framework.errors import shown_path
    from models import digits
    from scripts.run_folder import RunFolder
    from scripts.submission import check_target, write_submission

    check_target(out, force=force)
    folder = RunFolder(run)
    spec, model = folder.read_trained()
    rows = read_table(table, spec.data.table_format(), labelled=False)
    if rows.notice:
        print(rows.notice, file=sys.stderr)
    if len(rows.features) == KAGGLE_ROWS and folder.read_report().get("data_sha256") == digits.TRAIN_SHA256:
        print(OVERLAP, file=sys.stderr)
    write_submission(out, model.predict(rows.features), force=force)
    print(f"{shown_path(out)}: {len(rows.features):,} predictions, written and read again")
