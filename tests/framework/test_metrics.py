"""Metrics by hand: nine samples of four classes, one of which never occurs and is never guessed."""

import numpy as np
import pytest

from framework import InputError, accuracy, class_scores, confusion_matrix

LABELS = [0, 0, 0, 0, 1, 1, 3, 3, 3]
PREDICTED = [0, 0, 0, 1, 1, 0, 0, 0, 0]
CONFUSION = [[3, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [3, 0, 0, 0]]


def test_accuracy() -> None:
    assert accuracy(LABELS, PREDICTED) == 4 / 9
    assert accuracy([1], [1]) == 1
    assert accuracy([1], [0]) == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64])
def test_confusion_matrix(dtype: type[np.integer]) -> None:
    confusion = confusion_matrix(np.array(LABELS, dtype), np.array(PREDICTED, dtype), 4)
    assert confusion.tolist() == CONFUSION
    assert confusion.dtype == np.int64


def test_small_integers_count_many_classes() -> None:
    confusion = confusion_matrix(np.array([199], np.uint8), np.array([198], np.uint8), 200)
    assert confusion[199, 198] == confusion.sum() == 1


def test_uint64_labels_count_as_well() -> None:
    assert confusion_matrix(np.array([0, 1], np.uint64), np.array([1, 1], np.uint64), 2).tolist() == [[0, 1], [0, 1]]


def test_scores_of_each_class() -> None:
    scores = class_scores(np.array(CONFUSION))
    # class 0: called 7 times, right 3; class 1: called twice, right once; class 2: never; class 3: never called
    assert scores.support.tolist() == [4, 2, 0, 3]
    assert scores.precision.tolist() == [3 / 7, 1 / 2, 0, 0]
    assert scores.recall.tolist() == [3 / 4, 1 / 2, 0, 0]
    assert scores.f1.tolist() == [6 / 11, 1 / 2, 0, 0]  # 2 · 3 / (4 + 7)


@pytest.mark.parametrize(
    ("labels", "predicted", "message"),
    [
        ([], [], r"labels: got float64 of shape \(0,\)"),
        ([0, 1], [0.0, 1.0], r"predicted: got float64 of shape \(2,\); expected integers"),
        ([True, False], [0, 1], r"labels: got bool of shape \(2,\)"),
        ([[0], [1]], [0, 1], r"labels: got int64 of shape \(2, 1\)"),
        ([0, 1], [0, 1, 1], "got 2 labels and 3 predicted ones"),
        (0, 0, r"labels: got int64 of shape \(\)"),
    ],
)
def test_what_are_no_labels_is_refused(labels: list[int], predicted: list[int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        accuracy(labels, predicted)
    with pytest.raises(InputError, match=message):
        confusion_matrix(labels, predicted, 2)


def test_labels_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="labels: got -1 to 1; expected integers from 0 to 1"):
        confusion_matrix([-1, 1], [0, 1], 2)
    with pytest.raises(InputError, match="predicted: got 0 to 2; expected integers from 0 to 1"):
        confusion_matrix([0, 1], [0, 2], 2)
