"""The training loop: it learns, it reports what happened, and it does the same thing every time."""

import hashlib
import json
import math
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_info, threadpool_limits

from framework import (
    SGD,
    Adam,
    AdamW,
    ConstantSchedule,
    CosineSchedule,
    Dataset,
    Dense,
    Diverged,
    Dropout,
    EpochReport,
    InputError,
    Layer,
    Loss,
    MeanSquaredError,
    OneCycleSchedule,
    Optimizer,
    ReLU,
    Rescale,
    Schedule,
    Sequential,
    SoftmaxCrossEntropy,
    Step,
    StepReport,
    Training,
    TrainingSettings,
)
from framework.threads import usable_cores
from framework.types import Array

ROOT = Path(__file__).resolve().parents[2]

FLOAT64 = 1e-12
"""Relative: a handful of float64 operations against the same sum worked by hand."""
LEARNT = 1e-3
"""What 'knows 64 samples by heart' means for the mean cross-entropy: each true class at 99.9 %."""
CHANCE, CHANCE_SPREAD = 0.1, 0.03
"""Accuracy on ten classes without information; three standard deviations of it over 1,000 samples."""


def _digits(n: int, seed: int = 0) -> Dataset:
    """n random images of 30 pixels with random labels of 10."""
    rng = np.random.default_rng(seed)
    return Dataset(rng.integers(0, 256, (n, 30), dtype=np.uint8), rng.integers(0, 10, n, dtype=np.uint8))


def _model(seed: int = 0, *, dropout: float = 0.25) -> Sequential:
    return Sequential([Rescale(1 / 255), Dense(30, 16), ReLU(), Dropout(dropout), Dense(16, 10)], seed=seed)


def _settings(
    epochs: int, batch_size: int | None = 16, *, seed: int = 0, patience: int | None = None, threads: int = 1
) -> TrainingSettings:
    return TrainingSettings(epochs, batch_size, seed, patience, threads=threads)


def _epochs(events: Iterable[StepReport | EpochReport]) -> list[EpochReport]:
    return [event for event in events if isinstance(event, EpochReport)]


# It learns


def test_learns_64_samples_by_heart() -> None:
    model = Sequential([Rescale(1 / 255), Dense(30, 64), ReLU(), Dense(64, 10)], seed=0)
    training = Training(model, _digits(64), optimizer=Adam(0.02), settings=_settings(300, None))
    epochs = _epochs(training)
    assert training.total_steps == 300
    assert epochs[-1].loss < LEARNT
    assert epochs[-1].accuracy == 1


def test_finds_nothing_where_there_is_nothing() -> None:
    """Labels that have nothing to do with the images: better than chance on fresh ones would be a leak."""
    training = Training(
        _model(), _digits(500), optimizer=Adam(), validation_data=_digits(1000, seed=1), settings=_settings(10)
    )
    accuracy = _epochs(training)[-1].validation_accuracy
    assert accuracy == pytest.approx(CHANCE, abs=CHANCE_SPREAD)


def test_fits_a_line() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (200, 3))
    y = x @ [1.5, -2.0, 0.5] + 0.25
    model = Sequential([Dense(3, 1)], seed=0, dtype=np.float64)
    optimizer = SGD(0.3)
    epochs = _epochs(
        Training(model, (x, y[:, np.newaxis]), optimizer=optimizer, loss=MeanSquaredError(), settings=_settings(100))
    )
    assert epochs[-1].loss < LEARNT**2
    assert epochs[-1].accuracy is None
    weights = model.get_weights()
    np.testing.assert_allclose(weights["layers.0.weight"].ravel(), [1.5, -2.0, 0.5], atol=LEARNT)
    np.testing.assert_allclose(weights["layers.0.bias"], [0.25], atol=LEARNT)


def test_an_epoch_worked_by_hand() -> None:
    """From weights of 0 every class has probability 1/2, so one full step of gradient descent is school arithmetic.

    dz = (p − q)/3 = ±1/6, dW = xᵀ dz = [[0, 0], [1/3, −1/3]], db = [1/6, −1/6]; W and b move by −0.6 of that.
    """
    x, y = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.array([0, 1, 1])
    model = Sequential([Dense(2, 2)], seed=0, dtype=np.float64)
    model.parameters.values[...] = 0
    training = Training(
        model, (x, y), optimizer=SGD(0.6), validation_data=(x, y), settings=TrainingSettings(1, None, threads=1)
    )
    step, epoch = list(training)
    assert isinstance(step, StepReport)
    assert isinstance(epoch, EpochReport)

    np.testing.assert_allclose(model.get_weights()["layers.0.weight"], [[0.0, 0.0], [-0.2, 0.2]], rtol=FLOAT64)
    np.testing.assert_allclose(model.get_weights()["layers.0.bias"], [-0.1, 0.1], rtol=FLOAT64)
    assert (step.epoch, step.batch, step.batches) == (1, 1, 1)
    assert (epoch.epoch, epoch.epochs, epoch.best) == (1, 1, True)
    for report in (step, epoch):
        assert report.loss == pytest.approx(math.log(2), rel=FLOAT64)
        assert report.accuracy == pytest.approx(1 / 3, rel=FLOAT64)  # a tie goes to class 0, right for one of three
        assert report.learning_rate == 0.6
        assert (report.samples_per_second or 0) > 0
    # the margins of the true class are now −0.2, 0.6 and 0.6
    assert epoch.validation_loss == pytest.approx((math.log1p(math.exp(0.2)) + 2 * math.log1p(math.exp(-0.6))) / 3)
    assert epoch.validation_accuracy == pytest.approx(2 / 3, rel=FLOAT64)
    assert (epoch.seconds or 0) > 0


def test_the_loss_of_an_epoch_weighs_every_sample_alike() -> None:
    """A rate of 0 changes nothing, so the batches of 4, 4 and 2 must average to the loss over all 10."""
    data, model = _digits(10), _model(dropout=0.0)
    expected = SoftmaxCrossEntropy().value(model.forward(data.x).astype(np.float64), data.y)
    epoch = _epochs(Training(model, data, optimizer=SGD(0.0), settings=_settings(1, 4)))[0]
    assert epoch.loss == pytest.approx(expected, rel=1e-6)  # float32 scores
    assert epoch.accuracy == np.mean(model.predict(data.x) == data.y)


def test_a_large_batch_in_parts_is_the_batch_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 3, 3, 3 and 1 rows must weigh as their rows do, in the loss, the accuracy and the gradient."""
    runs = []
    for part_rows in (100, 4):
        monkeypatch.setattr("framework.gradients.PART_ROWS", part_rows)
        layers = [Rescale(1 / 255), Dense(30, 8), ReLU(), Dense(8, 10)]
        model = Sequential(layers, seed=0, dtype=np.float64)
        (epoch,) = _epochs(Training(model, _digits(10), optimizer=SGD(0.5), settings=_settings(1, None)))
        runs.append((model, epoch))
    (whole, at_once), (parted, in_parts) = runs
    assert in_parts.loss == pytest.approx(at_once.loss, rel=FLOAT64)
    assert in_parts.accuracy == at_once.accuracy
    np.testing.assert_allclose(parted.parameters.grads, whole.parameters.grads, rtol=0, atol=FLOAT64)
    np.testing.assert_allclose(parted.parameters.values, whole.parameters.values, rtol=0, atol=FLOAT64)


class Witness(Layer):
    """Passes everything on and notes in which part of which step it was called, and with how many rows."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int, int]] = []

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None:
            self.seen.append((step.index, step.part, len(x)))
        return x

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy if need_dx else None


def test_parts_are_numbered_so_that_each_draws_numbers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.gradients.PART_ROWS", 4)
    witness = Witness()
    model = Sequential([Dense(30, 10), witness], seed=0)
    _epochs(Training(model, _digits(15), optimizer=SGD(), settings=_settings(1, 10)))
    assert witness.seen == [(0, 0, 3), (0, 1, 3), (0, 2, 3), (0, 3, 1), (1, 0, 3), (1, 1, 2)]


def test_how_many_workers_there_are_never_changes_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.gradients.PART_ROWS", 4)
    runs = []
    for threads in (1, 2, 3):
        model = _model(dropout=0.5)
        epochs = _epochs(
            Training(model, _digits(30), optimizer=Adam(0.01), settings=_settings(4, None, threads=threads))
        )
        runs.append((model.parameters.values.tobytes(), [epoch.loss for epoch in epochs]))
    assert runs[0] == runs[1] == runs[2]


def test_a_fault_in_a_worker_is_the_caller_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.gradients.PART_ROWS", 4)
    training = Training(_model(), _digits(30), optimizer=SGD(1e30), settings=_settings(9, None, threads=2))
    with pytest.raises(FloatingPointError):  # the error state of the tests reaches the workers
        list(training)
    training = Training(_model(), _digits(30), optimizer=SGD(1e30), settings=_settings(9, None, threads=2))
    with np.errstate(all="ignore"), pytest.raises(Diverged):
        list(training)


# It repeats itself


def _fingerprint(seed: int = 0) -> str:
    model = _model(seed)
    schedule = OneCycleSchedule()
    training = Training(
        model,
        _digits(50),
        optimizer=AdamW(0.01),
        schedule=schedule,
        validation_data=_digits(20, seed=1),
        settings=_settings(3, 16, seed=seed),
    )
    _epochs(training)
    return hashlib.sha256(model.parameters.values.tobytes() + json.dumps(training.history.history).encode()).hexdigest()


def test_the_same_seed_gives_the_same_bits() -> None:
    assert _fingerprint() == _fingerprint()
    assert _fingerprint() != _fingerprint(seed=1)


def test_fresh_processes_agree_to_the_bit() -> None:
    code = "from tests.framework.test_training import _fingerprint; print(_fingerprint())"
    prints = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("0", "4242")
    }
    assert prints == {_fingerprint()}


@pytest.mark.parametrize("change", ["order", "dropout"])
def test_the_training_seed_alone_makes_a_difference(change: str) -> None:
    """Shuffling and dropout each depend on it: with one of them switched off the other still does."""

    def values(seed: int) -> bytes:
        model = _model(dropout=0.25 if change == "dropout" else 0.0)
        _epochs(Training(model, _digits(40), optimizer=SGD(), settings=_settings(1, *_batch(change), seed=seed)))
        return model.parameters.values.tobytes()

    assert values(0) == values(0)
    assert values(0) != values(1)


def _batch(change: str) -> tuple[int | None]:
    return (None,) if change == "dropout" else (16,)


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize(
    "place",
    [
        "framework.training_state.TrainingState.is_best",
        "framework.training_state.TrainingState.end_epoch",
        "framework.steadying.Average.exchange",
    ],
)
def test_ctrl_c_at_the_end_of_an_epoch_changes_nothing(
    place: str, early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pressed before or after something that is only half of what there is to do."""
    owner, _, name = place.rpartition(".")
    real = getattr(pkgutil.resolve_name(owner), name)
    pressed: list[bool] = []

    def training(model: Sequential) -> Training:
        settings = TrainingSettings(4, 16, threads=1, average=0.9, monitor="validation_accuracy")
        return Training(model, _digits(50), optimizer=Adam(), validation_data=_digits(40), settings=settings)

    def press(*words: object) -> object:
        if early and not pressed:
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)
        answer = real(*words)
        if not pressed:
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)
        return answer

    whole, interrupted = training(_model()), training(_model())
    list(whole)
    with monkeypatch.context() as keyboard:
        keyboard.setattr(place, press)
        with pytest.raises(KeyboardInterrupt):
            list(interrupted)
    list(interrupted)
    assert [epoch.epoch for epoch in interrupted.history] == [1, 2, 3, 4]
    assert [epoch.best for epoch in interrupted.history] == [epoch.best for epoch in whole.history]
    assert interrupted.model.parameters.values.tobytes() == whole.model.parameters.values.tobytes()


def test_stopping_in_the_middle_and_going_on_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    straight, broken = _model(), _model()
    _epochs(Training(straight, _digits(50), optimizer=Adam(), settings=_settings(2)))

    monkeypatch.setattr("framework.training.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("framework.training.LOOKS_APART", 0)
    training = Training(broken, _digits(50), optimizer=Adam(), settings=_settings(2))
    places: list[tuple[int, int] | int] = []
    while len(training.history) < 2:
        for event in training:
            places.append((event.epoch, event.batch) if isinstance(event, StepReport) else event.epoch)
            break  # and begin another loop over the same run
    assert places == [(1, 1), (1, 2), (1, 3), (1, 4), 1, (2, 1), (2, 2), (2, 3), (2, 4), 2]
    assert list(training) == []
    np.testing.assert_array_equal(broken.parameters.values, straight.parameters.values)


@pytest.mark.parametrize("optimizer", [lambda: SGD(0.1, momentum=0.9), lambda: Adam(0.01), lambda: AdamW(0.01)])
def test_training_again_with_the_same_optimizer_goes_on(optimizer: Callable[[], Optimizer]) -> None:
    once, twice = _model(), _model()
    _epochs(Training(once, _digits(50), optimizer=optimizer(), settings=_settings(6)))
    same = optimizer()
    for _ in range(2):
        _epochs(Training(twice, _digits(50), optimizer=same, settings=_settings(3)))
    assert same.steps == 6 * 4
    np.testing.assert_array_equal(twice.parameters.values, once.parameters.values)


def test_an_optimizer_forgets_one_model_when_it_meets_another() -> None:
    used, fresh = Adam(0.01), Adam(0.01)
    _epochs(Training(_model(1), _digits(50), optimizer=used, settings=_settings(2)))
    for_used, for_fresh = _model(2), _model(2)
    _epochs(Training(for_used, _digits(50), optimizer=used, settings=_settings(2)))
    _epochs(Training(for_fresh, _digits(50), optimizer=fresh, settings=_settings(2)))
    assert used.steps == fresh.steps
    np.testing.assert_array_equal(for_used.parameters.values, for_fresh.parameters.values)


# The learning rate


class Recorder(Optimizer):
    """Notes the rates and the indices it is called with and changes nothing."""

    def __init__(self, learning_rate: float) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.calls: list[tuple[float, int]] = []

    def slot_names(self) -> tuple[str, ...]:
        return ()

    def step(self, values: Array, grads: Array, learning_rate: float, index: int) -> None:
        self.calls.append((learning_rate, index))


def test_the_rate_follows_the_schedule_from_middle_to_middle() -> None:
    recorder = Recorder(0.2)
    training = Training(_model(), _digits(50), optimizer=recorder, schedule=CosineSchedule(), settings=_settings(2, 16))
    epochs = _epochs(training)
    expected = [0.2 * math.cos(math.pi * (i + 0.5) / 8 / 2) ** 2 for i in range(8)]  # (1 + cos 2a)/2 = cos² a
    assert [rate for rate, _ in recorder.calls] == pytest.approx(expected, rel=FLOAT64)
    assert [index for _, index in recorder.calls] == list(range(8))
    assert [epoch.learning_rate for epoch in epochs] == [recorder.calls[3][0], recorder.calls[7][0]]
    assert [training.learning_rate(step) for step in range(8)] == [rate for rate, _ in recorder.calls]


@pytest.mark.parametrize("schedule", [ConstantSchedule(warmup=0.5), CosineSchedule(warmup=0.2), OneCycleSchedule()])
@pytest.mark.parametrize("optimizer", [SGD(0.1, momentum=0.9, weight_decay=0.01), Adam(), AdamW()])
def test_hyperparameters_are_never_touched(optimizer: Optimizer, schedule: Schedule) -> None:
    before = repr(optimizer), repr(schedule), _public(optimizer)
    _epochs(Training(_model(), _digits(50), optimizer=optimizer, schedule=schedule, settings=_settings(2)))
    assert (repr(optimizer), repr(schedule), _public(optimizer)) == before


def _public(optimizer: Optimizer) -> dict[str, object]:
    return {name: value for name, value in vars(optimizer).items() if name[0] != "_" and name != "steps"}


# Validation: the best epoch, and when to stop


def _contrary() -> tuple[Dataset, Dataset]:
    """Validation data with the opposite labels: the more is learnt the worse it gets, from the first epoch on."""
    x = np.random.default_rng(0).normal(size=(40, 3))
    y = (x[:, 0] > 0).astype(np.int64)
    return Dataset(x, y), Dataset(x, 1 - y)


def _against(epochs: int, patience: int | None, *, restore_best: bool = True) -> tuple[Sequential, Training]:
    model = Sequential([Dense(3, 2)], seed=0)
    train, validation = _contrary()
    settings = TrainingSettings(epochs, 10, patience=patience, restore_best=restore_best, threads=1)
    training = Training(model, train, optimizer=SGD(0.1), validation_data=validation, settings=settings)
    _epochs(training)
    return model, training


@pytest.mark.parametrize("patience", [1, 3])
def test_stops_when_patience_runs_out(patience: int) -> None:
    model, training = _against(20, patience)
    assert training.history.stopped_early
    assert len(training.history) == 1 + patience
    assert [report.best for report in training.history] == [True] + [False] * patience
    np.testing.assert_array_equal(model.parameters.values, _against(1, None)[0].parameters.values)


def test_patience_that_runs_out_in_the_last_epoch_stops_nothing() -> None:
    _, training = _against(4, 3)
    assert len(training.history) == 4
    assert not training.history.stopped_early


def test_without_patience_the_run_goes_on_and_the_best_weights_come_back() -> None:
    model, training = _against(5, None)
    assert len(training.history) == 5
    best = training.history.best
    assert best is not None
    assert best.epoch == 1
    np.testing.assert_array_equal(model.parameters.values, _against(1, None)[0].parameters.values)


def test_restore_best_false_keeps_the_last_weights() -> None:
    model, _ = _against(5, None, restore_best=False)
    train, _ = _contrary()
    plain = Sequential([Dense(3, 2)], seed=0)
    _epochs(Training(plain, train, optimizer=SGD(0.1), settings=_settings(5, 10)))
    np.testing.assert_array_equal(model.parameters.values, plain.parameters.values)


def test_without_validation_no_epoch_is_best() -> None:
    training = Training(_model(), _digits(20), optimizer=SGD(), settings=_settings(2))
    assert [report.best for report in _epochs(training)] == [False, False]
    assert training.history.best is None


@pytest.mark.parametrize(("monitor", "best_weight"), [("validation_loss", -0.1), ("validation_accuracy", 0.1)])
def test_the_monitor_decides_which_epoch_is_best(monitor: str, best_weight: float) -> None:
    """Margins are w, w and −5w. At w = −0.1 the loss is lower, 0.654 against 0.754; at 0.1 more answers are right."""
    data = Dataset([[1.0], [1.0], [5.0]], [0, 0, 1])
    model = Sequential([Dense(1, 2, use_bias=False)], seed=0)
    settings = TrainingSettings(2, None, monitor=monitor, threads=1)  # type: ignore[arg-type]
    training = Training(model, data, optimizer=SGD(0.0), validation_data=data, settings=settings)
    model.set_weights({"layers.0.weight": [[-0.1, 0.0]]})  # type: ignore[dict-item]
    for event in training:
        if isinstance(event, EpochReport):
            model.set_weights({"layers.0.weight": [[0.1, 0.0]]})  # type: ignore[dict-item]
    np.testing.assert_array_equal(model.get_weights()["layers.0.weight"], np.array([[best_weight, 0]], np.float32))


def test_an_equal_epoch_is_not_better() -> None:
    data = _digits(20)
    training = Training(_model(), data, optimizer=SGD(0.0), validation_data=data, settings=_settings(3, patience=2))
    assert [report.best for report in _epochs(training)] == [True, False, False]


# What it refuses


@pytest.mark.parametrize("label", [-1, 10, 300])
@pytest.mark.parametrize("role", ["data", "validation_data"])
def test_labels_out_of_range_are_named_by_row(role: str, label: int) -> None:
    good = _digits(20)
    labels = good.y.astype(np.int64)
    labels[[13, 17]] = label
    bad = Dataset(good.x, labels)
    data, validation = (bad, good) if role == "data" else (good, bad)
    with pytest.raises(InputError) as caught:
        Training(_model(), data, optimizer=SGD(), validation_data=validation)
    assert str(caught.value).startswith(f"{role}: row 13: got label {label}; expected an integer from 0 to 9")


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((4, 29)), [0] * 4, "data: got samples of shape (29,); the model expects (30,)"),
        (np.zeros((4, 30)), np.zeros(4), "data: got targets of float64; expected integer labels for the model"),
        (np.zeros((4, 30)), np.zeros((4, 10)), "data: first row: targets: row 0: got numbers from 0"),
        (np.zeros((4, 30)), [0] * 3, "got 4 rows of x and 3 of y"),
        (np.zeros((0, 30)), [], "expected one or more rows"),
    ],
)
def test_data_that_does_not_fit_the_model(x: ArrayLike, y: ArrayLike, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Training(_model(), (x, y), optimizer=SGD())
    assert message in str(caught.value)


def test_patience_needs_validation_data() -> None:
    with pytest.raises(InputError, match=r"patience: .*expected validation data"):
        Training(_model(), _digits(20), optimizer=SGD(), settings=_settings(1, patience=1))


def test_a_model_without_parameters_cannot_be_trained() -> None:
    with pytest.raises(InputError, match="no layer has parameters"):
        Training(Sequential([ReLU()], input_shape=(30,)), _digits(20), optimizer=SGD())


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name in ("epochs", "batch_size", "patience", "threads") for value in (0, -1, True, 1.5, "2")]
    + [("epochs", None), ("seed", -1), ("seed", 2**64), ("seed", True), ("monitor", "loss")],
)
def test_settings_are_checked(name: str, value: object) -> None:
    with pytest.raises(InputError, match=f"^{name}: got {value!r}; expected"):
        TrainingSettings(**{name: value})  # type: ignore[arg-type]


def test_threads_none_is_refused() -> None:
    with pytest.raises(InputError, match=r"^threads: got None; expected"):
        TrainingSettings(threads=None)  # type: ignore[arg-type]


def test_a_rate_far_too_high_is_reported_with_epoch_and_step() -> None:
    training = Training(_model(), _digits(50), optimizer=SGD(1e30), settings=_settings(3))
    seen: list[StepReport | EpochReport] = []
    with np.errstate(all="ignore"), pytest.raises(Diverged) as caught:
        seen.extend(training)
    assert str(caught.value).startswith(
        f"training diverged: epoch 1, step {training.state.step + 1}, learning rate 1e+30: the loss is "
    )
    assert caught.value.hint is not None
    assert caught.value.hint == "the learning rate is likely too large: try 0.1"
    assert all(math.isfinite(report.loss) for report in [*seen, *training.history])


def test_no_run_ends_with_weights_that_are_not_finite() -> None:
    data = Dataset(np.full((4, 1), 1e3), [0, 1, 1, 1])
    training = Training(Sequential([Dense(1, 2)], seed=0), data, optimizer=SGD(1e38), settings=_settings(1, None))
    with np.errstate(all="ignore"), pytest.raises(Diverged):
        list(training)


def test_regression_on_integers_has_no_accuracy() -> None:
    data = Dataset([[0.0], [1.0], [2.0]], [0, 1, 2])
    training = Training(
        Sequential([Dense(1, 1)], seed=0), data, optimizer=SGD(), loss=MeanSquaredError(), settings=_settings(1)
    )
    assert _epochs(training)[0].accuracy is None


# BLAS threads


def _blas_threads() -> int:
    counts = [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
    if not counts:
        pytest.skip("this NumPy has no BLAS whose threads can be set")
    return int(counts[0])


class Spy(Loss):
    """Cross-entropy that notes how many BLAS threads there are when it is asked."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return self.value_and_grad(outputs, targets, sample_weight)[0]

    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        self.threads.add(_blas_threads())
        return SoftmaxCrossEntropy().value_and_grad(outputs, targets, sample_weight)


def test_threads_are_set_for_the_steps_and_given_back_for_every_report() -> None:
    spy = Spy()
    training = Training(
        _model(), _digits(50), optimizer=SGD(), loss=spy, validation_data=_digits(20), settings=_settings(3)
    )
    spy.threads.clear()
    with threadpool_limits(limits=2, user_api="blas"):
        if _blas_threads() != 2:
            pytest.skip("BLAS was built for one thread")
        for _ in training:
            assert _blas_threads() == 2
        assert _blas_threads() == 2
    assert spy.threads == {1}


def test_threads_are_given_back_when_a_step_fails() -> None:
    training = Training(_model(), _digits(50), optimizer=SGD(1e30), settings=_settings(3))
    with threadpool_limits(limits=2, user_api="blas"):
        before = _blas_threads()
        with np.errstate(all="ignore"), pytest.raises(Diverged):
            list(training)
        assert _blas_threads() == before


@pytest.mark.parametrize("batch_size", [16, None])
def test_measuring_threads_changes_nothing(batch_size: int | None) -> None:
    model, data, optimizer = _model(), _digits(50), Adam(0.01)
    x, y = data.x.copy(), data.y.copy()
    training = Training(model, data, optimizer=optimizer, settings=TrainingSettings(2, batch_size))
    values, grads = model.parameters.values.copy(), model.parameters.grads.copy()
    assert 1 <= training.threads <= usable_cores()
    np.testing.assert_array_equal(model.parameters.values, values)
    np.testing.assert_array_equal(model.parameters.grads, grads)
    np.testing.assert_array_equal(data.x, x)
    np.testing.assert_array_equal(data.y, y)
    assert optimizer.steps == 0

    _epochs(training)
    pinned = _model()
    settings = TrainingSettings(2, batch_size, threads=training.threads)
    _epochs(Training(pinned, data, optimizer=Adam(0.01), settings=settings))
    np.testing.assert_array_equal(model.parameters.values, pinned.parameters.values)
