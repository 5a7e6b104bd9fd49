"""Random layers in a shared training: own numbers for own units, the same for what all have, the same at every run."""

import copy
from typing import final

import numpy as np
import pytest

from framework import Adam, Dense, Dropout, EpochReport, GaussianNoise, Layer, LayerNorm, ReLU, Rescale
from framework.randomness import Step
from framework.sharing.inputs import Samples
from framework.sharing.meeting import Meeting, part_of
from framework.sharing.ranks import Ranks
from framework.sharing.units import unit_shares
from framework.types import Array
from tests.framework.sharing.common import (
    BATCH,
    CLASSES,
    FEATURES,
    SEED,
    UNITS,
    check_both_end_alike,
    dense_layers,
    end_of,
    only_where_shared,
    small_training,
    task_of,
)

pytestmark = only_where_shared


def _noisy_layers() -> list[Layer]:
    """Two pairs with something random in each of them, and around them."""
    return [
        *(Dropout(0.1), Rescale(1 / 255)),
        *(Dense(FEATURES, UNITS), ReLU(), Dropout(0.5), Dense(UNITS, 20)),
        *(LayerNorm(20), ReLU(), Dropout(0.1)),
        *(Dense(20, UNITS), GaussianNoise(0.1), ReLU(), Dense(UNITS, 16)),
        *(ReLU(), Dense(16, CLASSES)),
    ]


RANDOM = (0, 4, 8, 10)
"""The places of what is random there,"""
IN_PAIRS = (4, 10)
"""and of those in a pair."""
EVERYWHERE = ("layers.6.gamma", "layers.6.beta", "layers.14.weight", "layers.14.bias")
"""What every rank has the whole of; biases of a sum are the first's alone."""


@pytest.mark.parametrize("layers", [dense_layers(UNITS), _noisy_layers()], ids=["plain", "noisy"])
def test_the_same_seed_gives_the_same_bits(layers: list[Layer]) -> None:
    trainings = (small_training(2, Adam(0.01), copy.deepcopy(layers)) for _ in range(2))
    first, second = (end_of(training)[0].tobytes() for training in trainings)
    assert first == second


def test_random_layers_of_a_pair_draw_numbers_of_their_own_in_each_rank() -> None:
    """And the others the same ones in all; the first rank as if it were alone."""
    task = task_of(_noisy_layers(), Adam())
    task.optimizer.begin(task.model.parameters)
    models = [task.model, *(share.update.model for share in unit_shares(Samples(task.data.x), task, Meeting(3)))]
    ones, step = np.ones((BATCH, 16), np.float32), Step(SEED, 3)
    for index in RANDOM:
        alone, *shared = (model.layers[index].forward(ones, step=step).tobytes() for model in models)
        assert alone != ones.tobytes()
        assert alone == shared[0]
        assert len(set(shared)) == (3 if index in IN_PAIRS else 1)


@final
class SideBySide(Layer):
    """Dropout as ranks have it, in one process: to the units of each rank a mask of its own."""

    def __init__(self, rate: float, ranks: int) -> None:
        self.rate, self.ranks = rate, ranks

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is None:
            return x
        mask = np.zeros_like(x)
        for rank in range(self.ranks):
            units = mask[:, part_of(x.shape[1], rank, self.ranks)]
            rng = step.rng(f"{self.path}/{rank}" if rank else self.path)
            units[rng.random(units.shape, np.float32) >= self.rate] = 1 / (1 - self.rate)
        self.keep(mask=mask)
        return x * mask

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy * self.kept("mask")


@pytest.mark.parametrize("ranks", [2, 3])
@pytest.mark.parametrize("hidden", [(UNITS,), (UNITS, 20, UNITS)], ids=len)
def test_dropout_in_a_pair_is_dropout_of_all_its_units(hidden: tuple[int, ...], ranks: int) -> None:
    shared, alone = (dense_layers(*hidden) for _ in range(2))
    shared[3:3], alone[3:3] = [Dropout(0.3)], [SideBySide(0.3, ranks)]
    check_both_end_alike(small_training(1, layers=alone), small_training(ranks, layers=shared))


@pytest.mark.parametrize("ranks", [2, 3])
def test_what_every_rank_has_is_the_same_in_each_to_the_bit(ranks: int) -> None:
    """Nobody makes it so while they train: all compute it alike. At the end the model takes it from one of them."""
    training = small_training(ranks, Adam(0.01), _noisy_layers())
    compared = 0
    for event in training:
        if isinstance(event, EpochReport):
            assert isinstance(training._make_step, Ranks)
            of_model = {parameter.path: parameter.value.tobytes() for parameter in training.model.parameters}
            for share in training._make_step._shares:
                of_rank = {parameter.path: parameter.value.tobytes() for parameter in share.update.model.parameters}
                assert [of_rank[path] for path in EVERYWHERE] == [of_model[path] for path in EVERYWHERE]
                compared += 1
    assert compared == 2 * ranks
