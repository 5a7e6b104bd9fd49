"""Samples that weigh: a row of weight 3 is three rows, in a step, an epoch, an evaluation and a split."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from framework import (
    SGD,
    Augmentation,
    Dataset,
    Dense,
    EpochReport,
    InputError,
    Loss,
    MeanSquaredError,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    Training,
    TrainingSettings,
    evaluate,
    fit,
    split,
)
from framework.sequential import PREDICT_BATCH
from framework.types import Array, Numbers

SAME_SUMS = 1e-12
"""Relative: the same terms, some hundreds at most, added in other groups."""

LOSSES = (SoftmaxCrossEntropy(label_smoothing=0.1, class_weights=(0.1, 1.0, 7.0)), MeanSquaredError())


def _data(n: int) -> Dataset:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, n)
    return Dataset(rng.standard_normal((n, 4)) + y[:, np.newaxis], y, rng.integers(1, 5, n))


def _repeated(data: Dataset) -> Dataset:
    """Without weights, but with each row as often as its weight says."""
    assert data.sample_weight is not None
    rows = np.repeat(np.arange(len(data)), data.sample_weight.astype(np.int64))
    return Dataset(data.x[rows], data.y[rows])


def _model() -> Sequential:
    return Sequential([Dense(4, 5), Tanh(), Dense(5, 3)], seed=1, dtype=np.float64)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("threads", "part_rows"), [(1, 100), (1, 8), (2, 8)])
def test_steps_are_those_with_rows_repeated(
    monkeypatch: pytest.MonkeyPatch, loss: Loss, threads: int, part_rows: int
) -> None:
    monkeypatch.setattr("framework.gradients.PART_ROWS", part_rows)
    data, outcomes = _data(50), []
    for dataset in (data, _repeated(data)):
        model, settings = _model(), TrainingSettings(5, None, threads=threads)
        training = Training(model, dataset, optimizer=SGD(0.1), loss=loss, settings=settings)
        list(training)
        outcomes.append((model.parameters.values, [report.loss for report in training.history]))
    np.testing.assert_allclose(outcomes[0][0], outcomes[1][0], rtol=SAME_SUMS, atol=SAME_SUMS)
    np.testing.assert_allclose(outcomes[0][1], outcomes[1][1], rtol=SAME_SUMS)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_of_an_epoch_and_of_validation_is_that_of_rows_repeated(loss: Loss) -> None:
    """A rate of 0 changes nothing, so batches of 16, 16, 16 and 2 must average to the loss over all 50."""
    data, model = _data(50), _model()
    expected = evaluate(model, _repeated(data), loss=loss).loss
    settings = TrainingSettings(2, 16, threads=1)
    training = Training(model, data, optimizer=SGD(0.0), loss=loss, validation_data=data, settings=settings)
    reports = [event for event in training if isinstance(event, EpochReport)]
    assert [report.loss for report in reports] == pytest.approx([expected] * 2, rel=SAME_SUMS)
    assert [report.validation_loss for report in reports] == pytest.approx([expected] * 2, rel=SAME_SUMS)


def test_an_evaluation_weighs_its_rows_but_counts_each_answer_once() -> None:
    data, model = _data(PREDICT_BATCH + 300), _model()
    report = evaluate(model, data)
    assert report.loss == pytest.approx(evaluate(model, _repeated(data)).loss, rel=SAME_SUMS)
    assert report.n == len(data)
    assert report.accuracy == np.mean(model.predict(data.x) == data.y)


def test_weights_follow_their_rows_through_shuffling_split_and_augmentation() -> None:
    """Every weight is 1 + its row's only number, so a weight at another row would be seen."""
    x = np.arange(40.0)[:, np.newaxis]
    data = Dataset(x, np.arange(40) % 2, x[:, 0] + 1)

    class Watching(Augmentation):
        def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
            return x.astype(np.float64)

    for part in (data, *split(data, 0.25)):
        for augmentation in (None, Watching()):
            training = Training(
                Sequential([Dense(1, 2)], seed=0),
                part,
                optimizer=SGD(0.0),
                augmentation=augmentation,
                settings=TrainingSettings(1, 7, threads=1),
            )
            order = training.batches.order(0)
            with training.feed:
                for batch in training.feed.epoch(order, 0):
                    np.testing.assert_array_equal(batch.sample_weight, batch.x[:, 0] + 1)


def test_fit_takes_them_beside_the_labels() -> None:
    data, losses = _data(50), []
    for pair, labels in (((data.x, data.y), None), (data.x, data.y)):
        model = _model()
        history = fit(
            model, pair, labels, sample_weight=data.sample_weight, optimizer=SGD(0.0), epochs=1, threads=1, show=False
        )
        losses += history.history["loss"]
    assert losses == pytest.approx([evaluate(_model(), _repeated(data)).loss] * 2, rel=SAME_SUMS)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1.0], r"sample_weight: got shape \(1,\); expected \(3,\), a number for each row"),
        ([[1.0], [1.0], [1.0]], r"sample_weight: got shape \(3, 1\); expected \(3,\), a number for each row"),
        ([1.0, 0.0, 1.0], r"sample_weight: row 1: got 0\.0; expected a number above 0"),
        ([1, 1, -2], r"sample_weight: row 2: got -2; expected a number above 0"),
        ([1.0, np.nan, 1.0], r"sample_weight: row 1: got nan; expected finite numbers"),
        (["a", "b", "c"], r"sample_weight: got an array of <U1; expected real numbers"),
    ],
)
def test_refuses_weights_that_are_none(weight: ArrayLike, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Dataset(np.zeros((3, 2)), [0, 1, 2], weight)


def test_refuses_weights_beside_a_dataset() -> None:
    data = _data(5)
    with pytest.raises(InputError, match="sample_weight: got it beside a Dataset; expected it inside"):
        fit(_model(), data, sample_weight=data.sample_weight, show=False)
