"""What losses are told to aim at: targets, checked against the outputs they go with."""

import numpy as np
from numpy.typing import ArrayLike

from framework.errors import InputError
from framework.types import Array, Integers, Numbers

SUM_TOLERANCE = 1e-3
"""How far from 1 a row of probabilities may sum: they may have come with three digits, or in float16."""


def checked_labels(outputs: Array, targets: ArrayLike) -> Integers:
    """`targets` as integer labels for the rows of `outputs`. A label of −1 must not mean the last class."""
    labels = np.asarray(targets)
    _check_scores(outputs)
    if labels.dtype.kind not in "iu" or labels.shape != (len(outputs),):
        hint = whole_hint(labels)
        if labels.ndim == 2:
            one_hot = f"one-hot rows have a column for each of the {outputs.shape[1]} outputs"
            hint = "write y.ravel()" if labels.shape[1] == 1 else one_hot
        raise InputError(
            f"labels: got {labels.dtype} of shape {labels.shape}; expected integers of shape ({len(outputs)},)",
            hint=hint,
        )
    classes = outputs.shape[1]
    if labels.max() >= classes or (labels.dtype.kind == "i" and labels.min() < 0):
        index = int(np.flatnonzero((labels < 0) | (labels >= classes))[0])
        raise InputError(f"labels: index {index}: got {labels[index]}; expected an integer from 0 to {classes - 1}")
    return labels


def whole_hint(labels: Numbers) -> str | None:
    """What to do about labels that are no integers, but whole."""
    whole = labels.dtype.kind in "fb" and np.array_equal(labels, np.rint(labels))
    return "write y.astype(int)" if whole else None


def checked_probabilities(outputs: Array, targets: Numbers) -> Array:
    """`targets` as rows of probabilities, of the shape and dtype of `outputs`."""
    _check_scores(outputs)
    if targets.shape != outputs.shape:
        raise InputError(f"targets: got {targets.dtype} of shape {targets.shape}; expected shape {outputs.shape}")
    if targets.dtype.kind == "b":
        targets = targets.astype(outputs.dtype)
    fitting = (targets >= 0).all(axis=1)
    fitting &= np.abs(targets.sum(axis=1, dtype=np.float64) - 1) <= SUM_TOLERANCE
    if not fitting.all():
        row = int(np.flatnonzero(~fitting)[0])
        raise InputError(
            f"targets: row {row}: got numbers from {targets[row].min():.4g} that sum to {targets[row].sum():.4g}; "
            "expected probabilities, 0 or more and 1 in sum"
        )
    return targets.astype(outputs.dtype, copy=False)


def target_rows(outputs: Array, targets: ArrayLike) -> Array:
    """`targets` as numbers of the shape and dtype of `outputs`: as they are, from (n,) to (n, 1), or labels one-hot."""
    rows = np.asarray(targets)
    if outputs.ndim != 2 or not len(outputs):
        raise InputError(f"outputs: got shape {outputs.shape}; expected (n, k) with n of 1 or more")
    if rows.dtype.kind in "iu" and rows.ndim == 1 and outputs.shape[1] > 1:
        one_hot = np.zeros_like(outputs)
        one_hot[np.arange(len(outputs)), checked_labels(outputs, rows)] = 1
        return one_hot
    if rows.shape == (len(outputs),) and outputs.shape[1] == 1:
        rows = rows[:, np.newaxis]
    if rows.dtype.kind not in "fiub" or rows.shape != outputs.shape:
        raise InputError(f"targets: got {rows.dtype} of shape {rows.shape}; expected numbers of shape {outputs.shape}")
    return rows.astype(outputs.dtype, copy=False)


def _check_scores(outputs: Array) -> None:
    """Raise InputError unless `outputs` has rows, each a score for two classes or more."""
    if outputs.ndim != 2 or not len(outputs) or outputs.shape[1] < 2:
        raise InputError(f"outputs: got shape {outputs.shape}; expected (n, classes) with n of 1 or more, classes of 2")
