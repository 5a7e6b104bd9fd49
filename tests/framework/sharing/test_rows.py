"""A batch shared out by its rows: all ranks together do what one process does, and where that is worth it."""

import copy

import numpy as np
import pytest

from framework import (
    SGD,
    Adam,
    Affine,
    Augmentation,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    GlobalAveragePool2D,
    Layer,
    ReLU,
    Rescale,
    Reshape,
    Sequential,
    SoftmaxCrossEntropy,
    Training,
    TrainingSettings,
)
from framework.randomness import Step
from framework.sharing.ranks import sharing_of
from framework.sharing.share import augmented
from framework.task import Task
from tests.framework.sharing.common import (
    BATCH,
    CLASSES,
    FLOAT64,
    NEXT_TO_NOTHING,
    ROWS,
    SEED,
    Brighter,
    end_of,
    noise,
    only_where_shared,
)

pytestmark = only_where_shared


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
    model = Sequential(layers, seed=SEED, dtype=np.float64, input_shape=(16,))
    settings = TrainingSettings(2, BATCH, SEED, threads=ranks, clip_norm=0.5)
    data = noise(16, rows, weighted=weighted)
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
    for one, other in zip(end_of(alone)[:2], end_of(together)[:2], strict=True):
        np.testing.assert_allclose(other, one, rtol=FLOAT64, atol=NEXT_TO_NOTHING)
    losses = [[report.loss for report in training.history.epochs] for training in (alone, together)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=FLOAT64)
    assert alone.history.epochs[-1].accuracy == together.history.epochs[-1].accuracy


def test_what_a_script_changes_between_two_reports_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framework.sharing.rows.LEAST_WORK", 1)
    monkeypatch.setattr("framework.training.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("framework.training.LOOKS_APART", 0)
    results = []
    for ranks in (1, 2):
        training = _image_training(ranks, _image_layers())
        for number, _ in enumerate(training):
            if number == 3:
                training.model.parameters.values[...] *= 0.5
        results.append(training.model.parameters.values)
    np.testing.assert_allclose(results[1], results[0], rtol=FLOAT64, atol=NEXT_TO_NOTHING)


def test_each_rank_draws_random_numbers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropout and augmentation alike; and the same ones the next time."""
    monkeypatch.setattr("framework.sharing.rows.LEAST_WORK", 1)
    layers = [*_image_layers()[:-1], Dropout(0.5), Dense(5, CLASSES)]
    trainings = (_image_training(2, copy.deepcopy(layers), augmentation=Affine((4, 4))) for _ in range(2))
    bits = [end_of(training)[0].tobytes() for training in trainings]
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
    task = Task(model, SoftmaxCrossEntropy(), SGD(), TrainingSettings(), None, noise(16), rows, fresh=True)
    assert sharing_of(task, ranks) == ("rows" if shared else "none")
