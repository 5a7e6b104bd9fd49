"""Classes that weigh: an epoch, an evaluation and a batch in parts report the mean over rows as they weigh."""

from collections.abc import Sequence

import numpy as np
import pytest

from framework import (
    SGD,
    BinaryCrossEntropy,
    Dataset,
    Dense,
    EpochReport,
    Huber,
    InputError,
    Loss,
    MeanSquaredError,
    Sequential,
    SoftmaxCrossEntropy,
    StepReport,
    Tanh,
    Training,
    TrainingSettings,
    evaluate,
    sigmoid,
)
from framework.data.batches import Batch
from framework.gradients import Gradients
from framework.randomness import Step
from framework.sequential import PREDICT_BATCH
from framework.types import Array, Numbers

MEAN_TOLERANCE = 1e-12
"""Relative: the same terms, some thousands at most, added in other groups."""

WEIGHTS = (0.1, 1.0, 7.0)
WEIGHING = SoftmaxCrossEntropy(label_smoothing=0.1, class_weights=WEIGHTS)


def _data(n: int, *, probable: bool = False) -> Dataset:
    """Sorted by class, so that no batch and no part has the mix of the whole."""
    rng = np.random.default_rng(0)
    labels = np.sort(rng.integers(0, 3, n))
    y: Numbers = 0.8 * np.eye(3)[labels] + 0.2 * rng.dirichlet(np.ones(3), n) if probable else labels
    return Dataset(rng.standard_normal((n, 4)) + labels[:, np.newaxis], y)


def _model(outputs: int = 3) -> Sequential:
    return Sequential([Dense(4, 5), Tanh(), Dense(5, outputs)], seed=1, dtype=np.float64)


def _by_row(loss: Loss, scores: Array, y: Numbers, weights: Sequence[float]) -> float:
    """Σ w l / Σ w in a plain loop, from losses that know nothing of weights."""
    total = weight = 0.0
    for row in range(len(scores)):
        w = weights[y[row]] if y.ndim == 1 else sum(weights[k] * y[row, k] for k in range(3))
        total += w * loss.value(scores[row : row + 1], y[row : row + 1])
        weight += w
    return total / weight


@pytest.mark.parametrize("probable", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_batch_in_parts_is_the_batch_as_a_whole(
    monkeypatch: pytest.MonkeyPatch, probable: bool, threads: int
) -> None:
    data, outcomes = _data(50, probable=probable), []
    for part_rows in (100, 8):
        monkeypatch.setattr("framework.gradients.PART_ROWS", part_rows)
        model = _model()
        with Gradients(model, WEIGHING, rows=50, threads=threads) as gradients:
            value, _ = gradients(Batch(data.x, data.y), Step(0, 0))
        outcomes.append((value, model.parameters.grads.copy()))
    (whole, slope), (in_parts, slope_in_parts) = outcomes
    assert in_parts == pytest.approx(whole, rel=MEAN_TOLERANCE)
    np.testing.assert_allclose(slope_in_parts, slope, rtol=MEAN_TOLERANCE, atol=MEAN_TOLERANCE)
    expected = _by_row(SoftmaxCrossEntropy(label_smoothing=0.1), _model().forward(data.x), data.y, WEIGHTS)
    assert whole == pytest.approx(expected, rel=MEAN_TOLERANCE)


@pytest.mark.parametrize("probable", [False, True])
def test_the_loss_of_an_epoch_weighs_its_rows(monkeypatch: pytest.MonkeyPatch, probable: bool) -> None:
    """A rate of 0 changes nothing, so batches of 16, 16, 16 and 2 must average to the loss over all 50, twice."""
    monkeypatch.setattr("framework.training.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("framework.training.LOOKS_APART", 0)
    data, model = _data(50, probable=probable), _model()
    expected = _by_row(SoftmaxCrossEntropy(label_smoothing=0.1), model.forward(data.x), data.y, WEIGHTS)
    settings = TrainingSettings(2, 16, threads=1)
    training = Training(model, data, optimizer=SGD(0.0), loss=WEIGHING, validation_data=data, settings=settings)
    last_step = None
    for event in training:
        if isinstance(event, EpochReport):
            assert event.loss == pytest.approx(expected, rel=MEAN_TOLERANCE)
            assert event.validation_loss == pytest.approx(expected, rel=MEAN_TOLERANCE)
            assert last_step is not None
            assert last_step.loss == event.loss
        elif isinstance(event, StepReport):
            last_step = event
    assert len(training.history) == 2


@pytest.mark.parametrize("probable", [False, True])
def test_an_evaluation_weighs_its_rows(probable: bool) -> None:
    data, model = _data(PREDICT_BATCH + 300, probable=probable), _model()
    report = evaluate(model, data, loss=WEIGHING)
    expected = _by_row(SoftmaxCrossEntropy(label_smoothing=0.1), model.forward(data.x), data.y, WEIGHTS)
    assert report.loss == pytest.approx(expected, rel=MEAN_TOLERANCE)
    assert report.n == len(data)
    if probable:
        assert report.accuracy is None
    else:  # every row counts once
        assert report.accuracy == np.mean(model.forward(data.x).argmax(axis=1) == data.y)


def test_rows_weigh_1_unless_told() -> None:
    for loss in (SoftmaxCrossEntropy(label_smoothing=0.1), MeanSquaredError(), BinaryCrossEntropy(), Huber()):
        assert loss.total_weight([0, 1, 1]) == 3
        assert loss.total_weight([[0.5, 0.5]] * 2) == 2


def test_a_rare_class_that_weighs_is_found_more_often() -> None:
    """One label in ten is 1, and x tells little: a heavy class 1 is predicted more often than a light one."""
    rng = np.random.default_rng(2)
    y = (rng.random(400) < 0.1).astype(np.int64)
    x = rng.standard_normal((400, 4)) + 0.5 * y[:, np.newaxis]
    found = []
    for weights in ((1.0, 1.0), (1.0, 9.0)):
        model = _model(2)
        settings = TrainingSettings(40, 50, threads=1)
        list(Training(model, (x, y), optimizer=SGD(0.3), loss=SoftmaxCrossEntropy(0, weights), settings=settings))
        found.append(np.mean(model.predict(x)[y == 1]))
    assert found[1] > found[0] + 0.3


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        (SoftmaxCrossEntropy(), [[0.5, 0.5]] * 8 + [[0.5, 0.6]], "data: targets: row 8: got numbers from 0.5 that sum"),
        (SoftmaxCrossEntropy(class_weights=(1, 1, 1)), [0, 1] * 4, "data: first row: class_weights: got 3 of them"),
        (
            BinaryCrossEntropy(),
            [[0.0, 1.0]] * 8 + [[0.0, 7.0]],
            "data: targets: row 8: got 7.0; expected numbers from 0",
        ),
    ],
)
def test_every_row_is_looked_at_before_the_first_step(loss: Loss, y: list[list[float]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Training(_model(2), (np.zeros((len(y), 4)), y), optimizer=SGD(), loss=loss)
    with pytest.raises(InputError, match=message):
        evaluate(_model(2), (np.zeros((len(y), 4)), y), loss=loss)


def test_labels_of_one_output_are_looked_at_too() -> None:
    with pytest.raises(InputError, match=r"data: targets: row 3: got 2\.0; expected numbers from 0 to 1"):
        Training(_model(1), (np.zeros((4, 4)), [0, 1, 1, 2]), optimizer=SGD(), loss=BinaryCrossEntropy())


def test_yes_or_no_is_learnt_with_one_output() -> None:
    """The loss is reported and no accuracy; predict chooses among classes and says so; sigmoid gives probabilities."""
    x = np.random.default_rng(0).standard_normal((200, 4))
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)
    model = Sequential([Dense(4, 16), Tanh(), Dense(16, 1)], seed=0)
    settings = TrainingSettings(200, 50, threads=1)
    epochs = list(Training(model, (x, y), optimizer=SGD(1.0), loss=BinaryCrossEntropy(), settings=settings))
    assert isinstance(epochs[-1], EpochReport)
    assert epochs[-1].accuracy is None
    report = evaluate(model, (x, y), loss=BinaryCrossEntropy())
    assert (report.accuracy, report.predicted, report.confusion) == (None, None, None)
    with pytest.raises(InputError, match="expected two or more class scores"):
        model.predict(x)
    probability = sigmoid(model.forward(x))[:, 0]
    np.testing.assert_array_equal(probability > 0.5, y == 1)
    expected = -np.mean(np.log(np.where(y == 1, probability, 1 - probability)))
    assert report.loss == pytest.approx(expected, rel=1e-4)  # float32 probabilities near 1


def test_labels_of_several_classes_have_an_accuracy_each_against_the_rest() -> None:
    data, model = _data(30), _model()
    report = evaluate(model, data, loss=BinaryCrossEntropy())
    assert report.accuracy == np.mean(model.predict(data.x) == data.y)
