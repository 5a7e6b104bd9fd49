"""A checkpoint that cannot be gone on with: the training it was for is as it was before, to the bit."""

import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framework import (
    SGD,
    Adam,
    BinaryCrossEntropy,
    Dense,
    EpochReport,
    History,
    InputError,
    Loss,
    MeanSquaredError,
    ModelFileError,
    RMSprop,
    Sequential,
    SoftmaxCrossEntropy,
    Training,
    TrainingSettings,
)
from framework.optimizers import Optimizer
from framework.saving import Checkpoints
from framework.saving.checkpoints import LATEST, PREVIOUS, Found
from framework.saving.container import CHECKPOINT, pack
from framework.saving.figures import epoch_reports, history_tensors
from framework.saving.layout import MAX_HEADER
from framework.saving.progress import restore
from framework.types import Array, Numbers
from tests.framework.saving.faulty import every_fault
from tests.framework.saving.forging import (
    EPOCHS,
    Parts,
    StopAfter,
    Stopped,
    everything,
    good_checkpoint,
    header_of,
    training,
)

PATH = Path("a.file")


def _found(content: bytes) -> Found | None:
    try:
        return Found.of(content, PATH, ())
    except ModelFileError:
        return None


def _under_way() -> Training:
    """A training that has a history, memory, a best epoch and an average of its own: four steps of them."""
    found, going = Found.of(good_checkpoint(4), PATH, ()), training()
    restore(going, found.progress, found.tensors, PATH)
    return going


LATE = [(str(fault), found) for fault in every_fault() if fault.kind == CHECKPOINT and (found := _found(fault.content))]
"""What only the training itself can refuse: numbers that do not fit its data, or each other."""


def test_some_faults_are_found_that_late() -> None:
    assert len(LATE) > 20


@pytest.mark.parametrize(("name", "found"), LATE, ids=[name for name, _ in LATE])
def test_a_refusal_changes_nothing_in_a_training(name: str, found: Found) -> None:
    into = _under_way()
    before = everything(into)
    assert into.state.best_values is not None
    assert into.state.average is not None
    with pytest.raises(ModelFileError):
        restore(into, found.progress, found.tensors, PATH)
    assert everything(into) == before


CHANGES: dict[str, Callable[[Parts], object]] = {
    "step": lambda parts: parts.text["progress"].update(step=4),
    "samples": lambda parts: parts.text["progress"].update(samples=19),
    "threads": lambda parts: parts.text.update(threads=0),
    "squares": lambda parts: parts.tensors["optimizer.v"].__setitem__(3, -1.0),
    "average": lambda parts: parts.tensors["average.layers.0.bias"].__setitem__(3, np.nan),
}


@pytest.mark.parametrize("name", CHANGES)
def test_model_and_optimizer_and_folder_are_as_they_were(name: str, tmp_path: Path) -> None:
    parts = Parts.of(CHECKPOINT, good_checkpoint())
    CHANGES[name](parts)
    (tmp_path / LATEST).write_bytes(parts.sealed())
    optimizer, other = Adam(0.01), training()
    list(training(model=other.model, optimizer=optimizer))  # it has a memory, of another model
    model = training().model
    weights, steps = model.get_weights(), optimizer.steps
    memory = {name: slot.copy() for name, slot in optimizer.slots.items()}
    with pytest.raises(ModelFileError) as caught:
        training(Checkpoints(tmp_path, resume=True), model=model, optimizer=optimizer)
    assert str(caught.value).startswith(f"{tmp_path / LATEST}: ")
    for now, then in ((model.get_weights(), weights), (dict(optimizer.slots), memory)):
        assert now.keys() == then.keys()
        assert all(now[name].tobytes() == then[name].tobytes() for name in now)
    assert (model.weights_are, optimizer.steps) == ("initial", steps)
    assert (tmp_path / LATEST).read_bytes() == parts.sealed()


@pytest.mark.parametrize("step", [1, 2, 3, 4, 6, 9])
def test_a_restored_training_is_the_saved_one(step: int) -> None:
    """Before, inside and at the end of an epoch, and of the run."""
    found = Found.of(good_checkpoint(step), PATH, ())
    into = training()
    restore(into, found.progress, found.tensors, PATH)
    assert into.state.step == step
    list(into)
    whole = training()
    list(whole)
    for one in (into, whole):
        one.history.epochs = [replace(report, seconds=None, samples_per_second=None) for report in one.history.epochs]
    now, then = everything(into), everything(whole)
    for all_of_it in (now, then):
        all_of_it["optimizer"] = all_of_it["optimizer"][::2]  # type: ignore[index]  # each serves its own model
        all_of_it["numbers"].update(seconds=0, timed=0)  # type: ignore[attr-defined]
    assert now == then


def _forged_into(folder: Path, name: str, change: Callable[[Parts], object]) -> None:
    parts = Parts.of(CHECKPOINT, good_checkpoint())
    change(parts)
    (folder / name).write_bytes(parts.sealed())


def test_a_number_that_is_not_finite_gives_way_to_the_state_before(tmp_path: Path) -> None:
    """All that the file alone can tell is found while there is a choice."""
    _forged_into(tmp_path, LATEST, lambda parts: parts.tensors["optimizer.m"].__setitem__(7, np.nan))
    (tmp_path / PREVIOUS).write_bytes(good_checkpoint(4))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        going = training(Checkpoints(tmp_path, resume=True))
    assert going.state.step == 4
    assert [str(one.message).removeprefix(f"{tmp_path / LATEST}: ").partition(";")[0] for one in caught] == [
        "tensor 'optimizer.m': row 7: got nan"
    ]


def test_what_is_no_plain_file(tmp_path: Path) -> None:
    """A link could lead anywhere, a pipe never ends."""
    (tmp_path / "elsewhere").write_bytes(good_checkpoint())
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / LATEST).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "folders" / LATEST).mkdir(parents=True)
    (tmp_path / "pipes").mkdir()
    os.mkfifo(tmp_path / "pipes" / LATEST)
    for kind in ("links", "folders", "pipes"):
        with pytest.raises(ModelFileError, match="got no plain file; expected a checkpoint"):
            Checkpoints(tmp_path / kind, resume=True)


# What the history may look like depends on the data

X = np.random.default_rng(0).standard_normal((12, 3))
CLASSES: Numbers = np.arange(12) % 3
TARGETS: Numbers = X[:, :1] * 2
HALVES: Numbers = np.arange(12) % 2


@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize(
    ("outputs", "y", "loss"),
    [
        (3, CLASSES, SoftmaxCrossEntropy()),
        (3, np.eye(3)[CLASSES], SoftmaxCrossEntropy()),
        (1, TARGETS, MeanSquaredError()),
        (1, HALVES, BinaryCrossEntropy()),
        (1, HALVES[:, np.newaxis], BinaryCrossEntropy()),
    ],
)
@pytest.mark.parametrize("optimizer", [SGD(0.1), SGD(0.1, momentum=0.9), RMSprop(momentum=0.9)], ids=str)
def test_every_kind_of_training_reads_what_it_wrote(
    outputs: int, y: Numbers, loss: Loss, validated: bool, optimizer: Optimizer, tmp_path: Path
) -> None:
    def new(checkpoints: Checkpoints | StopAfter) -> Training:
        return Training(
            Sequential([Dense(3, outputs)], seed=0),
            (X, y),
            optimizer=eval(repr(optimizer), {"SGD": SGD, "RMSprop": RMSprop}),
            loss=loss,
            validation_data=(X, y) if validated else None,
            settings=TrainingSettings(3, 5, threads=1),
            checkpoints=checkpoints,
        )

    with pytest.raises(Stopped):
        list(new(StopAfter(Checkpoints(tmp_path / "stopped"), 7)))
    resumed, whole = new(Checkpoints(tmp_path / "stopped", resume=True)), new(Checkpoints(tmp_path / "whole"))
    assert (resumed.state.step, len(resumed.history)) == (7, 2)
    list(resumed)
    list(whole)
    assert resumed.history.history == whole.history.history
    assert resumed.model.parameters.values.tobytes() == whole.model.parameters.values.tobytes()


def test_a_run_that_stopped_early_stays_stopped(tmp_path: Path) -> None:
    def new(checkpoints: Checkpoints) -> Training:
        settings = TrainingSettings(9, 5, threads=1, patience=2, monitor="validation_accuracy")
        model = Sequential([Dense(3, 3)], seed=0)
        return Training(
            model,
            (X, CLASSES),
            optimizer=SGD(0.0),
            validation_data=(X, CLASSES),
            settings=settings,
            checkpoints=checkpoints,
        )

    list(new(Checkpoints(tmp_path)))
    parts = Parts.of(CHECKPOINT, (tmp_path / LATEST).read_bytes())
    assert parts.text["progress"]["epochs_since_best"] == 2
    resumed = new(Checkpoints(tmp_path, resume=True))
    assert (resumed.history.stopped_early, len(resumed.history)) == (True, 3)
    assert list(resumed) == []
    for change in ({"stopped_early": False}, {"epochs_since_best": 1}):
        forged = Parts.of(CHECKPOINT, parts.sealed())
        forged.text["progress"].update(change)
        (tmp_path / LATEST).write_bytes(forged.sealed())
        with pytest.raises(ModelFileError, match=f"/{next(iter(change))}: got "):
            new(Checkpoints(tmp_path, resume=True))


def _report(epoch: int, epochs: int) -> EpochReport:
    loss = 1 / (epoch + 0.1)
    return EpochReport(epoch, epochs, loss, 0.1, loss, None, 0.01, None, None, best=epoch % 3 == 0)


def test_a_history_comes_back_as_it_was() -> None:
    history = History()
    history.epochs = [_report(epoch, 9) for epoch in range(1, 6)]
    tensors = history_tensors(history)
    assert "history.validation_accuracy" not in tensors
    assert epoch_reports(tensors, 5, 9) == history.epochs
    assert history_tensors(History()) == {}


def test_a_long_history_leaves_the_header_as_short_as_it_was() -> None:
    """As text it filled the two megabytes after some ten thousand epochs, and the state could not be read any more."""
    history, long = History(), 100_000
    history.epochs = [_report(epoch, long) for epoch in range(1, long + 1)]
    content = pack(CHECKPOINT, {}, history_tensors(history))
    assert int.from_bytes(content[:8], "little") < 1000
    assert len(content) < 64 * long


# What is refused when it is read is not written either


@pytest.mark.parametrize(
    ("tensors", "text", "words"),
    [
        ({f"{number}": np.zeros(1) for number in range(4097)}, {}, "got 4,097 tensors; expected at most 4,096"),
        ({"a\x1b": np.zeros(1)}, {}, "got a sign in the name that cannot be printed"),
        ({"a": np.zeros(0)}, {}, "shape: got '[0]'"),
        ({"a": np.zeros(1, np.float16)}, {}, "dtype: got 'F16'; expected F32 or F64"),
        ({}, {"plan": "x" * MAX_HEADER}, "got a header length of "),
        ({}, {"plan": [[]] * 20_500}, "lists and objects; expected at most that"),
    ],
)
def test_what_cannot_be_read_is_not_written(tensors: dict[str, Array], text: dict[str, object], words: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        pack(CHECKPOINT, text, tensors)
    assert str(caught.value).startswith("what is to be saved as a checkpoint: ")
    assert words in str(caught.value)


def test_a_state_has_the_arrays_that_the_tests_are_about() -> None:
    names = {name.partition(".")[0] for name in header_of(good_checkpoint())}
    assert names == {"__metadata__", "layers", "best", "average", "optimizer", "history"}
    assert EPOCHS == 3


def test_an_error_of_the_optimizer_is_one_of_the_caller() -> None:
    """Slots from a script are looked at as those from a file are."""
    for optimizer in (Adam(), RMSprop()):
        optimizer.begin(Sequential([Dense(2, 2)], seed=0).parameters)
        slots = {name: np.ones_like(slot) for name, slot in optimizer.slots.items()}
        for number, words in ((np.nan, "got nan; expected finite"), (-1.0, "got -1.0; expected 0 or more")):
            slots["v"][1] = number
            with pytest.raises(InputError, match=f"slots: 'v': row 1: {words}"):
                optimizer.load_slots(slots)
            assert not any(slot.any() for slot in optimizer.slots.values())
