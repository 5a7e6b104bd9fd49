"""A training that is stopped and resumed against the one that never was: the same bits, whatever it is made of."""

from itertools import product
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pytest

from framework import SGD, Affine, Dataset, Dense, Dropout, ReLU, Sequential, Training, TrainingSettings, fit
from framework.gradients import PART_ROWS, Gradients
from framework.saving import Checkpoints, resume
from framework.saving.checkpoints import BEST
from tests.crash.trainings import (
    CLASSES,
    EPOCHS,
    KINDS,
    OPTIMIZERS,
    PER_EPOCH,
    Plan,
    StopAt,
    Stopped,
    bits,
    fresh,
    rows,
    run,
    run_until_stopped,
)


class Stop(TypedDict, total=False):
    """The end of a process: at a step, or once so many epochs are over."""

    step: int
    epochs: int


STOPS: dict[str, Stop] = {
    "mid-epoch": {"step": PER_EPOCH + 3},
    "epoch end": {"step": 2 * PER_EPOCH},
    "after validation": {"epochs": 2},
}
"""The second is in the gap between the last step of an epoch and its validation."""
COMBINATIONS = list(product(OPTIMIZERS, KINDS, STOPS))


CHOSEN = {(list(OPTIMIZERS)[turn % 7], KINDS[turn % 4], list(STOPS)[turn % 3]) for turn in range(12)}
"""Every optimizer, kind and stop is in it; the long run has all 84."""
MATRIX = [pytest.param(*each, marks=() if each in CHOSEN else pytest.mark.long) for each in COMBINATIONS]


def _resumed_bits(plan: Plan, folder: Path, stop: Stop) -> tuple[str, int]:
    """The end of a training that was stopped, and the step from which it went on."""
    every = PER_EPOCH if stop.get("step") == 2 * PER_EPOCH else 3
    keeper = StopAt(Checkpoints(folder, every=every, seconds=3600 if "step" in stop else 0), **stop)
    run_until_stopped(plan.training(keeper))
    training = plan.training(Checkpoints(folder, resume=True))
    step = training.state.step
    return bits(run(training)), step


@pytest.mark.parametrize(("optimizer", "layers", "stop"), MATRIX)
def test_the_same_bits(optimizer: str, layers: str, stop: str, tmp_path: Path) -> None:
    plan = Plan(optimizer, layers, validation=True)
    end, step = _resumed_bits(plan, tmp_path, STOPS[stop])
    assert step == {"mid-epoch": 6, "epoch end": 10, "after validation": 10}[stop]
    assert end == bits(run(plan.training()))


def test_the_matrix_is_whole() -> None:
    assert len(COMBINATIONS) == 84
    assert len(CHOSEN) == 12
    for place, choices in enumerate((OPTIMIZERS, KINDS, STOPS)):
        assert {each[place] for each in CHOSEN} == set(choices)


MORE: dict[str, Plan] = {
    "moving average": Plan(validation=True, settings={"average": 0.9}),
    "moving average without validation": Plan(settings={"average": 0.9}),
    "patience": Plan("sgd", validation=True, settings={"patience": 1, "epochs": 12}),
    "patience by accuracy": Plan(
        validation=True, settings={"patience": 2, "epochs": 12, "monitor": "validation_accuracy"}
    ),
    "the last weights": Plan(validation=True, settings={"restore_best": False}),
    "class weights": Plan(class_weights=True),
    "sample weights": Plan(weighted=True, validation=True),
    "limits": Plan("adam", settings={"clip_norm": 0.5, "max_norm": 1.0}),
    "all rows at once": Plan("adam", settings={"batch_size": None, "epochs": 12}),
    "another seed": Plan("rmsprop", settings={"seed": 2**64 - 1}),
}


@pytest.mark.parametrize("plan", MORE.values(), ids=MORE)
@pytest.mark.parametrize("step", [7, 11])
def test_the_same_bits_with_more_in_it(plan: Plan, step: int, tmp_path: Path) -> None:
    whole = run(plan.training())
    assert whole.state.step > step
    end, _ = _resumed_bits(plan, tmp_path, {"step": step})
    assert end == bits(whole)


def test_patience_has_ended_one_of_them() -> None:
    assert run(MORE["patience"].training()).history.stopped_early


def test_a_run_that_stopped_early_is_over(tmp_path: Path) -> None:
    plan = MORE["patience"]
    first = run(plan.training(Checkpoints(tmp_path)))
    again = plan.training(Checkpoints(tmp_path, resume=True))
    assert again.history.stopped_early
    steps = again.state.step
    assert bits(run(again)) == bits(first)
    assert again.state.step == steps


def test_stopped_after_every_step_and_resumed_every_time(tmp_path: Path) -> None:
    """As often as there are steps: what a resume changes ever so little would add up."""
    plan = Plan("adam", validation=True, settings={"average": 0.9, "patience": 3})
    whole = run(plan.training())
    for step in range(1, whole.state.step):
        checkpoints = Checkpoints(tmp_path, resume=True, every=1)
        training = plan.training(StopAt(checkpoints, step=step))
        assert training.state.step == step - 1
        run_until_stopped(training)
    assert bits(run(plan.training(Checkpoints(tmp_path, resume=True)))) == bits(whole)


def _large(checkpoints: Any = None) -> Training:
    """Batches that go through in parts, by two workers, and one that is shorter."""
    data = rows(3 * PART_ROWS)
    return Training(
        Sequential([Dense(3, 8), Dropout(0.2), ReLU(), Dense(8, CLASSES)], seed=4),
        data,
        optimizer=fresh("adam"),
        settings=TrainingSettings(epochs=2, batch_size=2 * PART_ROWS, threads=2),
        checkpoints=checkpoints,
    )


@pytest.mark.parametrize("step", [1, 3])
def test_batches_in_parts_with_two_workers(step: int, tmp_path: Path) -> None:
    whole = _large()
    assert len(Gradients(whole.model, whole.loss, rows=2 * PART_ROWS, threads=2).models) == 2
    run_until_stopped(_large(StopAt(Checkpoints(tmp_path, every=1), step=step)))
    assert bits(run(_large(Checkpoints(tmp_path, resume=True)))) == bits(run(whole))


def test_augmented_in_a_thread(tmp_path: Path) -> None:
    images = np.random.Generator(np.random.PCG64(6)).uniform(0, 1, (30, 16)).astype(np.float32)
    data = Dataset(images, np.arange(30) % 3)

    def training(checkpoints: Any = None) -> Training:
        return Training(
            Sequential([Dense(16, 3)], seed=4),
            data,
            optimizer=SGD(0.1, momentum=0.9),
            augmentation=Affine((4, 4)),
            settings=TrainingSettings(epochs=3, batch_size=4, threads=1),
            checkpoints=checkpoints,
        )

    run_until_stopped(training(StopAt(Checkpoints(tmp_path, every=3), step=11)))
    assert bits(run(training(Checkpoints(tmp_path, resume=True)))) == bits(run(training()))


def _fit_twice(model: Sequential, folder: Path, stop: bool) -> Training | None:
    """The second fit goes on with the optimizer of the first, so that its first step is not the optimizer's first."""
    options: dict[str, Any] = {"batch_size": 5, "threads": 1, "show": False}
    fit(model, rows(), optimizer=fresh("adam"), epochs=2, **options)
    checkpoints = Checkpoints(folder, resume=True, every=3)
    keeper = StopAt(checkpoints, step=7 if stop else None)
    try:
        fit(model, rows(), epochs=3, validation_data=rows(9, seed=3), checkpoints=keeper, **options)
    except Stopped:
        return None
    return keeper.training


def test_a_second_fit_goes_on_where_its_optimizer_was(tmp_path: Path) -> None:
    model = Plan(layers="none").model()
    assert _fit_twice(model, tmp_path / "run", stop=True) is None
    resumed = _fit_twice(Plan(layers="none").model(), tmp_path / "run", stop=False)
    whole = _fit_twice(Plan(layers="none").model(), tmp_path / "whole", stop=False)
    assert resumed is not None
    assert whole is not None
    assert whole.state.first_step == 2 * PER_EPOCH
    assert bits(resumed) == bits(whole)
    assert resumed.optimizer.steps == whole.optimizer.steps == 5 * PER_EPOCH


def test_the_best_model_is_kept_beside_the_state(tmp_path: Path) -> None:
    """It is a model file: the weights of the best epoch, which is not always the last one."""
    plan = Plan("sgd", "none", validation=True, settings={"patience": 1, "epochs": 12})
    training = run(plan.training(Checkpoints(tmp_path, every=1)))
    assert training.history.best is not None
    assert training.history.best.epoch < len(training.history)
    best = Sequential.load(tmp_path / BEST)
    assert best.weights_are == "best"
    for name, array in training.model.get_weights().items():  # which end up as those of the best epoch
        np.testing.assert_array_equal(best.get_weights()[name], array)


def test_the_number_of_threads_is_that_of_the_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is measured again may be another number, and another number rounds otherwise."""
    plan = Plan(settings={"threads": "auto"})
    monkeypatch.setattr("framework.choosing.fastest_thread_count", lambda *_, **__: 1)
    run_until_stopped(plan.training(StopAt(Checkpoints(tmp_path, every=3), step=7)))
    monkeypatch.setattr("framework.choosing.fastest_thread_count", lambda *_, **__: 2)
    assert plan.training().threads == 2
    assert plan.training(Checkpoints(tmp_path, resume=True)).threads == 1


def test_resume_needs_only_the_folder_and_the_rows(tmp_path: Path) -> None:
    plan = Plan("scheduled", validation=True)
    run_until_stopped(plan.training(StopAt(Checkpoints(tmp_path, every=3), step=7)))
    training = resume(tmp_path, rows(), validation_data=rows(9, seed=3))
    assert (training.state.step, training.settings.epochs) == (6, EPOCHS)
    assert bits(run(training)) == bits(run(plan.training()))
