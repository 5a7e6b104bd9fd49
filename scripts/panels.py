"""What the commands print of an evaluation for another program to read."""

import json

from framework.evaluation import Evaluation


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
