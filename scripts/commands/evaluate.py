"""chalknet evaluate: how good is a trained model on a labelled table?"""

import sys
from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    table: Annotated[Path, typer.Argument(metavar="CSV", help="A table with labels, plain or gzip.")],
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON instead.")] = False,
) -> None:
    """Measure a run's model on a labelled table: loss, accuracy, and the scores of each class."""
    from framework.data.table import read_table
    from framework.evaluation import evaluate as measure
    from scripts.panels import evaluation_as_json, print_evaluation
    from scripts.run_folder import RunFolder

    folder = RunFolder(run)
    spec, model = folder.read_spec(), folder.read_model()
    rows = read_table(table, spec.data.table_format())
    if rows.notice:
        print(rows.notice, file=sys.stderr)
    evaluation = measure(model, rows.dataset(), loss=spec.loss.build())
    if json:
        print(evaluation_as_json(evaluation))
    else:
        print_evaluation(evaluation, str(table))
