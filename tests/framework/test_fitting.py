"""fit: the one call, and that it is the loop and nothing else."""

from typing import final

import numpy as np
import pytest
from numpy.typing import ArrayLike

from framework import (
    SGD,
    Adam,
    BinaryCrossEntropy,
    Dataset,
    Dense,
    InputError,
    Layer,
    Loss,
    MeanSquaredError,
    ReLU,
    Reshape,
    Sequential,
    SoftmaxCrossEntropy,
    Training,
    TrainingSettings,
    evaluate,
    fit,
    split_indices,
)
from framework.types import Array, Numbers


def _data(n: int = 50) -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset(rng.normal(size=(n, 4)).astype(np.float32), rng.integers(0, 3, n))


def _model() -> Sequential:
    return Sequential([Dense(4, 5), ReLU(), Dense(5, 3)], seed=0)


def test_is_the_loop_driven_to_its_end() -> None:
    by_fit, by_loop = _model(), _model()
    history = fit(by_fit, _data(), optimizer=SGD(0.1), epochs=3, batch_size=16, seed=4, threads=1, show=False)
    settings = TrainingSettings(3, 16, 4, threads=1)
    training = Training(by_loop, _data(), optimizer=SGD(0.1), loss=SoftmaxCrossEntropy(), settings=settings)
    list(training)
    np.testing.assert_array_equal(by_fit.parameters.values, by_loop.parameters.values)
    assert history.history == training.history.history


def test_the_defaults_are_adam_and_ten_epochs_of_128() -> None:
    plain, spelled_out = _model(), _model()
    history = fit(plain, _data(300), threads=1, show=False)
    fit(spelled_out, _data(300), optimizer=Adam(), epochs=10, batch_size=128, seed=0, threads=1, show=False)
    assert len(history) == 10
    np.testing.assert_array_equal(plain.parameters.values, spelled_out.parameters.values)


def test_holds_out_the_stratified_split() -> None:
    data = _data()
    held_out, by_hand = _model(), _model()
    history = fit(held_out, data, epochs=2, validation_split=0.2, split_seed=3, threads=1, show=False)
    train, validation = split_indices(data.labels, 50, 0.2, seed=3)
    expected = fit(by_hand, data.rows(train), epochs=2, validation_data=data.rows(validation), threads=1, show=False)
    np.testing.assert_array_equal(held_out.parameters.values, by_hand.parameters.values)
    assert history.history == expected.history
    assert history.history["validation_loss"][0] is not None


def test_the_split_does_not_follow_the_seed_of_the_training() -> None:
    """At a rate of 0 the validation figures depend on the held-out samples alone."""
    losses = {
        fit(
            _model(), _data(), optimizer=SGD(0.0), epochs=1, seed=seed, validation_split=0.2, threads=1, show=False
        ).history["validation_loss"][0]
        for seed in range(3)
    }
    assert len(losses) == 1


def test_going_on_with_the_same_optimizer() -> None:
    once, twice, optimizer = _model(), _model(), Adam(0.01)
    fit(once, _data(), optimizer=Adam(0.01), epochs=4, batch_size=16, threads=1, show=False)
    for _ in range(2):
        fit(twice, _data(), optimizer=optimizer, epochs=2, batch_size=16, threads=1, show=False)
    np.testing.assert_array_equal(once.parameters.values, twice.parameters.values)


def test_every_setting_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[TrainingSettings] = []

    class Noted(Exception):
        pass

    def note(*_: object, settings: TrainingSettings, **__: object) -> None:
        seen.append(settings)
        raise Noted

    monkeypatch.setattr("framework.fitting.Training", note)
    with pytest.raises(Noted):
        fit(
            _model(),
            _data(),
            epochs=9,
            batch_size=7,
            seed=5,
            validation_data=_data(),
            patience=2,
            monitor="validation_accuracy",
            restore_best=False,
            threads=3,
        )
    assert seen == [TrainingSettings(9, 7, 5, 2, "validation_accuracy", False, 3)]


def test_validation_comes_once() -> None:
    with pytest.raises(InputError, match="got both validation_data and validation_split"):
        fit(_model(), _data(), validation_data=_data(), validation_split=0.1)


def test_is_silent_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    fit(_model(), _data(), epochs=1, threads=1, show=False)
    assert capsys.readouterr() == ("", "")
    fit(_model(), _data(), epochs=1, threads=1)
    shown = capsys.readouterr()
    assert " 1/1 " in shown.out
    assert shown.err == ""


def test_labels_may_be_given_apart() -> None:
    x, y = np.arange(24, dtype=np.float32).reshape(8, 3) / 24, np.array([0, 1] * 4)
    together, apart = (Sequential([Dense(3, 2)], seed=0) for _ in range(2))
    fit(together, (x, y), epochs=2, show=False)
    fit(apart, x, y, epochs=2, show=False)
    np.testing.assert_array_equal(apart.parameters.values, together.parameters.values)
    assert evaluate(apart, x, y).loss == evaluate(together, (x, y)).loss
    with pytest.raises(InputError, match="labels beside data that has its own"):
        fit(apart, (x, y), y)


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(), MeanSquaredError(), BinaryCrossEntropy()], ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.bool_])
def test_one_hot_rows_have_an_accuracy_too(dtype: type[np.generic], loss: Loss) -> None:
    """In training, on the rows held out and in evaluate: that of their labels."""
    data = _data(90)
    twin = Dataset(data.x, np.eye(3, dtype=dtype)[data.y])
    one, other = _model(), _model()
    of_labels = fit(one, data, loss=loss, validation_split=0.2, epochs=3, threads=1, show=False)
    of_rows = fit(other, twin, loss=loss, validation_split=0.2, epochs=3, threads=1, show=False)
    for labelled, one_hot in zip(of_labels, of_rows, strict=True):
        assert one_hot.accuracy is not None
        assert (one_hot.accuracy, one_hot.validation_accuracy) == (labelled.accuracy, labelled.validation_accuracy)
    assert evaluate(other, twin, loss=loss).accuracy == evaluate(one, data, loss=loss).accuracy


def test_other_rows_of_targets_have_none() -> None:
    data = _data()
    shares = np.eye(3, dtype=np.float32)[data.y]
    shares[7] = 1 / 3
    assert all(epoch.accuracy is None for epoch in fit(_model(), data.x, shares, epochs=1, threads=1, show=False))


@final
class SquaresOfMeans(Loss):
    """For outputs of any shape, with targets of any other: what matters is that they meet."""

    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return self.value_and_grad(outputs, targets, sample_weight)[0]

    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        n = len(outputs)
        short = outputs.reshape(n, -1).mean(axis=1) - np.asarray(targets).reshape(n, -1).mean(axis=1)
        each = 2 * short / outputs[0].size / n
        return float((short**2).mean()), np.broadcast_to(each.reshape(n, *[1] * (outputs.ndim - 1)), outputs.shape)


@pytest.mark.parametrize(
    ("layers", "y"),
    [
        ([Dense(4, 6), Reshape((2, 3))], np.zeros((30, 3), int)),
        ([Dense(4, 6), Reshape((2, 3))], np.eye(5)[np.zeros(30, int)]),
        ([Dense(4, 6), Reshape((2, 3, 1))], np.zeros((30, 3, 1), int)),
        ([Dense(4, 3)], np.eye(5)[np.zeros(30, int)]),
    ],
    ids=["whole numbers", "one-hot rows", "three dimensions", "another width"],
)
def test_a_loss_of_ones_own_may_take_any_shapes(layers: list[Layer], y: Numbers) -> None:
    data = Dataset(_data(30).x, y)
    model = Sequential(layers, seed=0)
    history = fit(model, data, loss=SquaresOfMeans(), epochs=2, threads=1, show=False)
    assert history.epochs[1].loss < history.epochs[0].loss
    assert evaluate(model, data, loss=SquaresOfMeans()).accuracy is None


def test_without_an_optimizer_the_model_goes_on_with_its_own() -> None:
    x, y = np.arange(24, dtype=np.float32).reshape(8, 3) / 24, np.array([0, 1] * 4)
    once, twice = (Sequential([Dense(3, 2)], seed=0) for _ in range(2))
    fit(once, x, y, epochs=4, batch_size=4, threads=1, show=False)
    for _ in range(2):
        fit(twice, x, y, epochs=2, batch_size=4, threads=1, show=False)
    np.testing.assert_array_equal(twice.parameters.values, once.parameters.values)
