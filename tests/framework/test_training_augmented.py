"""Training and fit with an augmentation: what the model sees follows from seed and step; evaluation sees plain data."""

import hashlib
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from framework import (
    SGD,
    Adam,
    Affine,
    Augmentation,
    Dataset,
    Dense,
    Diverged,
    EpochReport,
    InputError,
    Layer,
    ReLU,
    Rescale,
    Sequential,
    Step,
    StepReport,
    Training,
    TrainingSettings,
    evaluate,
    fit,
    split_indices,
)
from framework.types import Array, Numbers

PAUSE = 0.002
"""Seconds a slow script takes between two reports: enough for the thread to make all it may make ahead."""

SHAPE = (5, 6)
AFFINE = Affine(SHAPE)


def _digits(n: int = 50, seed: int = 0) -> Dataset:
    """n random images of 5 x 6 pixels with random labels of 10."""
    rng = np.random.default_rng(seed)
    return Dataset(rng.integers(0, 256, (n, 30), dtype=np.uint8), rng.integers(0, 10, n, dtype=np.uint8))


def _model(*before: Layer) -> Sequential:
    return Sequential([*before, Rescale(1 / 255), Dense(30, 16), ReLU(), Dense(16, 10)], input_shape=(30,), seed=0)


def _settings(epochs: int, batch_size: int | None = 16, *, seed: int = 0, threads: int = 1) -> TrainingSettings:
    return TrainingSettings(epochs, batch_size, seed, threads=threads)


def _trained(settings: TrainingSettings, augmentation: Augmentation | None = AFFINE, n: int = 50) -> bytes:
    model = _model()
    list(Training(model, _digits(n), optimizer=Adam(0.01), augmentation=augmentation, settings=settings))
    return model.parameters.values.tobytes()


@pytest.fixture(autouse=True)
def no_thread_stays_behind() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


class Witness(Layer):
    """Passes everything on, and notes what it is given in training and in inference."""

    def __init__(self) -> None:
        self.trained: list[tuple[int, int, Array]] = []
        self.inferred_on: list[Array] = []

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is None:
            self.inferred_on.append(x.copy())
        else:
            self.trained.append((step.index, step.part, x.copy()))
        return x

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy if need_dx else None


def _generator(seed: int, name: str, step: int) -> np.random.Generator:
    """The documented stream, from its definition."""
    digest = hashlib.sha256(f"{seed}/{name}/{step}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))


def _shown(data: Dataset, step: int, first_step: int, batch_size: int | None, seed: int) -> Array:
    """The samples of one step, of the epoch that began at `first_step`: shuffled, cut, and moved."""
    rows = np.arange(len(data))
    if batch_size is not None:
        order = _generator(seed, "shuffle", first_step).permutation(len(data))
        rows = order[(step - first_step) * batch_size :][:batch_size]
    return AFFINE(data.x[rows], _generator(seed, "augmentation", step))


# What the model sees


@pytest.mark.parametrize(("batch_size", "per_epoch"), [(16, 4), (25, 2), (None, 1)])
def test_step_by_step_the_model_sees_the_samples_of_seed_and_step(batch_size: int | None, per_epoch: int) -> None:
    witness, data = Witness(), _digits()
    settings = _settings(3, batch_size, seed=4)
    list(Training(_model(witness), data, optimizer=SGD(0.01), augmentation=AFFINE, settings=settings))
    assert [index for index, _, _ in witness.trained] == list(range(3 * per_epoch))
    for index, _, x in witness.trained:
        first_step = index - index % per_epoch
        np.testing.assert_array_equal(x, _shown(data, index, first_step, batch_size, seed=4))


@pytest.mark.parametrize(("batch_size", "per_epoch", "parts"), [(5000, 2, [2, 1, 2, 1]), (None, 1, [4, 4])])
def test_a_batch_of_more_than_4096_rows_is_augmented_before_it_is_cut_in_parts(
    batch_size: int | None, per_epoch: int, parts: list[int]
) -> None:
    witness, data = Witness(), _digits(9000)
    settings = _settings(2, batch_size, seed=1)
    list(Training(_model(witness), data, optimizer=SGD(1e-4), augmentation=AFFINE, settings=settings))
    for step, count in enumerate(parts):
        seen = [x for index, _, x in witness.trained if index == step]
        assert len(seen) == count
        expected = _shown(data, step, step - step % per_epoch, batch_size, seed=1)
        np.testing.assert_array_equal(np.concatenate(seen), expected)


@pytest.mark.parametrize("batch_size", [5000, None])
def test_how_many_workers_there_are_never_changes_a_bit(batch_size: int | None) -> None:
    one, two = (_trained(_settings(2, batch_size, threads=threads), n=9000) for threads in (1, 2))
    assert one == two


def test_labels_stay_with_their_samples() -> None:
    """Images that are dark or light all over, whatever is done to them, and labels that say so, are learnt in an epoch.

    With labels of another batch the accuracy would be near one half.
    """
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    x = np.where(y[:, np.newaxis] == 1, 200, 50) + rng.integers(-20, 20, (400, 30))
    model = Sequential([Rescale(1 / 255), Dense(30, 2)], seed=0)
    history = fit(
        model, x, y, augmentation=AFFINE, optimizer=Adam(0.05), epochs=5, batch_size=16, threads=1, show=False
    )
    assert evaluate(model, x, y).accuracy == 1
    accuracy = history.epochs[-1].accuracy
    assert accuracy is not None
    assert accuracy > 0.95  # of the augmented ones some are moved nearly out of so small a picture


def test_of_strength_0_it_changes_no_bit() -> None:
    """Whether samples come as uint8 or as the same numbers in float32, and from whichever thread."""
    still = Affine(SHAPE, rotation=0, scale=0, shear=0, shift=0)
    assert _trained(_settings(3), still) == _trained(_settings(3), None)
    assert _trained(_settings(3), AFFINE) != _trained(_settings(3), None)


# It repeats itself


@pytest.mark.parametrize("batch_size", [16, None])
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(batch_size: int | None) -> None:
    """With all rows at once and without dropout nothing but the augmentation depends on the seed."""
    assert _trained(_settings(3, batch_size)) == _trained(_settings(3, batch_size))
    assert _trained(_settings(3, batch_size)) != _trained(_settings(3, batch_size, seed=1))


def test_how_fast_the_loop_is_consumed_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    results = []
    for report_seconds, pause in ((0.1, 0), (0.0, 0), (0.0, PAUSE)):
        monkeypatch.setattr("framework.training.REPORT_SECONDS", report_seconds)
        model = _model()
        training = Training(model, _digits(), optimizer=Adam(0.01), augmentation=AFFINE, settings=_settings(4, 7))
        for _ in training:
            time.sleep(pause)
        results.append((model.parameters.values.tobytes(), [epoch.loss for epoch in training.history]))
    assert results[0] == results[1] == results[2]


def test_stopping_in_the_middle_and_going_on_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.training.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("framework.training.LOOKS_APART", 0)
    broken = _model()
    training = Training(broken, _digits(), optimizer=Adam(0.01), augmentation=AFFINE, settings=_settings(2))
    before = threading.active_count()
    while len(training.history) < 2:
        for _ in training:
            break  # and begin another loop over the same run
        assert threading.active_count() == before
    assert broken.parameters.values.tobytes() == _trained(_settings(2))


def test_fit_again_goes_on_with_samples_not_seen_before() -> None:
    once, twice, seen = _model(), _model(), Witness()
    fit(once, _digits(), augmentation=AFFINE, epochs=4, batch_size=16, threads=1, show=False)
    for _ in range(2):
        fit(twice, _digits(), augmentation=AFFINE, epochs=2, batch_size=16, threads=1, show=False)
    np.testing.assert_array_equal(twice.parameters.values, once.parameters.values)

    model = _model(seen)
    for _ in range(2):
        fit(model, _digits(), augmentation=AFFINE, epochs=1, batch_size=None, threads=1, show=False)
    (first, _, x), (second, _, new) = seen.trained
    assert (first, second) == (0, 1)
    assert not np.array_equal(x, new)


def test_fit_hands_it_on() -> None:
    model = _model()
    fit(model, _digits(), optimizer=Adam(0.01), augmentation=AFFINE, epochs=3, batch_size=16, threads=1, show=False)
    assert model.parameters.values.tobytes() == _trained(_settings(3))


@pytest.mark.parametrize(("cores", "threads", "ahead"), [(2, 1, True), (2, 2, False), (1, 1, False), (8, 7, True)])
def test_a_thread_that_augments_has_a_core_of_its_own_or_is_not_there(
    monkeypatch: pytest.MonkeyPatch, cores: int, threads: int, ahead: bool
) -> None:
    """Matrix products that wait for a thread whose core it takes crawl."""
    monkeypatch.setattr("framework.choosing.usable_cores", lambda: cores)
    monkeypatch.setattr("framework.choosing.sharing_of", lambda *_: "none")
    settings = TrainingSettings(batch_size=16, threads=threads)
    training = Training(_model(), _digits(), optimizer=SGD(0.1), augmentation=AFFINE, settings=settings)
    before = threading.active_count()
    with training.feed as feed:
        next(feed.epoch(np.arange(len(training.data)), 0))
        assert threading.active_count() - before == ahead


@pytest.mark.parametrize("batch_size", [16, None])
def test_measuring_threads_changes_nothing(batch_size: int | None) -> None:
    model = _model()
    settings = TrainingSettings(2, batch_size)
    training = Training(model, _digits(), optimizer=Adam(0.01), augmentation=AFFINE, settings=settings)
    list(training)
    assert model.parameters.values.tobytes() == _trained(_settings(2, batch_size, threads=training.threads))


# What is never augmented


def test_validation_sees_the_plain_rows() -> None:
    witness, validation = Witness(), _digits(20, seed=1)
    model = _model(witness)
    training = Training(
        model,
        _digits(),
        optimizer=SGD(0.0),
        augmentation=AFFINE,
        validation_data=validation,
        settings=_settings(2),
    )
    reports = [event for event in training if isinstance(event, EpochReport)]
    assert len(witness.inferred_on) == 2
    for x in witness.inferred_on:
        np.testing.assert_array_equal(x, validation.x)
    assert {report.validation_loss for report in reports} == {evaluate(model, validation).loss}
    plain = evaluate(model, _digits()).loss
    assert all(abs(report.loss - plain) > 1e-3 for report in reports)  # which the augmented ones do not have
    assert reports[0].loss != reports[1].loss  # nor twice the same


def test_the_held_out_part_is_not_augmented_either() -> None:
    """At a rate of 0 the validation loss is that of the held-out samples as they are."""
    model, data = _model(), _digits()
    history = fit(
        model, data, optimizer=SGD(0.0), augmentation=AFFINE, epochs=1, validation_split=0.2, threads=1, show=False
    )
    _, held_out = split_indices(data.labels, len(data), 0.2)
    assert history.epochs[0].validation_loss == evaluate(model, data.rows(held_out)).loss


def test_data_and_augmentation_are_left_as_they_are() -> None:
    data, validation = _digits(), _digits(20, seed=1)
    copies = [array.copy() for array in (*data, *validation)]
    affine = Affine(SHAPE, rotation=20)
    fit(_model(), data, augmentation=affine, epochs=2, validation_data=validation, threads=1, show=False)
    for array, copy in zip((*data, *validation), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    assert repr(affine) == "Affine((5, 6), rotation=20.0)"


# What it refuses, and what goes wrong on the way


@pytest.mark.parametrize("shape", [(6, 6), (5, 5), (28, 28), (1, 29)])
def test_images_of_another_shape_are_refused_before_the_first_step(shape: tuple[int, int]) -> None:
    message = f"Affine: got samples of shape (30,); expected images of {shape[0]} x {shape[1]}"
    model = _model()
    before = model.parameters.values.copy()
    with pytest.raises(InputError) as caught:
        Training(model, _digits(), optimizer=SGD(), augmentation=Affine(shape))
    assert str(caught.value) == message
    with pytest.raises(InputError) as caught:
        fit(model, _digits(), augmentation=Affine(shape), show=False)
    assert str(caught.value) == message
    np.testing.assert_array_equal(model.parameters.values, before)
    assert model.optimizer is None


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        (Affine, "augmentation: got the class Affine; expected an Augmentation", "write Affine(...)"),
        ("affine", "augmentation: got str; expected an Augmentation", None),
        (AFFINE.__call__, "augmentation: got method; expected an Augmentation", None),
        ([AFFINE], "augmentation: got list; expected an Augmentation", None),
        (False, "augmentation: got bool; expected an Augmentation", None),
        (Dense(30, 30), "augmentation: got Dense; expected an Augmentation", None),
    ],
)
def test_what_is_no_augmentation_is_refused(given: Augmentation, message: str, hint: str | None) -> None:
    with pytest.raises(InputError) as caught:
        Training(_model(), _digits(), optimizer=SGD(), augmentation=given)
    assert str(caught.value) == message
    assert caught.value.hint == hint
    with pytest.raises(InputError) as caught:
        fit(_model(), _digits(), augmentation=given, show=False)
    assert str(caught.value) == message


class Noise(Augmentation):
    """An augmentation of one's own: every pixel a little off. It may fail at a call, counted from 0."""

    def __init__(self, deviation: float, fails_at: int | None = None) -> None:
        self.deviation = deviation
        self.fails_at = fails_at
        self.calls = 0

    def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
        self.calls += 1
        if self.calls - 1 == self.fails_at:
            raise RuntimeError("no noise today")
        return (x + rng.normal(0, self.deviation, x.shape)).astype(np.float32)


def test_one_of_your_own() -> None:
    assert _trained(_settings(3), Noise(1.0)) == _trained(_settings(3), Noise(1.0))
    assert _trained(_settings(3), Noise(0.0)) == _trained(_settings(3), None)
    assert _trained(_settings(3), Noise(1.0)) != _trained(_settings(3), None)


@pytest.mark.parametrize("steps_done", [0, 1, 6])
def test_its_fault_ends_the_run_after_the_steps_before_it(steps_done: int) -> None:
    noise = Noise(1.0, fails_at=steps_done + 1)  # the first call is the look at one sample, before the run
    training = Training(_model(), _digits(), optimizer=SGD(), augmentation=noise, settings=_settings(3))
    with pytest.raises(RuntimeError, match="no noise today"):
        list(training)
    assert training.state.step == steps_done
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("chalknet")]


def test_its_fault_at_the_first_sample_comes_before_the_run() -> None:
    with pytest.raises(RuntimeError, match="no noise today"):
        Training(_model(), _digits(), optimizer=SGD(), augmentation=Noise(1.0, fails_at=0))


def test_no_thread_outlives_a_run_that_diverges_or_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.training.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("framework.training.LOOKS_APART", 0)
    before = threading.active_count()
    training = Training(_model(), _digits(), optimizer=SGD(1e30), augmentation=AFFINE, settings=_settings(9, 4))
    with np.errstate(all="ignore"), pytest.raises(Diverged):
        list(training)
    assert threading.active_count() == before

    training = Training(_model(), _digits(), optimizer=SGD(), augmentation=AFFINE, settings=_settings(9, 4))
    for event in training:
        assert isinstance(event, StepReport)
        assert threading.active_count() == before + 1
        break
    assert threading.active_count() == before


def test_without_one_there_is_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.training.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("framework.training.LOOKS_APART", 0)
    before = threading.active_count()
    for _ in Training(_model(), _digits(), optimizer=SGD(), settings=_settings(2)):
        assert threading.active_count() == before
