"""Evaluating: a model whose answers can be read off its input, and the mean over more than one batch."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from framework import (
    Dataset,
    Dense,
    Dropout,
    InputError,
    MeanSquaredError,
    Sequential,
    SoftmaxCrossEntropy,
    class_scores,
    evaluate,
)
from framework.sequential import PREDICT_BATCH

MEAN_TOLERANCE = 1e-12
"""The same terms added in two groups instead of one."""


def echo(classes: int) -> Sequential:
    """Its scores are its input."""
    model = Sequential([Dense(classes, classes, use_bias=False)], dtype=np.float64)
    model.set_weights({"layers.0.weight": np.eye(classes)})
    return model


def test_by_hand() -> None:
    # probabilities (1/4, 3/4) in every row; the labels are right twice
    report = evaluate(echo(2), (np.log([[1.0, 3.0]] * 3), [1, 0, 1]))
    assert report.n == 3
    assert report.loss == pytest.approx((2 * np.log(4 / 3) + np.log(4)) / 3, rel=1e-15)
    assert report.predicted is not None
    assert report.predicted.tolist() == [1, 1, 1]
    assert report.confusion is not None
    assert report.confusion.tolist() == [[0, 1], [0, 2]]
    assert report.accuracy == 2 / 3
    assert report.errors == 1
    assert report.class_scores is not None
    assert report.class_scores.recall.tolist() == class_scores(report.confusion).recall.tolist() == [0, 1]


@pytest.mark.parametrize("n", [PREDICT_BATCH - 1, PREDICT_BATCH, PREDICT_BATCH + 3])
@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(label_smoothing=0.1), MeanSquaredError()], ids=repr)
def test_the_mean_is_over_samples_not_batches(loss: SoftmaxCrossEntropy | MeanSquaredError, n: int) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((n, 3)), rng.integers(0, 3, n)
    x[PREDICT_BATCH:] *= 100  # the few rows of the last batch differ from the rest
    report = evaluate(echo(3), (x, y), loss=loss)
    assert report.loss == pytest.approx(loss.value(x, y), rel=MEAN_TOLERANCE)
    assert report.predicted is not None
    np.testing.assert_array_equal(report.predicted, x.argmax(axis=1))
    np.testing.assert_array_equal(report.predicted, echo(3).predict(x))
    assert report.accuracy == np.mean(x.argmax(axis=1) == y)


def test_is_inference() -> None:
    model = Sequential([Dropout(0.9), Dense(4, 2)], seed=1)
    data = Dataset(np.ones((50, 4)), np.zeros(50, np.int64))
    values = model.parameters.values.copy()
    assert evaluate(model, data).loss == evaluate(model, data).loss
    np.testing.assert_array_equal(model.parameters.values, values)
    assert not any("scratch" in vars(layer) for layer in model.layers)


def test_numbers_have_a_loss_and_no_labels() -> None:
    for y in ([[1.0], [3.0]], [1.0, 3.0]):
        report = evaluate(echo(1), ([[1.0], [1.0]], y), loss=MeanSquaredError())
        assert report.loss == 2
        assert (report.n, report.accuracy, report.errors, report.confusion) == (2, None, None, None)
        assert report.predicted is None
        assert report.class_scores is None


def test_one_output_is_no_classifier_even_with_integer_targets() -> None:
    assert evaluate(echo(1), ([[1.0], [1.0]], [1, 3]), loss=MeanSquaredError()).accuracy is None


def test_labels_that_are_no_class_are_refused() -> None:
    with pytest.raises(InputError, match="data: row 1: got label 2; expected an integer from 0 to 1"):
        evaluate(echo(2), (np.zeros((2, 2)), [0, 2]))


def test_one_hot_rows_of_other_classes_are_refused_as_rows() -> None:
    with pytest.raises(InputError, match=r"first row: targets: got float64 of shape \(1, 3\); expected .*\(1, 2\)"):
        evaluate(echo(2), (np.zeros((2, 2)), np.eye(3)[[0, 2]]))


def test_data_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match=r"data: got samples of shape \(3,\); the model expects \(2,\)"):
        evaluate(echo(2), (np.zeros((2, 3)), [0, 1]))
    with pytest.raises(InputError, match="got 2 rows of x and 1 of y"):
        evaluate(echo(2), (np.zeros((2, 2)), [0]))
    with pytest.raises(InputError, match="expected one or more rows"):
        evaluate(echo(2), (np.zeros((0, 2)), np.zeros(0, np.int64)))


def test_an_evaluation_prints_its_figures_and_no_arrays() -> None:
    model = Sequential([Dense(2, 2)], seed=0)
    model.set_weights({"layers.0.weight": np.eye(2), "layers.0.bias": np.zeros(2)})
    assert repr(evaluate(model, (np.eye(2), [0, 0]))) == "Evaluation(accuracy 0.5000, 1 errors in 2 rows, loss 0.8133)"


@pytest.mark.parametrize(
    ("x", "y", "hint"),
    [
        (np.zeros((5, 2, 2)), [0, 1, 0, 1, 0], "write x.reshape(len(x), 4)"),
        (np.zeros(5), np.zeros((5, 4)), "x comes before y: (x, y)"),
        (np.zeros((5, 3)), [0, 1, 0, 1, 0], None),
        (np.zeros((5, 4)), [1, 2, 1, 2, 1], "labels count from 0"),
    ],
)
def test_what_does_not_fit_comes_with_a_way_out(x: ArrayLike, y: ArrayLike, hint: str | None) -> None:
    with pytest.raises(InputError) as error:
        evaluate(Sequential([Dense(4, 2)], seed=0), (x, y))
    assert error.value.hint == hint


@pytest.mark.parametrize(
    ("labels", "hint"),
    [([0.0, 1.0], "write y.astype(int)"), ([0.5, 1.0], None), ([True, False], "write y.astype(int)")],
)
def test_labels_that_are_whole_may_be_made_integers(labels: list[float], hint: str | None) -> None:
    scores = np.zeros((2, 2))
    for call in (
        lambda: evaluate(Sequential([Dense(4, 2)], seed=0), (np.zeros((2, 4)), labels)),
        lambda: SoftmaxCrossEntropy().value(scores, labels),
    ):
        with pytest.raises(InputError, match="expected integer") as error:
            call()
        assert error.value.hint == hint
