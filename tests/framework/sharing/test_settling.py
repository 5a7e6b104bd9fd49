"""Between two steps of a shared training: model and optimizer are whole, and may be changed, kept and gone on with."""

import copy
import os
import pkgutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from framework import (
    SGD,
    Adam,
    Dense,
    Diverged,
    Dropout,
    EpochReport,
    InputError,
    Layer,
    StepReport,
    StepSchedule,
    Training,
)
from framework.saving import Checkpoints
from framework.types import Array
from tests.framework.sharing.common import (
    CLASSES,
    FLOAT64,
    NEXT_TO_NOTHING,
    UNITS,
    children,
    dense_layers,
    end_of,
    only_where_shared,
    small_training,
)

pytestmark = only_where_shared


@pytest.fixture
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report after every step."""
    monkeypatch.setattr("framework.training.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("framework.training.LOOKS_APART", 0.0)


NETWORKS = {
    "one hidden layer": dense_layers(UNITS),
    "four layers": dense_layers(UNITS, 20, UNITS),
    "noisy, and a tail": [Dropout(0.1), *dense_layers(UNITS)[:-1], Dropout(0.5), Dense(UNITS, 16), Dense(16, CLASSES)],
}


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("layers", list(NETWORKS.values())[:2], ids=list(NETWORKS)[:2])
def test_at_a_report_model_and_optimizer_have_the_numbers_of_the_last_step(layers: list[Layer]) -> None:
    seen: dict[int, list[tuple[Array, ...]]] = {1: [], 2: []}
    for ranks, numbers in seen.items():
        training = small_training(ranks, layers=copy.deepcopy(layers))
        vectors = training.model.parameters
        for event in training:
            if isinstance(event, StepReport):
                every = vectors.values, vectors.grads, training.optimizer.slots["velocity"]
                numbers.append(tuple(array.copy() for array in every))
    assert len(seen[1]) == 2 * 7
    for one, other in zip(seen[1], seen[2], strict=True):
        for alone, together in zip(one, other, strict=True):
            np.testing.assert_allclose(together, alone, rtol=FLOAT64, atol=NEXT_TO_NOTHING)


def _halve(training: Training) -> None:
    training.model.parameters.values[...] *= 0.5


def _shift_the_last(training: Training) -> None:
    training.model.parameters.values[-1] += 0.5


def _slow_down(training: Training) -> None:
    training.optimizer.learning_rate = 0.01


def _begin_the_schedule_anew(training: Training) -> None:
    training.schedule = StepSchedule(every=0.25)


def _stop_rolling(training: Training) -> None:
    training.settle()
    training.optimizer.slots["velocity"][...] = 0


def _roll_on(training: Training) -> None:
    training.optimizer.momentum = 0.5  # type: ignore[attr-defined]


def _scale_otherwise(training: Training) -> None:
    training.model.layers[0].scale *= 0.5  # type: ignore[attr-defined]


CHANGES = (_scale_otherwise, _halve, _shift_the_last, _slow_down, _roll_on, _begin_the_schedule_anew, _stop_rolling)


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("layers", [dense_layers(UNITS), dense_layers(UNITS, 20)], ids=["one hidden layer", "a tail"])
@pytest.mark.parametrize("change", CHANGES)
def test_what_a_script_changes_between_two_reports_counts(
    change: Callable[[Training], None], layers: list[Layer]
) -> None:
    results = []
    for ranks in (1, 2):
        training = small_training(ranks, layers=copy.deepcopy(layers))
        for number, _ in enumerate(training):
            if number in (3, 9):
                change(training)
        results.append((training.model.parameters.values, training.optimizer.slots["velocity"]))
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(other, one, rtol=FLOAT64, atol=NEXT_TO_NOTHING)
    untouched = end_of(small_training(1, layers=copy.deepcopy(layers)))[0]
    assert not np.allclose(results[1][0], untouched)


def test_a_broken_off_training_goes_on_where_it_was() -> None:
    whole, broken = small_training(2), small_training(2)
    for event in broken:
        if isinstance(event, EpochReport):
            break
    assert end_of(broken)[0].tobytes() == end_of(whole)[0].tobytes()


@pytest.mark.parametrize("ranks", [1, 2])
def test_ctrl_c_in_the_middle_of_a_step_waits_for_its_end(ranks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, interrupted = small_training(ranks), small_training(ranks)
    here, real = os.getpid(), SGD.step

    def press(self: SGD, *words: object) -> None:
        if os.getpid() == here and interrupted.state.step == 3:
            os.kill(here, signal.SIGINT)
        real(self, *words)  # type: ignore[arg-type]

    with monkeypatch.context() as keyboard:
        keyboard.setattr(SGD, "step", press)
        with pytest.raises(KeyboardInterrupt):
            list(interrupted)
    assert interrupted.state.step == interrupted.optimizer.steps == 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    for events in (interrupted, whole):
        list(events)
    assert interrupted.model.parameters.values.tobytes() == whole.model.parameters.values.tobytes()


@pytest.mark.parametrize("place", ["framework.training.Training.learning_rate", "framework.sharing.ranks.Meeting.meet"])
def test_ctrl_c_costs_nothing_of_the_steps_before(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two steps, or while this process is on its way to the others, who wait for it."""
    whole, interrupted = small_training(2), small_training(2)
    here, before = os.getpid(), children()
    owner, _, name = place.rpartition(".")
    real = getattr(pkgutil.resolve_name(owner), name)

    def press(*words: object) -> object:
        if os.getpid() == here and interrupted.state.step == 6:
            raise KeyboardInterrupt
        return real(*words)

    with monkeypatch.context() as keyboard:
        keyboard.setattr(place, press)
        with pytest.raises(KeyboardInterrupt):
            list(interrupted)
    assert interrupted.state.step == interrupted.optimizer.steps == 6
    assert children() == before
    assert end_of(interrupted)[0].tobytes() == end_of(whole)[0].tobytes()


def test_a_step_made_by_halves_is_lost_and_nothing_goes_on_as_if_it_were_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """By this process not, by the other it is: such weights do not belong together."""
    training, here, real = small_training(2), os.getpid(), SGD.step

    def fail(self: SGD, *words: object) -> None:
        if os.getpid() == here and training.state.step == 9:
            raise MemoryError
        real(self, *words)  # type: ignore[arg-type]

    seen: list[Array] = []
    monkeypatch.setattr(SGD, "step", fail)
    with pytest.raises(MemoryError):
        seen.extend(training.model.parameters.values.copy() for _ in training)
    np.testing.assert_array_equal(training.model.parameters.values, seen[-1])
    assert (training.optimizer.steps, training.state.step) == (7, 9)
    with pytest.raises(InputError, match="got an optimizer that has made 7 steps; expected 9"):
        list(training)


@pytest.mark.usefixtures("every_step")
@pytest.mark.parametrize("ranks", [1, 2])
def test_where_the_first_step_after_a_change_diverges_the_optimizer_has_its_steps(ranks: int) -> None:
    training = small_training(ranks)
    events = iter(training)
    for _ in range(3):
        next(events)
    training.model.parameters.values[...] = np.nan
    with pytest.raises(Diverged), np.errstate(all="ignore"):
        list(events)
    assert training.optimizer.steps == training.state.step == 3


@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_a_kept_training_goes_on_to_the_same_bits(layers: list[Layer], tmp_path: Path) -> None:
    def training(checkpoints: Checkpoints | None = None) -> Training:
        return small_training(2, Adam(0.01), copy.deepcopy(layers), epochs=3, checkpoints=checkpoints)

    whole = end_of(training())
    for event in training(Checkpoints(tmp_path, every=5)):
        if isinstance(event, EpochReport) and event.epoch == 2:
            break
    resumed = training(Checkpoints(tmp_path, resume=True))
    assert resumed.state.step == 10  # the fifth step saved last: inside an epoch of seven
    values, _, slots, losses = end_of(resumed)
    assert values.tobytes() == whole[0].tobytes()
    assert losses == whole[3]
    assert {name: slot.tobytes() for name, slot in slots.items()} == {n: s.tobytes() for n, s in whole[2].items()}


def test_where_it_cannot_be_shared_out_as_before_a_resume_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process would draw other masks, and round otherwise."""
    for event in small_training(2, checkpoints=Checkpoints(tmp_path, every=5)):
        if isinstance(event, EpochReport):
            break
    monkeypatch.setattr("framework.sharing.ranks.usable_cores", lambda: 1)
    with pytest.raises(InputError, match=r"sharing: got 'none' now, and 'units' before") as caught:
        small_training(2, checkpoints=Checkpoints(tmp_path, resume=True))
    assert "2 of them need as many cores" in str(caught.value.hint)
    drifting = small_training(2, checkpoints=Checkpoints(tmp_path, resume=True, accept_drift=True))
    assert drifting.state.step > 0
    list(drifting)


def test_how_it_is_shared_out_is_noted_not_how_it_would_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cores may be taken away in the middle of a run."""
    for event in small_training(2, checkpoints=Checkpoints(tmp_path, every=5)):
        monkeypatch.setattr("framework.sharing.ranks.usable_cores", lambda: 1)
        if isinstance(event, EpochReport):
            break
    with pytest.raises(InputError, match=r"sharing: got 'none' now, and 'units' before"):
        small_training(2, checkpoints=Checkpoints(tmp_path, resume=True))
