"""Evaluating: one pass over labelled data in inference mode, and a report of how it went."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from framework.committee import Member
from framework.data.dataset import Dataset
from framework.errors import InputError
from framework.losses import Loss, SoftmaxCrossEntropy
from framework.losses.targets import whole_hint
from framework.metrics import ClassScores, class_scores, confusion_matrix
from framework.sequential import PREDICT_BATCH, Sequential
from framework.types import Array, Integers, Shape


@final
@dataclass(frozen=True, repr=False)
class Evaluation:
    """The mean loss over n samples and, where the targets are labels or one-hot rows, what each was taken for.

    The mean is the loss's own: where classes or samples have weights, they weigh here too. Accuracy counts every row
    once.

    `predicted` (n,) and `confusion` (classes, classes) are None for other targets, and so is `accuracy`. `scores`
    (n, classes) are those of an Ensemble, which takes its time to give them; a model alone is asked again.
    """

    loss: float
    n: int
    predicted: Integers | None = None
    confusion: NDArray[np.int64] | None = None
    scores: Array | None = None

    @property
    def accuracy(self) -> float | None:
        return None if self.confusion is None else int(np.trace(self.confusion)) / self.n

    @property
    def errors(self) -> int | None:
        return None if self.confusion is None else self.n - int(np.trace(self.confusion))

    def __repr__(self) -> str:
        """The figures without the arrays."""
        right = "" if self.accuracy is None else f"accuracy {self.accuracy:.4f}, {self.errors:,} errors in "
        return f"Evaluation({right}{self.n:,} rows, loss {self.loss:.4f})"

    @cached_property
    def class_scores(self) -> ClassScores | None:
        """Precision, recall and F1 per class."""
        return None if self.confusion is None else class_scores(self.confusion)


def checked_data(model: Member, loss: Loss, data: Dataset | tuple[ArrayLike, ArrayLike], name: str) -> Dataset:
    """`data` as a Dataset, once it is sure that every row fits the model and the loss; else an InputError."""
    dataset = Dataset.of(data)
    if dataset.x.shape[1:] != model.input_shape:
        raise InputError(
            f"{name}: got samples of shape {dataset.x.shape[1:]}; the model expects {model.input_shape}",
            hint=_reshaped(dataset.x.shape, model.input_shape),
        )
    classes, labels = model.output_shape[0], dataset.labels
    if classes > 1 and labels is not None and dataset.y.ndim == 1:
        wrong = np.flatnonzero((labels < 0) | (labels >= classes))
        if len(wrong):
            raise InputError(
                f"{name}: row {wrong[0]}: got label {labels[wrong[0]]}; "
                f"expected an integer from 0 to {classes - 1}, as the model has {classes} outputs",
                hint="labels count from 0",
            )
    if classes > 1 and labels is None and dataset.y.ndim == 1:
        raise InputError(
            f"{name}: got targets of {dataset.y.dtype}; expected integer labels for the model's {classes} outputs",
            hint=whole_hint(dataset.y),
        )
    try:
        loss.value(np.zeros((1, *model.output_shape), model.dtype), dataset.y[:1])
    except InputError as error:
        raise InputError(f"{name}: first row: {error}", hint=error.hint) from None
    if classes == 1 or labels is None:  # what is no label of several classes has only its loss to check it
        try:
            loss.value(np.zeros((len(dataset), *model.output_shape), model.dtype), dataset.y)
        except InputError as error:
            raise InputError(f"{name}: {error}", hint=error.hint) from None
    return dataset


def classes_of(model: Member, data: Dataset) -> Integers | None:
    """The class of each row of `data`, where it is known and each output of `model` is the score of one."""
    shape = model.output_shape
    fitting = data.y.ndim == 1 or data.y.shape[1:] == shape  # labels, or one-hot rows
    return data.labels if len(shape) == 1 and shape[0] > 1 and fitting else None


def _reshaped(shape: Shape, input_shape: Shape) -> str | None:
    """How x of that shape could be meant for a model of that input shape."""
    if len(shape) == 1:
        return "x comes before y: (x, y)"
    if math.prod(shape[1:]) == math.prod(input_shape):
        return f"write x.reshape(len(x), {', '.join(map(str, input_shape))})"
    return None


def evaluate(
    model: Member,
    data: Dataset | tuple[ArrayLike, ArrayLike] | ArrayLike,
    labels: ArrayLike | None = None,
    *,
    loss: Loss | None = None,
) -> Evaluation:
    """The loss of `model` on `data`, SoftmaxCrossEntropy unless given; with labels or one-hot rows accuracy as well.

    The SoftmaxCrossEntropy of a Committee is the cross-entropy of the mean of its members' probabilities.
    """
    loss = loss or SoftmaxCrossEntropy()
    dataset = checked_data(model, loss, Dataset.of(data, labels), "data")
    total, weight = 0.0, 0.0
    scores = None if isinstance(model, Sequential) else model.forward(dataset.x)
    classes = classes_of(model, dataset)
    predicted = np.empty(len(dataset), np.int64)
    for start in range(0, len(dataset), PREDICT_BATCH):
        rows = slice(start, start + PREDICT_BATCH)
        outputs = model.forward(dataset.x[rows]) if scores is None else scores[rows]
        weights = None if dataset.sample_weight is None else dataset.sample_weight[rows]
        of_rows = loss.total_weight(dataset.y[rows], weights)
        total += loss.value(outputs, dataset.y[rows], weights) * of_rows
        weight += of_rows
        if classes is not None:
            predicted[rows] = outputs.argmax(axis=1)
    if classes is None:
        return Evaluation(total / weight, len(dataset))
    confusion = confusion_matrix(classes, predicted, *model.output_shape)
    return Evaluation(total / weight, len(dataset), predicted, confusion, scores)
