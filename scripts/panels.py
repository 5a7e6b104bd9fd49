"""What the commands show of an evaluation."""

import json

from rich.console import Console
from rich.table import Table

from framework.console import say
from framework.evaluation import Evaluation


def print_evaluation(evaluation: Evaluation, source: str, console: Console | None = None) -> None:
    """Loss, accuracy, and a row per class."""
    console = console or Console()
    say(console, result_line(evaluation, source))
    scores = evaluation.class_scores
    if scores is None:
        return
    table = Table(box=None, pad_edge=False)
    for column in ("class", "precision", "recall", "F1", "samples"):
        table.add_column(column, justify="right")
    for label in range(len(scores.support)):
        figures = (scores.precision[label], scores.recall[label], scores.f1[label])
        table.add_row(str(label), *(f"{figure:.4f}" for figure in figures), f"{scores.support[label]:,}")
    console.print(table)


def result_line(evaluation: Evaluation, source: str) -> str:
    """Accuracy and loss in one line."""
    if evaluation.accuracy is None:
        return f"{source}: loss {evaluation.loss:.4f} on {evaluation.n:,} rows"
    return (
        f"{source}: accuracy {evaluation.accuracy:.2%}, {evaluation.errors:,} errors in {evaluation.n:,}, "
        f"loss {evaluation.loss:.4f}"
    )


def evaluation_as_json(evaluation: Evaluation) -> str:
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
    return json.dumps(tree)
