"""A training shared out among processes gives what one process gives, and leaves none behind."""

import copy
import errno
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import final

import numpy as np
import pytest

from framework import (
    SGD,
    Activation,
    Adam,
    AdamW,
    Affine,
    Augmentation,
    BatchNorm,
    Conv2D,
    CosineSchedule,
    Dataset,
    Dense,
    Diverged,
    Dropout,
    EnvironmentFault,
    EpochReport,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    Optimizer,
    ReLU,
    Rescale,
    Reshape,
    RMSprop,
    Sequential,
    SoftmaxCrossEntropy,
    StepReport,
    Tanh,
    Training,
    TrainingSettings,
)
from framework.data.batches import Batch
from framework.randomness import Step
from framework.saving import Checkpoints
from framework.sharing.ranks import Ranks, can_share
from framework.sharing.share import augmented
from framework.sharing.units import UnitGradients
from framework.task import Task
from framework.threads import usable_cores
from framework.types import Array, Numbers
from tests.source import ROOT

SEED = 5
FLOAT32 = 1e-5
"""Some hundred roundings of numbers around 1."""
ROWS, FEATURES, UNITS, CLASSES, BATCH = 210, 12, 50, 4, 32


def _task(
    layers: list[Layer], optimizer: Optimizer | None = None, settings: TrainingSettings | None = None, rows: int = BATCH
) -> Task:
    model = Sequential(layers, seed=0)
    return Task(model, SoftmaxCrossEntropy(), optimizer or SGD(), settings or TrainingSettings(), None, rows)


pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="processes cannot share a training here"
)


@pytest.fixture(autouse=True)
def three_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as any test has processes; that they may have to share one changes no bit."""
    monkeypatch.setattr("framework.sharing.ranks.usable_cores", lambda: 3)


def _data(weighted: bool = False) -> Dataset:
    rng = np.random.default_rng(SEED)
    weight = rng.uniform(0.5, 2, ROWS) if weighted else None
    return Dataset(rng.integers(0, 256, (ROWS, FEATURES), np.uint8), rng.integers(0, CLASSES, ROWS), weight)


def _layers(activation: Layer | None = None, *, bias: bool = True) -> list[Layer]:
    first = Dense(FEATURES, UNITS, use_bias=bias)
    return [Rescale(1 / 255), first, activation or ReLU(), Dense(UNITS, CLASSES, use_bias=bias)]


def _training(
    ranks: int,
    optimizer: Optimizer | None = None,
    layers: list[Layer] | None = None,
    *,
    epochs: int = 2,
    weighted: bool = False,
    checkpoints: Checkpoints | None = None,
    loss: SoftmaxCrossEntropy | None = None,
) -> Training:
    model = Sequential(layers or _layers(), seed=SEED, dtype=np.float64)
    return Training(
        model,
        _data(weighted),
        optimizer=optimizer or SGD(0.2, momentum=0.9),
        schedule=CosineSchedule(),
        loss=loss,
        settings=TrainingSettings(epochs, BATCH, SEED, threads=ranks),
        checkpoints=checkpoints,
    )


def _end(training: Training) -> tuple[Array, Array, dict[str, Array], list[float]]:
    for _ in training:
        pass
    shared = training.settings.threads != 1
    assert isinstance(training._make_step, Ranks) is shared
    parameters = training.model.parameters
    losses = [report.loss for report in training.history.epochs]
    return parameters.values, parameters.grads, dict(training.optimizer.slots), losses


@pytest.mark.parametrize("ranks", [2, 3])
@pytest.mark.parametrize(
    "make",
    [
        lambda ranks: _training(ranks, SGD(0.2)),
        lambda ranks: _training(ranks, SGD(0.2, momentum=0.9, nesterov=True, weight_decay=1e-3)),
        lambda ranks: _training(ranks, Adam(0.01)),
        lambda ranks: _training(ranks, AdamW(0.01, weight_decay=0.1)),
        lambda ranks: _training(ranks, RMSprop(0.01, momentum=0.5)),
        lambda ranks: _training(ranks, layers=_layers(Tanh())),
        lambda ranks: _training(ranks, layers=_layers(bias=False)),
        lambda ranks: _training(ranks, layers=[Flatten(), *_layers()]),
        lambda ranks: _training(ranks, weighted=True, loss=SoftmaxCrossEntropy(label_smoothing=0.1)),
    ],
)
def test_all_ranks_together_do_what_one_does(make: Callable[[int], Training], ranks: int) -> None:
    """But for the order in which sums are rounded: weights, gradients, the optimizer's memory and steps, losses."""
    alone, together = make(1), make(ranks)
    for one, other in zip(_end(alone)[:2], _end(together)[:2], strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12)
    for name, slot in alone.optimizer.slots.items():
        np.testing.assert_allclose(together.optimizer.slots[name], slot, rtol=1e-9, atol=1e-12)
    losses = [[report.loss for report in training.history.epochs] for training in (alone, together)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-9)
    right = [[report.accuracy for report in training.history.epochs] for training in (alone, together)]
    assert right[0] == right[1]
    assert alone.optimizer.steps == together.optimizer.steps == alone.state.step


def test_the_same_seed_gives_the_same_bits() -> None:
    first, second = (_end(_training(2, Adam(0.01)))[0].tobytes() for _ in range(2))
    assert first == second


def test_between_two_reports_the_model_has_the_weights_of_the_last_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.training.REPORT_SECONDS", 0.0)  # a report after every step
    weights: dict[int, list[Array]] = {1: [], 2: []}
    for ranks, seen in weights.items():
        training = _training(ranks)
        seen.extend(training.model.parameters.values.copy() for event in training if isinstance(event, StepReport))
    assert len(weights[1]) == 2 * 7
    for one, other in zip(weights[1], weights[2], strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12)


def _halve(training: Training) -> None:
    training.model.parameters.values[...] *= 0.5


def _slow_down(training: Training) -> None:
    training.optimizer.learning_rate = 0.01


def _roll_on(training: Training) -> None:
    training.optimizer.momentum = 0.5  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", [_halve, _slow_down, _roll_on])
def test_what_a_script_changes_between_two_reports_counts(
    change: Callable[[Training], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("framework.training.REPORT_SECONDS", 0.0)
    results = []
    for ranks in (1, 2):
        training = _training(ranks)
        for number, _ in enumerate(training):
            if number in (3, 9):
                change(training)
        results.append((training.model.parameters.values, training.optimizer.slots["velocity"]))
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12)
    untouched = _end(_training(1))[0]
    assert not np.allclose(results[1][0], untouched)


def _children() -> set[int]:
    """The processes that have been forked and not been seen ending."""
    return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))


def test_no_process_is_left_however_a_training_ends() -> None:
    before = _children()
    _end(_training(3))
    assert _children() == before

    events = iter(_training(3, epochs=1000))
    next(events)
    assert len(_children() - before) == 2
    del events  # as when a loop is broken off
    assert _children() == before

    failing = _training(3, epochs=1000, checkpoints=None)
    events = iter(failing)
    next(events)
    failing.batches.take = None  # type: ignore[method-assign, assignment]
    with pytest.raises(TypeError):
        list(events)
    assert _children() == before


def test_a_broken_off_training_goes_on_where_it_was() -> None:
    whole, broken = _training(2), _training(2)
    for event in broken:
        if isinstance(event, EpochReport):
            break
    assert _end(broken)[0].tobytes() == _end(whole)[0].tobytes()


def test_a_kept_training_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole = _end(_training(2, Adam(0.01), epochs=3))
    kept = _training(2, Adam(0.01), epochs=3, checkpoints=Checkpoints(tmp_path, every=5))
    for event in kept:
        if isinstance(event, EpochReport) and event.epoch == 2:
            break
    resumed = _training(2, Adam(0.01), epochs=3, checkpoints=Checkpoints(tmp_path, resume=True))
    assert resumed.state.step == 10  # the fifth step saved last: inside an epoch of seven
    values, _, slots, losses = _end(resumed)
    assert values.tobytes() == whole[0].tobytes()
    assert losses == whole[3]
    assert {name: slot.tobytes() for name, slot in slots.items()} == {n: s.tobytes() for n, s in whole[2].items()}


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_training_that_diverges_says_so(ranks: int) -> None:
    before = _children()
    training = _training(ranks, SGD(1e200))
    with pytest.raises(Diverged, match=r"epoch 1, step \d, learning rate") as caught, np.errstate(all="ignore"):
        _end(training)
    assert "the first number that is not finite is in" in str(caught.value)
    assert _children() == before


@pytest.mark.parametrize("ranks", [2, 3])
def test_a_gradient_that_is_not_finite_in_another_rank_ends_it_too(ranks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = UnitGradients.__call__

    def failing(self: UnitGradients, batch: Batch, step: Step) -> tuple[float, int]:
        answer = whole(self, batch, step)
        if self.rank == 1 and step.index == 4:
            self._own.models[0].parameters.grads[0] = np.nan
        return answer

    monkeypatch.setattr(UnitGradients, "__call__", failing)
    before = _children()
    training = _training(ranks)
    with pytest.raises(Diverged, match=r"epoch 1, step 6, .*: a gradient is not finite"):
        _end(training)
    assert _children() == before
    assert np.isfinite(training.model.parameters.values).all()


def test_a_machine_that_allows_no_more_processes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("framework.sharing.ranks.os.fork", full)
    with pytest.raises(EnvironmentFault, match=r"^a process cannot be started: Resource temporarily unavailable"):
        _end(_training(2))


def test_somebody_who_never_wants_to_hear_of_ended_processes_can_train(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system forgets them then, and waiting for one is an error."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert _end(_training(2))[0].tobytes() == _end(_training(2))[0].tobytes()
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_rank_that_is_killed_ends_the_training_with_a_word() -> None:
    before = _children()
    events = iter(_training(2, epochs=100_000))
    next(events)
    os.kill((_children() - before).pop(), signal.SIGKILL)
    with pytest.raises(EnvironmentFault, match="a process of the training ended with -9"):
        list(events)
    assert _children() == before


@pytest.mark.skipif(usable_cores() < 2, reason="the other process has the cores there are")
def test_ranks_end_with_the_process_that_has_begun_them(tmp_path: Path) -> None:
    code = (
        "import tests.framework.sharing.test_ranks as own\n"
        "for _ in own._training(2, epochs=100_000):\n"
        "    print(*own._children(), flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT) as first:
        assert first.stdout is not None
        other = int(first.stdout.readline())
        first.kill()
        first.wait()
        deadline = time.monotonic() + 30
        while Path(f"/proc/{other}/stat").exists() and time.monotonic() < deadline:
            if Path(f"/proc/{other}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                break
            time.sleep(0.01)
        else:
            assert not Path(f"/proc/{other}").exists()


class _Signs(Optimizer):
    """Not elementwise, as far as anybody knows."""

    def __init__(self) -> None:
        super().__init__()
        self.learning_rate = 0.1

    def slot_names(self) -> tuple[str, ...]:
        return ()

    def step(self, values: Array, grads: Array, learning_rate: float, index: int) -> None:
        values -= learning_rate * np.sign(grads)


@pytest.mark.parametrize(
    ("layers", "optimizer", "settings", "rows", "ranks"),
    [
        (_layers(), SGD(), TrainingSettings(), BATCH, 1),
        ([Dense(FEATURES, 31), ReLU(), Dense(31, CLASSES)], SGD(), TrainingSettings(), BATCH, 2),
        (_layers(), SGD(), TrainingSettings(), 4097, 2),
        (_layers(), _Signs(), TrainingSettings(), BATCH, 2),
        (_layers(), SGD(), TrainingSettings(clip_norm=1.0), BATCH, 2),
        (_layers(), SGD(), TrainingSettings(max_norm=1.0), BATCH, 2),
        (_layers(), SGD(), TrainingSettings(average=0.9), BATCH, 2),
        (_layers(Dropout(0.5)), SGD(), TrainingSettings(), BATCH, 2),
        (_layers(BatchNorm(UNITS)), SGD(), TrainingSettings(), BATCH, 2),
        ([Dropout(0.1), *_layers()], SGD(), TrainingSettings(), BATCH, 2),
        ([*_layers(), ReLU()], SGD(), TrainingSettings(), BATCH, 2),
        ([*_layers(), ReLU(), Dense(CLASSES, CLASSES)], SGD(), TrainingSettings(), BATCH, 2),
        ([Dense(FEATURES, CLASSES)], SGD(), TrainingSettings(), BATCH, 2),
    ],
)
def test_what_needs_the_whole_network_stays_in_one_process(
    layers: list[Layer], optimizer: Optimizer, settings: TrainingSettings, rows: int, ranks: int
) -> None:
    assert not can_share(_task(layers, optimizer, settings, rows), ranks)


# By rows, and with an augmentation


def test_no_more_processes_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would wait for each other most of the time; and a file from somebody else may ask for a thousand."""
    monkeypatch.setattr("framework.sharing.ranks.usable_cores", lambda: 2)
    assert can_share(_task(_layers()), 2)
    assert not can_share(_task(_layers()), 3)


@final
class Brighter(Augmentation):
    """As pure as can be: no random numbers, so that it does not matter who draws them."""

    def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
        return x.astype(np.float32) + np.float32(1)


def _image_layers() -> list[Layer]:
    return [
        Rescale(1 / 255),
        Reshape((4, 4, 1)),
        Conv2D(1, 5),
        ReLU(),
        GlobalAveragePool2D(),
        Dense(5, CLASSES),
    ]


def _image_training(
    ranks: int,
    layers: list[Layer],
    *,
    rows: int = ROWS,
    augmentation: Augmentation | None = None,
    weighted: bool = False,
) -> Training:
    rng = np.random.default_rng(SEED)
    weight = rng.uniform(0.5, 2, rows) if weighted else None
    data = Dataset(rng.integers(0, 256, (rows, 16), np.uint8), rng.integers(0, CLASSES, rows), weight)
    model = Sequential(layers, seed=SEED, dtype=np.float64, input_shape=(16,))
    settings = TrainingSettings(2, BATCH, SEED, threads=ranks, clip_norm=0.5)
    return Training(model, data, optimizer=Adam(0.01), augmentation=augmentation, settings=settings)


@pytest.mark.parametrize("ranks", [2, 3])
@pytest.mark.parametrize("rows", [ROWS, BATCH + 1], ids=["", "a last batch of one row, and ranks without any"])
@pytest.mark.parametrize("augmentation", [None, Brighter()])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_batch_shared_out_by_rows_is_the_same_batch(
    ranks: int, rows: int, augmentation: Augmentation | None, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("framework.sharing.rows.LEAST_WORK", 1)
    alone, together = (
        _image_training(number, _image_layers(), rows=rows, augmentation=augmentation, weighted=weighted)
        for number in (1, ranks)
    )
    for one, other in zip(_end(alone)[:2], _end(together)[:2], strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-7, atol=1e-10)
    losses = [[report.loss for report in training.history.epochs] for training in (alone, together)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-9)
    assert alone.history.epochs[-1].accuracy == together.history.epochs[-1].accuracy


@pytest.mark.parametrize("rows", [ROWS, BATCH + 1])
def test_units_are_shared_out_and_rows_augmented_by_all(rows: int) -> None:
    layers = [Rescale(1 / 255), Dense(16, UNITS), ReLU(), Dense(UNITS, CLASSES)]
    results = []
    for ranks in (1, 2, 3):
        model = Sequential(copy.deepcopy(layers), seed=SEED)
        rng = np.random.default_rng(SEED)
        data = Dataset(rng.integers(0, 256, (rows, 16), np.uint8), rng.integers(0, CLASSES, rows))
        settings = TrainingSettings(2, BATCH, SEED, threads=ranks)
        results.append(_end(Training(model, data, optimizer=SGD(0.1), augmentation=Brighter(), settings=settings))[0])
    for other in results[1:]:
        np.testing.assert_allclose(other, results[0], rtol=FLOAT32, atol=FLOAT32)


def test_each_rank_draws_random_numbers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropout and augmentation alike; and the same ones the next time."""
    monkeypatch.setattr("framework.sharing.rows.LEAST_WORK", 1)
    layers = [*_image_layers()[:-1], Dropout(0.5), Dense(5, CLASSES)]
    bits = [_end(_image_training(2, copy.deepcopy(layers), augmentation=Affine((4, 4))))[0].tobytes() for _ in range(2)]
    assert bits[0] == bits[1]
    step = Step(SEED, 3)
    images = np.random.default_rng(0).integers(0, 256, (5, 16), np.uint8)
    first, second = (augmented(Affine((4, 4)), images, step, rank) for rank in (0, 1))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(
    ("layers", "rows", "ranks", "shared"),
    [
        (_image_layers(), 512, 2, True),
        (_image_layers(), 1, 2, False),  # a rank that never has a row
        ([*_image_layers()[:3], BatchNorm(5), *_image_layers()[3:]], 512, 2, False),
        ([Dense(16, 8), ReLU(), Dense(8, 8), ReLU(), Dense(8, CLASSES)], 128, 2, False),  # too little work for a weight
        ([Dense(16, 8), ReLU(), Dense(8, 8), ReLU(), Dense(8, CLASSES)], 1024, 2, True),
        ([Dense(16, 8), ReLU(), Dense(8, 8), ReLU(), Dense(8, CLASSES)], 4097, 2, False),
    ],
)
def test_rows_are_shared_out_where_each_weight_has_work(
    layers: list[Layer], rows: int, ranks: int, shared: bool
) -> None:
    model = Sequential(layers, seed=0, input_shape=(16,))
    task = Task(model, SoftmaxCrossEntropy(), SGD(), TrainingSettings(), None, rows)
    assert can_share(task, ranks) is shared


@final
class Watching(Activation):
    """Notes what it sees, as a layer of one's own may."""

    def activate(self, x: Array, out: Array | None) -> Array:
        return np.maximum(x, 0, out=out)

    def slope(self, x: Array, y: Array, out: Array) -> Array:
        return np.greater(x, 0, out=out)


def test_layers_of_ones_own_stay_in_one_process() -> None:
    assert can_share(_task(_layers()), 2)
    assert not can_share(_task(_layers(Watching())), 2)
