"""Which networks are shared out by units, and which of their layers."""

from typing import final

import numpy as np
import pytest
from numpy.typing import ArrayLike

from framework import (
    SGD,
    Activation,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Layer,
    LayerNorm,
    Loss,
    Optimizer,
    ReLU,
    Rescale,
    Reshape,
    Residual,
    Sequential,
    Tanh,
    TrainingSettings,
)
from framework.optimizers.base import Block, Elementwise
from framework.sharing.ranks import sharing_of
from framework.sharing.units import LEAST_SHARED, pairs
from framework.types import Array
from tests.framework.sharing.common import BATCH, CLASSES, FEATURES, UNITS, dense_layers, only_where_shared, task_of

pytestmark = only_where_shared


def _hidden(*between: Layer) -> list[Layer]:
    return [Dense(FEATURES, UNITS), *between, Dense(UNITS, CLASSES)]


@pytest.mark.parametrize(
    ("layers", "places"),
    [
        (dense_layers(), []),
        (dense_layers(UNITS), [(1, 3)]),
        (dense_layers(UNITS, 20), [(1, 3)]),
        (dense_layers(UNITS, 20, UNITS), [(1, 3), (5, 7)]),
        (dense_layers(UNITS, 20, UNITS, 16), [(1, 3), (5, 7)]),
        (dense_layers(20, UNITS), [(3, 5)]),  # the first has too few units
        (dense_layers(UNITS, 20, 31), [(1, 3)]),
        (_hidden(), [(0, 1)]),
        (_hidden(Dropout(0.5), Tanh(), GaussianNoise(0.1)), [(0, 4)]),
        (_hidden(LayerNorm(UNITS), Dense(UNITS, UNITS), ReLU()), [(2, 4)]),
        (_hidden(Flatten()), []),
        (_hidden(Residual([Dense(UNITS, UNITS)])), []),
    ],
)
def test_layers_go_in_pairs_with_nothing_between_that_needs_more_than_one_unit(
    layers: list[Layer], places: list[tuple[int, int]]
) -> None:
    found = list(pairs(Sequential(layers), 2))
    assert [(pair.first, pair.last) for pair in found] == places
    assert [(pair.hidden, pair.after) for pair in found] == [(layers[first], layers[last]) for first, last in places]


@pytest.mark.parametrize(
    "layers",
    [
        dense_layers(UNITS),
        dense_layers(UNITS, 20, UNITS),
        dense_layers(UNITS, 20, 48),
        _hidden(Dropout(0.5)),
        _hidden(ReLU(), GaussianNoise(0.5)),
        dense_layers(20, UNITS),
        [Dropout(0.1), *dense_layers(UNITS)],
        [LayerNorm(FEATURES), *dense_layers(UNITS)],
        [Reshape((4, 3, 1)), Conv2D(1, 2), Flatten(), Dense(4, UNITS), ReLU(), Dense(UNITS, CLASSES)],
        [*dense_layers(UNITS), ReLU()],
        [*dense_layers(UNITS), ReLU(), Dense(CLASSES, CLASSES)],
        [*dense_layers(UNITS), LayerNorm(CLASSES)],
        [*dense_layers(UNITS), Residual([Dense(CLASSES, CLASSES)])],
    ],
)
def test_what_is_around_the_pairs_may_be_anything_small(layers: list[Layer]) -> None:
    task = task_of(layers)
    for ranks in (2, 3):
        assert sharing_of(task, ranks) == "units"


@pytest.mark.parametrize(("outputs", "shared"), [(34, True), (35, False)])
def test_pairs_are_most_of_the_work(outputs: int, shared: bool) -> None:
    pair, others = FEATURES * UNITS + UNITS * 20, 20 * outputs
    assert (pair >= LEAST_SHARED * (pair + others)) is shared
    assert sharing_of(task_of([*dense_layers(UNITS, 20)[:-1], Dense(20, outputs)]), 2) == (
        "units" if shared else "none"
    )


@final
class Signs(Optimizer):
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
        (dense_layers(UNITS), SGD(), TrainingSettings(), BATCH, 1),
        (dense_layers(31), SGD(), TrainingSettings(), BATCH, 2),
        (dense_layers(47), SGD(), TrainingSettings(), BATCH, 3),
        (dense_layers(UNITS, 20, 31), SGD(), TrainingSettings(), BATCH, 2),
        (dense_layers(UNITS), SGD(), TrainingSettings(), 4097, 2),
        (dense_layers(UNITS), Signs(), TrainingSettings(), BATCH, 2),
        (dense_layers(UNITS), SGD(), TrainingSettings(clip_norm=1.0), BATCH, 2),
        (dense_layers(UNITS), SGD(), TrainingSettings(max_norm=1.0), BATCH, 2),
        (dense_layers(UNITS), SGD(), TrainingSettings(average=0.9), BATCH, 2),
        (_hidden(BatchNorm(UNITS)), SGD(), TrainingSettings(), BATCH, 2),
        ([BatchNorm(FEATURES), *dense_layers(UNITS)], SGD(), TrainingSettings(), BATCH, 2),
        ([*dense_layers(UNITS), BatchNorm(CLASSES)], SGD(), TrainingSettings(), BATCH, 2),
        ([*dense_layers(UNITS), Residual([BatchNorm(CLASSES)])], SGD(), TrainingSettings(), BATCH, 2),
        (_hidden(LayerNorm(UNITS)), SGD(), TrainingSettings(), BATCH, 2),
        (dense_layers(), SGD(), TrainingSettings(), BATCH, 2),
        ([Rescale(1 / 255), LayerNorm(FEATURES)], SGD(), TrainingSettings(), BATCH, 2),  # no work, and no pair
    ],
)
def test_what_needs_the_whole_network_stays_in_one_process(
    layers: list[Layer], optimizer: Optimizer, settings: TrainingSettings, rows: int, ranks: int
) -> None:
    assert sharing_of(task_of(layers, optimizer, settings, rows), ranks) == "none"


def test_no_more_processes_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would wait for each other most of the time; and a file from somebody else may ask for a thousand."""
    monkeypatch.setattr("framework.sharing.ranks.usable_cores", lambda: 2)
    assert sharing_of(task_of(dense_layers(UNITS)), 2) == "units"
    assert sharing_of(task_of(dense_layers(UNITS)), 3) == "none"


@final
class Watching(Activation):
    """Notes what it sees, as a layer of one's own may."""

    def activate(self, x: Array, out: Array | None) -> Array:
        return np.maximum(x, 0, out=out)

    def slope(self, x: Array, y: Array, out: Array) -> Array:
        return np.greater(x, 0, out=out)


def test_layers_of_ones_own_stay_in_one_process() -> None:
    assert sharing_of(task_of(dense_layers(UNITS)), 2) == "units"
    assert sharing_of(task_of(dense_layers(UNITS, between=Watching)), 2) == "none"
    assert sharing_of(task_of([*dense_layers(UNITS), Watching()]), 2) == "none"


@final
class Counting(Elementwise):
    """Counts its steps, as an optimizer of one's own may."""

    learning_rate = 0.1
    made = 0

    def slot_names(self) -> tuple[str, ...]:
        return ()

    def update(self, block: Block, learning_rate: float, index: int) -> None:
        self.made += 1
        block.values[...] -= learning_rate * block.grads


@final
class Noting(Loss):
    """Notes what it sees, as a loss of one's own may."""

    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return self.value_and_grad(outputs, targets, sample_weight)[0]

    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        return 0.0, np.zeros_like(outputs)


def test_so_do_an_optimizer_and_a_loss() -> None:
    assert sharing_of(task_of(dense_layers(UNITS), Counting()), 2) == "none"
    assert sharing_of(task_of(dense_layers(UNITS))._replace(loss=Noting()), 2) == "none"
