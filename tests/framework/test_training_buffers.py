"""Training a model whose rows know of each other: its running statistics, and batches too large for one part."""

from collections.abc import Callable

import numpy as np
import pytest

from framework import (
    SGD,
    Adam,
    BatchNorm,
    Constant,
    Dataset,
    Dense,
    Diverged,
    Dropout,
    InputError,
    Layer,
    ReLU,
    Residual,
    Sequential,
    SoftmaxCrossEntropy,
    Step,
    Training,
    TrainingSettings,
    evaluate,
)
from framework.data.batches import Batch
from framework.gradients import PART_ROWS, Gradients
from framework.types import Array

FLOAT64 = 1e-12
"""Relative: the same float64 sums, perhaps in another order."""

LEARNT = 0.1
"""Mean cross-entropy of one who knows 60 points on two sides of a line."""


def model_of(seed: int = 0) -> Sequential:
    layers = [Dense(3, 6), BatchNorm(6), ReLU(), Residual([Dense(6, 6), BatchNorm(6), ReLU()]), Dense(6, 2)]
    return Sequential(layers, seed=seed, dtype=np.float64)


def data_of(n: int, seed: int = 0) -> Dataset:
    x = np.random.default_rng(seed).normal(3, 5, (n, 3))
    return Dataset(x, (x[:, 0] > 3).astype(np.int64))


def settings_of(epochs: int, batch_size: int | None = 10, *, restore_best: bool = True) -> TrainingSettings:
    return TrainingSettings(epochs, batch_size, restore_best=restore_best, threads=1)


def test_it_learns_what_it_predicts() -> None:
    """Good only if inference, with its running statistics, does what training did with those of each batch."""
    model = model_of()
    list(Training(model, data_of(60), optimizer=Adam(0.02), settings=settings_of(40)))
    assert evaluate(model, data_of(60)).loss < LEARNT


# The best epoch


def _against(epochs: int, *, restore_best: bool = True) -> tuple[Sequential, Training]:
    """Validation data with the opposite labels: the more is learnt the worse it gets, so an early epoch is the best."""
    model, train = model_of(), data_of(40)
    training = Training(
        model,
        train,
        optimizer=SGD(0.1),
        validation_data=Dataset(train.x, 1 - train.y),
        settings=settings_of(epochs, restore_best=restore_best),
    )
    list(training)
    return model, training


def test_the_best_epoch_comes_back_with_its_running_statistics() -> None:
    last, training = _against(6)
    number = max(epoch.epoch for epoch in training.history if epoch.best)
    assert number < 6
    best, _ = _against(number)  # as it was then: a run that ends there
    np.testing.assert_array_equal(last.parameters.values, best.parameters.values)
    np.testing.assert_array_equal(last.buffers.values, best.buffers.values)
    moved, _ = _against(6, restore_best=False)
    assert (moved.buffers.values != best.buffers.values).all()


def test_what_is_put_aside_is_a_copy() -> None:
    model, training = _against(2)
    kept = training.state.best_buffers
    assert kept is not None
    assert not np.may_share_memory(kept, model.buffers.values)
    model.buffers.values[...] = 7
    training.restore_best()
    np.testing.assert_array_equal(model.buffers.values, kept)
    assert not (kept == 7).any()


def test_without_a_best_epoch_the_last_statistics_stay() -> None:
    model = model_of()
    training = Training(model, data_of(40), optimizer=SGD(0.1), settings=settings_of(1))
    list(training)
    before = model.buffers.values.copy()
    training.restore_best()
    np.testing.assert_array_equal(model.buffers.values, before)
    assert training.state.best_buffers is None


# Large batches


@pytest.mark.parametrize("threads", [1, 2])
def test_a_large_batch_is_one_batch(threads: int) -> None:
    """Loss, gradient and running statistics are those of a forward and a backward with all rows at once."""
    rows = PART_ROWS + 904
    data, gradients_of, whole = data_of(rows), model_of(), model_of()
    with Gradients(gradients_of, SoftmaxCrossEntropy(), rows=rows, threads=threads) as gradients:
        assert gradients.models == (gradients_of,)
        assert gradients.blas_threads == threads
        value, right = gradients(Batch(data.x, data.y), Step(0, 0))
    scores = whole.forward(data.x, step=Step(0, 0))
    expected, dy = SoftmaxCrossEntropy().value_and_grad(scores, data.y)
    assert right == np.count_nonzero(scores.argmax(axis=1) == data.y)
    whole.backward(dy)
    assert value == pytest.approx(expected, rel=FLOAT64)
    np.testing.assert_allclose(gradients_of.parameters.grads, whole.parameters.grads, rtol=FLOAT64, atol=FLOAT64)
    np.testing.assert_allclose(gradients_of.buffers.values, whole.buffers.values, rtol=FLOAT64)


class Witness(Layer):
    """Passes everything on and notes how many rows came in which part."""

    def __init__(self, *, independent: bool) -> None:
        self.rows_are_independent = independent
        self.seen: list[tuple[int, int]] = []

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None:
            self.seen.append((step.part, len(x)))
        return x

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy if need_dx else None


@pytest.mark.parametrize("wrapped", [lambda layer: layer, lambda layer: Residual([layer])])
@pytest.mark.parametrize(("independent", "parts"), [(True, [(0, 3), (1, 3), (2, 3), (3, 1)]), (False, [(0, 10)])])
def test_only_rows_that_are_independent_go_in_parts(
    monkeypatch: pytest.MonkeyPatch, wrapped: Callable[[Layer], Layer], independent: bool, parts: list[tuple[int, int]]
) -> None:
    monkeypatch.setattr("framework.gradients.PART_ROWS", 4)
    witness = Witness(independent=independent)
    model = Sequential([Dense(3, 2), wrapped(witness), Dropout(0.5)], seed=0)
    list(Training(model, data_of(10), optimizer=SGD(), settings=settings_of(1, None)))
    assert witness.seen == parts


# Around the loop


@pytest.mark.parametrize("batch_size", [10, None])
def test_measuring_threads_moves_no_statistics(batch_size: int | None) -> None:
    model, data = model_of(), data_of(40)
    before = model.buffers.values.copy()
    training = Training(model, data, optimizer=Adam(), settings=TrainingSettings(1, batch_size))
    assert training.threads >= 1
    np.testing.assert_array_equal(model.buffers.values, before)


def test_evaluating_moves_no_statistics() -> None:
    model = model_of()
    before = model.buffers.values.copy()
    evaluate(model, data_of(40))
    np.testing.assert_array_equal(model.buffers.values, before)


def test_the_same_seed_gives_the_same_statistics() -> None:
    runs = []
    for _ in range(2):
        model = model_of()
        list(Training(model, data_of(45), optimizer=Adam(), settings=settings_of(3)))
        runs.append(model.buffers.values.tobytes())
    assert runs[0] == runs[1]


def test_statistics_that_are_not_finite_are_a_divergence() -> None:
    class Broken(Layer):
        """Its buffer is infinite after a step, and its loss as fine as ever."""

        def __init__(self) -> None:
            self.inner = BatchNorm(2)
            self.parameters, self.buffers = self.inner.parameters, self.inner.buffers

        def forward(self, x: Array, *, step: Step | None = None) -> Array:
            if step is not None:
                self.inner.running_mean.value[...] = np.inf
            return x

        def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
            return dy

    model = Sequential([Dense(3, 2), Broken()], seed=0)
    with pytest.raises(Diverged, match=r"layers\.1\.running_mean is not finite after the last update"):
        list(Training(model, data_of(40), optimizer=SGD(0.1), settings=settings_of(1)))


def test_after_a_divergence_the_statistics_are_those_before_that_step() -> None:
    """So a script can go on with a smaller rate; and what is blamed is a layer, not the statistics it keeps."""
    ones = Dense(3, 4, weight_initializer=Constant(1.0))
    model = Sequential([ones, BatchNorm(4), ReLU(), Dense(4, 2)], seed=0, dtype=np.float64)
    start = model.buffers.values.copy()
    x = data_of(40).x.copy()
    x[-1] = 1.5e308  # three of them are beyond float64
    with (
        np.errstate(all="ignore"),
        pytest.raises(Diverged, match=r"first number that is not finite is in the output of layers\.0"),
    ):
        list(Training(model, (x, data_of(40).y), optimizer=SGD(0.1), settings=settings_of(1, None)))
    np.testing.assert_array_equal(model.buffers.values, start)


def test_a_last_batch_of_one_row_is_refused_when_it_comes() -> None:
    with pytest.raises(
        InputError, match=r"layers\.1: values per feature in a training batch: got 1; expected 2 or more"
    ):
        list(Training(model_of(), data_of(41), optimizer=SGD(), settings=settings_of(1)))
