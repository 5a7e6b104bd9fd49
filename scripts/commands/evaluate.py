"""chalknet evaluate: how good is a trained model, or how good are several together, on a labelled table?"""

from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from framework.evaluation import Evaluation


def evaluate(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="The folder of a run or a model file, or several.")],
    table: Annotated[Path, typer.Argument(metavar="CSV", help="A table with labels, plain or gzip.")],
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON instead.")] = False,
    augment: Annotated[int, typer.Option(metavar="N", help="Show each row N times more, distorted.")] = 0,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the distortions.")] = 0,
) -> None:
    """Measure a run, or several together, on a labelled table: loss, accuracy, and the scores of each class.

    Several runs are a committee: their probabilities are averaged. With --augment each run sees every row as it is and
    in N versions, distorted as in its training, and averages over all of them. The loss of an average is the
    cross-entropy of the mean probabilities; that of one run alone is the loss it was trained with.
    """
    from framework.console import default_console, print_results
    from framework.errors import shown_path
    from framework.evaluation import evaluate as measure
    from scripts.members import Members

    members = Members(runs, augment=augment, seed=seed)
    model, averaged = members.classifier(), members.averaged()
    data, first = members.read(table).dataset(), members.specs[0]
    evaluation = measure(model, data, loss=None if averaged else first.loss.build())
    if json:
        print(_as_json(evaluation))
        return
    if averaged:
        print(f"averaged: {averaged}; the loss is the cross-entropy of the mean probabilities")
    shape = first.data.image_shape
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
