"""How good are the answers? Counts of right and wrong labels, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from framework.errors import InputError
from framework.types import Array, Integers


def accuracy(labels: ArrayLike, predicted: ArrayLike) -> float:
    """The fraction of equal labels."""
    true, guess = _pair(labels, predicted)
    return float(np.count_nonzero(true == guess)) / len(true)


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """(classes, classes): how often a sample of the row's class was called the column's."""
    true, guess = _pair(labels, predicted)
    for name, values in (("labels", true), ("predicted", guess)):
        if values.min() < 0 or values.max() >= classes:
            raise InputError(f"{name}: got {values.min()} to {values.max()}; expected integers from 0 to {classes - 1}")
    cells = true.astype(np.int64) * classes + guess.astype(np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


@final
@dataclass(frozen=True)
class ClassScores:
    """Per class, each (classes,): a quotient with nothing below the line counts as 0, as in scikit-learn.

    precision = right / called so, recall = right / being so, f1 = their harmonic mean, support = how many are so.
    """

    precision: Array
    recall: Array
    f1: Array
    support: NDArray[np.int64]


def class_scores(confusion: NDArray[np.int64]) -> ClassScores:
    """Precision, recall and F1 of each class, from a confusion matrix."""
    right = np.diagonal(confusion).astype(np.float64)
    called, being = confusion.sum(axis=0), confusion.sum(axis=1)
    return ClassScores(
        precision=_quotient(right, called),
        recall=_quotient(right, being),
        f1=_quotient(2 * right, called + being),
        support=being,
    )


def _quotient(above: Array, below: NDArray[np.int64]) -> Array:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _pair(labels: ArrayLike, predicted: ArrayLike) -> tuple[Integers, Integers]:
    true, guess = np.asarray(labels), np.asarray(predicted)
    for name, values in (("labels", true), ("predicted", guess)):
        if values.dtype.kind not in "iu" or values.ndim != 1 or not len(values):
            raise InputError(
                f"{name}: got {values.dtype} of shape {values.shape}; expected integers of shape (n,), n > 0"
            )
    if len(true) != len(guess):
        raise InputError(
            f"got {len(true)} labels and {len(guess)} predicted ones; expected as many of one as of the other"
        )
    return true, guess
