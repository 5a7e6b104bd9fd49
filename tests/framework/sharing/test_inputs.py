"""Inputs that are always 0: left out where nothing is changed by it, and all numbers are as if they were there."""

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from framework import (
    SGD,
    Adam,
    AdamW,
    Dataset,
    Dense,
    Diverged,
    Dropout,
    EpochReport,
    Layer,
    Optimizer,
    ReLU,
    Rescale,
    RMSprop,
    Sequential,
    StepReport,
    Training,
    TrainingSettings,
)
from framework.saving import Checkpoints
from framework.sharing.units import UnitShare
from tests.framework.sharing.common import (
    CLASSES,
    FLOAT64,
    NEXT_TO_NOTHING,
    SEED,
    UNITS,
    Brighter,
    check_both_end_alike,
    end_of,
    only_where_shared,
)

pytestmark = only_where_shared

INPUTS, ROWS, BATCH, EPOCHS = 70, 1500, 64, 4
USED = np.r_[3:10, 11:12, 14:38, 50:66]
"""48 of them, and so many are the same as 64 of 70 are: a multiple of 16 is left."""


def _data(used: NDArray[np.int64] = USED, rows: int = ROWS) -> Dataset:
    """Of each input one row at least has something, but late, and the last one for the last one."""
    rng = np.random.default_rng(SEED)
    x = np.zeros((rows, INPUTS), np.uint8)
    x[:, used] = rng.integers(0, 256, (rows, len(used))) * (rng.random((rows, len(used))) < 0.3)
    x[:, used[-1]] = 0
    x[-1, used[-1]] = 255
    return Dataset(x, rng.integers(0, CLASSES, rows))


def _layers(*first: Layer) -> list[Layer]:
    return [*(first or (Rescale(1 / 255),)), Dense(INPUTS, UNITS), ReLU(), Dense(UNITS, CLASSES)]


def _training(
    ranks: int,
    optimizer: Optimizer | None = None,
    layers: list[Layer] | None = None,
    data: Dataset | None = None,
    *,
    batch: int | None = BATCH,
    epochs: int = EPOCHS,
    checkpoints: Checkpoints | None = None,
    augmented: bool = False,
) -> Training:
    model = Sequential(layers or _layers(), seed=SEED, dtype=np.float64, input_shape=(INPUTS,))
    return Training(
        model,
        data or _data(),
        optimizer=optimizer or SGD(0.2),
        augmentation=Brighter() if augmented else None,
        settings=TrainingSettings(epochs, batch, SEED, threads=ranks),
        checkpoints=checkpoints,
    )


def _inputs(training: Training) -> int:
    """Of a rank's own model."""
    next(events := iter(training))
    (share, *_) = training._make_step._shares  # type: ignore[union-attr]
    assert isinstance(share, UnitShare)
    size = share.update.model.input_shape[0]
    events.close()  # type: ignore[attr-defined]
    return size


OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "SGD": lambda: SGD(0.2),
    "momentum": lambda: SGD(0.2, momentum=0.9, nesterov=True),
    "Adam": lambda: Adam(0.01),
    "AdamW without decay": lambda: AdamW(0.01, weight_decay=0),
    "RMSprop": lambda: RMSprop(0.01, momentum=0.5),
}


@pytest.mark.parametrize("batch", [BATCH, None], ids=["batches", "all rows at once"])
@pytest.mark.parametrize("ranks", [2, 3])
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_without_them_the_same_is_learnt(optimizer: Callable[[], Optimizer], ranks: int, batch: int | None) -> None:
    alone, together = (_training(number, optimizer(), batch=batch) for number in (1, ranks))
    for training in (alone, together):
        training.model.parameters.grads[...] = 7.0  # what somebody's own backward pass may have left there
    check_both_end_alike(alone, together)
    assert _inputs(_training(ranks, optimizer(), batch=batch)) == len(USED)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_whatever_the_samples_are_made_of(dtype: type[np.number]) -> None:
    data = _data()
    numbers = Dataset((data.x.astype(np.float64) - 100 * (data.x > 0)).astype(dtype), data.y)
    alone, together = (_training(ranks, layers=_layers(Rescale(1 / 100)), data=numbers) for ranks in (1, 2))
    check_both_end_alike(alone, together)
    assert _inputs(_training(2, data=numbers)) == len(USED)


def test_a_first_layer_without_a_scale_and_deeper_networks() -> None:
    layers = [Dense(INPUTS, UNITS), ReLU(), Dense(UNITS, 20), ReLU(), Dense(20, UNITS), ReLU(), Dense(UNITS, CLASSES)]
    data = Dataset(_data().x.astype(np.float32) / 255, _data().y)
    alone, together = (_training(ranks, layers=copy.deepcopy(layers), data=data) for ranks in (1, 2))
    check_both_end_alike(alone, together)
    assert _inputs(_training(2, layers=layers, data=data)) == len(USED)


ALL: dict[str, Callable[[], Training]] = {
    "decay": lambda: _training(2, SGD(0.2, weight_decay=1e-3)),
    "AdamW's decay": lambda: _training(2, AdamW(0.01, weight_decay=0.1)),
    "a mask drawn for all": lambda: _training(2, layers=_layers(Dropout(0.2))),
    "augmented": lambda: _training(2, augmented=True),
    "batches too small": lambda: _training(2, batch=63),
    "epochs too few": lambda: _training(2, epochs=3),
    "all of them used": lambda: _training(2, data=_data(np.arange(INPUTS))),
    "nearly all": lambda: _training(2, data=_data(np.arange(INPUTS - 2))),
    "none": lambda: _training(2, data=Dataset(np.zeros((100, INPUTS)), np.arange(100) % CLASSES)),
}


@pytest.mark.parametrize("training", ALL.values(), ids=ALL)
def test_all_are_used_where_some_could_not_be_left_out_or_it_would_not_be_worth_it(
    training: Callable[[], Training],
) -> None:
    assert _inputs(training()) == INPUTS


def test_so_many_as_to_be_a_multiple_of_16() -> None:
    assert _inputs(_training(2, data=_data(USED[:-1]))) == len(USED)
    assert _inputs(_training(2, data=_data(USED[:-15]))) == len(USED)
    assert _inputs(_training(2, data=_data(USED[:-16]))) == len(USED) - 16


def test_an_optimizer_that_has_learnt_before_has_all() -> None:
    """Its slots may come to rest later, and a run that is taken up then has to be the same."""
    optimizer = SGD(0.1)
    first = _training(1, optimizer, epochs=1)
    list(first)
    settings = TrainingSettings(EPOCHS, BATCH, SEED, threads=2)
    assert _inputs(Training(first.model, _data(), optimizer=optimizer, settings=settings)) == INPUTS


def test_the_others_are_copied_once_however_often_processes_begin_anew() -> None:
    alone, together = _training(1), _training(2)
    copies = []
    for training in (alone, together):
        for event in training:
            if isinstance(event, EpochReport):
                training.optimizer.learning_rate *= 0.9
            elif training is together:
                copies.append(training._make_step._shares[0].update.gradients.common.samples)  # type: ignore[union-attr]
    assert len(copies) >= EPOCHS
    assert all(copy is copies[0] for copy in copies)
    check_both_end_alike(alone, together)


def test_samples_of_too_many_bytes_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.sharing.inputs.MOST_COPIED", INPUTS * ROWS - 1)
    assert _inputs(_training(2)) == INPUTS


@pytest.mark.parametrize("ranks", [2, 3])
def test_momentum_from_rows_that_had_them_goes_on(ranks: int) -> None:
    results = []
    for number in (1, ranks):
        optimizer = SGD(0.1, momentum=0.9)
        first = _training(1, optimizer, data=_data(np.arange(INPUTS)), epochs=1)
        list(first)
        settings = TrainingSettings(EPOCHS, BATCH, SEED, threads=number)
        results.append(end_of(Training(first.model, _data(), optimizer=optimizer, settings=settings))[0])
    np.testing.assert_allclose(results[1], results[0], rtol=FLOAT64, atol=NEXT_TO_NOTHING)


def test_what_a_script_does_to_their_weights_between_two_reports_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values, and momentum that moves them on from there."""
    monkeypatch.setattr("framework.training.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("framework.training.LOOKS_APART", 0.0)
    alone, together = (_training(ranks, SGD(0.1, momentum=0.9)) for ranks in (1, 2))
    for training in (alone, together):
        for event in training:
            if isinstance(event, StepReport) and training.state.step == 5:
                training.model.layers[1].parameters[0].value[0] += 1
            if isinstance(event, StepReport) and training.state.step == 30:
                velocity = training.optimizer.slots["velocity"]
                velocity[: 2 * UNITS] = 1
                training.model.parameters.grads[: 2 * UNITS] = 1
    check_both_end_alike(alone, together)
    weight = together.model.layers[1].parameters[0].value
    fresh = _training(1).model.layers[1].parameters[0].value
    assert np.all(weight[0] < fresh[0] + 1)
    assert np.array_equal(weight[-1], fresh[-1])


def test_a_training_that_is_taken_up_again_comes_to_the_same_bits(tmp_path: Path) -> None:
    whole = _training(2, Adam(0.01))
    list(whole)
    stopped = _training(2, Adam(0.01), checkpoints=Checkpoints(tmp_path, every=10))
    for event in stopped:
        if isinstance(event, StepReport) and stopped.state.step >= 40:
            break
    again = _training(2, Adam(0.01), checkpoints=Checkpoints(tmp_path, resume=True))
    assert 0 < again.state.step < again.total_steps
    list(again)
    assert again.model.parameters.values.tobytes() == whole.model.parameters.values.tobytes()


def test_where_it_diverges_the_layer_is_named() -> None:
    with pytest.raises(Diverged, match=r"the first number that is not finite is in \w+"), np.errstate(all="ignore"):
        list(_training(2, SGD(1e300)))
