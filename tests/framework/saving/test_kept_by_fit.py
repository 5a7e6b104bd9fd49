"""fit(checkpoints=...): the same line again, after a stop at any moment, after its end, and after a change."""

from pathlib import Path

import numpy as np
import pytest

from framework import (
    SGD,
    Checkpoints,
    Dataset,
    Dense,
    InputError,
    ReLU,
    Sequential,
    SpecError,
    Training,
    TrainingSettings,
    fit,
)
from framework.saving.checkpoints import Found

STEPS = 12
"""Three epochs of four."""


def _rows() -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset(rng.standard_normal((32, 3)).astype(np.float32), rng.integers(0, 2, 32))


def _line(folder: Path | None, *, seed: int | None = 1, model: Sequential | None = None) -> Sequential:
    """What stands in the cell of a notebook."""
    model = model or Sequential([Dense(3, 4), ReLU(), Dense(4, 2)], seed=seed)
    optimizer = SGD(0.1, momentum=0.9)
    fit(model, _rows(), optimizer=optimizer, epochs=3, batch_size=8, threads=1, show=False, checkpoints=folder)
    return model


def test_a_line_that_was_stopped_before_it_saved_anything_begins_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model in the notebook is half trained by then, and the optimizer it remembers as well."""
    expected = _line(None).parameters.values
    model = Sequential([Dense(3, 4), ReLU(), Dense(4, 2)], seed=1)
    steps = Training._step
    calls: list[None] = []

    def stopped(training: Training, *arguments: object) -> None:
        calls.append(None)
        if len(calls) == 6:
            raise KeyboardInterrupt
        steps(training, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Training, "_step", stopped)
        with pytest.raises(KeyboardInterrupt):
            _line(tmp_path / "run", model=model)
    assert (model.parameters.values != expected).any()
    assert _line(tmp_path / "run", model=model).parameters.values.tobytes() == expected.tobytes()


def test_a_line_that_had_ended_trains_nothing_and_says_the_same_of_its_weights(tmp_path: Path) -> None:
    first, again = _line(tmp_path / "run"), _line(tmp_path / "run")
    assert again.parameters.values.tobytes() == first.parameters.values.tobytes()
    assert first.weights_are == again.weights_are == "last"


def test_a_model_from_another_seed_is_another_run(tmp_path: Path) -> None:
    _line(tmp_path / "run")
    other = Sequential([Dense(3, 4), ReLU(), Dense(4, 2)], seed=2)
    before = other.parameters.values.copy()
    with pytest.raises(InputError, match="/model_seed: got '2' now, and '1' when the run began"):
        _line(tmp_path / "run", model=other)
    np.testing.assert_array_equal(other.parameters.values, before)


def test_a_model_without_a_seed_goes_on_too(tmp_path: Path) -> None:
    first = _line(tmp_path / "run", seed=None)
    assert _line(tmp_path / "run", seed=None).parameters.values.tobytes() == first.parameters.values.tobytes()


def test_steps_and_clock_save_beside_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large number of steps turns the clock not off."""
    saved: list[None] = []
    save = Checkpoints.save

    def noted(checkpoints: Checkpoints) -> None:
        saved.append(None)
        save(checkpoints)

    monkeypatch.setattr(Checkpoints, "save", noted)
    ways = (("a", 1_000_000, 0.0, STEPS + 3), ("b", 5, 3600.0, 2 + 1), ("c", None, 3600.0, 1))
    for name, every, seconds, expected in ways:
        saved.clear()
        settings = TrainingSettings(3, 8, threads=1)
        model = Sequential([Dense(3, 2)], seed=0)
        kept = Checkpoints(tmp_path / name, every=every, seconds=seconds)
        list(Training(model, _rows(), optimizer=SGD(0.1), settings=settings, checkpoints=kept))
        assert len(saved) == expected


def test_settings_as_numpy_counts_them_are_kept(tmp_path: Path) -> None:
    settings = TrainingSettings(np.int64(1), np.int32(8), threads=np.int64(2))  # type: ignore[arg-type]
    kept = Checkpoints(tmp_path / "run")
    list(Training(Sequential([Dense(3, 2)], seed=0), _rows(), optimizer=SGD(0.1), settings=settings, checkpoints=kept))
    assert Found.read(tmp_path / "run" / "latest.safetensors", ()).plan.training.epochs == 1


def test_settings_no_file_can_have_are_refused_in_a_sentence(tmp_path: Path) -> None:
    settings = TrainingSettings(1, 8, threads=1, restore_best=1)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"training\.restore_best: got '1'; input should be a valid boolean"):
        Training(
            Sequential([Dense(3, 2)], seed=0),
            _rows(),
            optimizer=SGD(0.1),
            settings=settings,
            checkpoints=Checkpoints(tmp_path / "run"),
        )


@pytest.mark.parametrize("checkpoints", [True, 3, b"run"])
def test_what_names_no_folder_is_refused(checkpoints: object) -> None:
    with pytest.raises(InputError, match=r"checkpoints: got .*; expected the name of a folder, or Checkpoints"):
        _line(checkpoints)  # type: ignore[arg-type]
