"""Evaluating: one pass over labelled data in inference mode, and a report of how it went."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from framework.data.dataset import Dataset
from framework.losses import Loss, SoftmaxCrossEntropy
from framework.metrics import ClassScores, class_scores, confusion_matrix
from framework.sequential import PREDICT_BATCH, Sequential
from framework.types import Integers


@final
@dataclass(frozen=True)
class Evaluation:
    """The mean loss over n samples and, where the targets are class labels, what each was taken for.

    `predicted` (n,) and `confusion` (classes, classes) are None for other targets, and so is `accuracy`.
    """

    loss: float
    n: int
    predicted: Integers | None = None
    confusion: NDArray[np.int64] | None = None

    @property
    def accuracy(self) -> float | None:
        return None if self.confusion is None else int(np.trace(self.confusion)) / self.n

    @property
    def errors(self) -> int | None:
        return None if self.confusion is None else self.n - int(np.trace(self.confusion))

    @cached_property
    def class_scores(self) -> ClassScores | None:
        """Precision, recall and F1 per class."""
        return None if self.confusion is None else class_scores(self.confusion)


def evaluate(model: Sequential, data: Dataset | tuple[ArrayLike, ArrayLike], loss: Loss | None = None) -> Evaluation:
    """Loss (SoftmaxCrossEntropy unless given) and, for class labels, accuracy and confusion of `model` on `data`."""
    dataset, loss = Dataset.of(data), loss or SoftmaxCrossEntropy()
    labels = dataset.labels
    total = 0.0
    predicted = np.empty(len(dataset), np.int64)
    for start in range(0, len(dataset), PREDICT_BATCH):
        rows = slice(start, start + PREDICT_BATCH)
        outputs = model.forward(dataset.x[rows])
        total += loss.value(outputs, dataset.y[rows]) * len(outputs)
        predicted[rows] = outputs.argmax(axis=1)
    if labels is None or len(model.output_shape) != 1 or model.output_shape[0] < 2:
        return Evaluation(total / len(dataset), len(dataset))
    return Evaluation(
        total / len(dataset), len(dataset), predicted, confusion_matrix(labels, predicted, model.output_shape[0])
    )
