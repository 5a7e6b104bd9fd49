"""chalknet evaluate: how good is a trained model on a labelled table?"""

import os
import sys
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from framework.evaluation import Evaluation

OVERLAP = (
    "caution: this model did not learn from the embedded training digits; if its rows were Kaggle's, it has seen 6,015 "
    "of the 10,000 test digits, and the figures flatter it"
)


def evaluate(
    run: Annotated[Path, typer.Argument(help="The folder of a run.")],
    table: Annotated[Path, typer.Argument(metavar="CSV", help="A table with labels, plain or gzip.")],
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON instead.")] = False,
) -> None:
    """Measure a run's model on a labelled table: loss, accuracy, and the scores of each class."""
    from framework.console import default_console, print_results
    from framework.data.table import read_table
    from framework.errors import shown_path
    from framework.evaluation import evaluate as measure
    from models import digits
    from scripts.run_folder import RunFolder

    folder = RunFolder(run)
    spec, model = folder.read_trained()
    rows = read_table(table, spec.data.table_format())
    if rows.notice:
        print(rows.notice, file=sys.stderr)
    embedded = os.path.exists(digits.TEST) and os.path.samefile(table, digits.TEST)
    if embedded and folder.read_report().get("data_sha256") != digits.TRAIN_SHA256:
        print(OVERLAP, file=sys.stderr)
    data = rows.dataset()
    evaluation = measure(model, data, loss=spec.loss.build())
    if json:
        print(_as_json(evaluation))
    else:
        shape = spec.data.image_shape
        print_results(model, data, evaluation, default_console(), name=shown_path(table), image_shape=shape)


def _as_json(evaluation: "Evaluation") -> str:
    """One line of JSON: loss, accuracy, and per class precision, recall and F1."""
    tree: dict[str, object] = {"loss": evaluation.loss, "accuracy": evaluation.accuracy, "rows": evaluation.n}
    scores = evaluation.class_scores
    if scores is not None and evaluation.confusion is not None:
        tree["classes"] = {
            "precision": scores.precision.tolist(),
            "recall": scores.recall.tolist(),
            "f1": scores.f1.tolist(),
        }
        tree["confusion"] = evaluation.confusion.tolist()
    return dumps(tree)
