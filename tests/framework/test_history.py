"""History: the figures of a run, as lists and as a table."""

import dataclasses
import math

from framework import EpochReport, History

COLUMNS = ["epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate"]


def _report(epoch: int, *, best: bool = False, validation: float | None = None, seconds: float = 1.5) -> EpochReport:
    return EpochReport(
        epoch=epoch,
        epochs=3,
        loss=1 / epoch,
        accuracy=0.5,
        validation_loss=validation,
        validation_accuracy=None,
        learning_rate=0.1,
        seconds=seconds,
        samples_per_second=100 / seconds,
        best=best,
    )


def _history(*reports: EpochReport) -> History:
    history = History()
    history.epochs.extend(reports)
    return history


def test_history_is_a_list_for_each_figure() -> None:
    history = _history(_report(1), _report(2, validation=0.7))
    assert history.history == {
        "epoch": [1, 2],
        "loss": [1.0, 0.5],
        "accuracy": [0.5, 0.5],
        "validation_loss": [None, 0.7],
        "validation_accuracy": [None, None],
        "learning_rate": [0.1, 0.1],
    }


def test_times_leave_no_trace() -> None:
    """Equal runs have equal histories, however long they took."""
    assert _history(_report(1, seconds=1.0)).history == _history(_report(1, seconds=9.0)).history
    assert not [name for name in COLUMNS if "second" in name or "time" in name]
    fields = {field.name for field in dataclasses.fields(EpochReport)}
    assert fields - set(COLUMNS) == {"epochs", "seconds", "samples_per_second", "best"}


def test_to_frame() -> None:
    frame = _history(_report(1), _report(2, validation=0.7)).to_frame()
    assert list(frame.columns) == COLUMNS
    assert frame["loss"].tolist() == [1.0, 0.5]
    first, second = frame["validation_loss"].tolist()
    assert first is None or math.isnan(first)
    assert second == 0.7
    assert list(History().to_frame().columns) == COLUMNS


def test_best_is_the_last_epoch_that_beat_all_before_it() -> None:
    history = _history(_report(1, best=True), _report(2, best=True), _report(3))
    assert history.best is history.epochs[1]
    assert _history(_report(1)).best is None
    assert History().best is None


def test_a_history_is_a_collection() -> None:
    history = _history(_report(1), _report(2))
    assert len(history) == 2
    assert list(history) == history.epochs
    assert repr(history) == "History(2 epochs)"
    assert not history.stopped_early
