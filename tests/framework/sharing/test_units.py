"""Hidden layers shared out by their units: all ranks together do what one process does."""

import copy
from collections.abc import Callable

import numpy as np
import pytest

from framework import (
    SGD,
    Adam,
    AdamW,
    Conv2D,
    Dataset,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Layer,
    LayerNorm,
    ReLU,
    Rescale,
    Reshape,
    Residual,
    RMSprop,
    Sequential,
    SoftmaxCrossEntropy,
    Tanh,
    Training,
    TrainingSettings,
)
from tests.framework.sharing.common import (
    BATCH,
    CLASSES,
    FEATURES,
    FLOAT64,
    NEXT_TO_NOTHING,
    ROWS,
    SEED,
    UNITS,
    Brighter,
    check_both_end_alike,
    dense_layers,
    end_of,
    noise,
    only_where_shared,
    small_training,
)

pytestmark = only_where_shared

FLOAT32 = 1e-5
"""Some hundred roundings of numbers around 1."""


TRAININGS: dict[str, Callable[[int], Training]] = {
    "SGD": lambda ranks: small_training(ranks, SGD(0.2)),
    "momentum": lambda ranks: small_training(ranks, SGD(0.2, momentum=0.9, nesterov=True, weight_decay=1e-3)),
    "Adam": lambda ranks: small_training(ranks, Adam(0.01)),
    "AdamW": lambda ranks: small_training(ranks, AdamW(0.01, weight_decay=0.1)),
    "RMSprop": lambda ranks: small_training(ranks, RMSprop(0.01, momentum=0.5)),
    "Adam, four layers": lambda ranks: small_training(ranks, Adam(0.01), dense_layers(UNITS, 20, UNITS)),
    "AdamW, five": lambda ranks: small_training(
        ranks, AdamW(0.01, weight_decay=0.1), dense_layers(UNITS, 20, UNITS, 16)
    ),
    "weights": lambda ranks: small_training(ranks, weighted=True, loss=SoftmaxCrossEntropy(label_smoothing=0.1)),
}


@pytest.mark.parametrize("ranks", [2, 3])
@pytest.mark.parametrize("make", TRAININGS.values(), ids=TRAININGS)
def test_all_ranks_together_do_what_one_does(make: Callable[[int], Training], ranks: int) -> None:
    check_both_end_alike(make(1), make(ranks))


def _with(layers: list[Layer], index: int, *more: Layer) -> list[Layer]:
    return [*layers[:index], *more, *layers[index:]]


ONE, TWO, THREE = dense_layers(UNITS), dense_layers(UNITS, 20), dense_layers(UNITS, 20, UNITS)
"""So many hidden layers; `_with` puts in front of the layer with that index."""

NETWORKS = {
    "Tanh": dense_layers(UNITS, between=Tanh),
    "no biases": dense_layers(UNITS, bias=False),
    "a bias for the sum alone": [Dense(FEATURES, UNITS, use_bias=False), *ONE[2:]],
    "units left over": dense_layers(53),
    # what every rank has
    "Flatten in front": [Flatten(), *ONE],
    "Dropout in front": [Dropout(0.2), *ONE],
    "LayerNorm in front": [LayerNorm(FEATURES), *ONE],
    "Conv2D in front": [Reshape((4, 3, 1)), Rescale(1 / 255), Conv2D(1, 2), Flatten(), Dense(4, UNITS), *ONE[2:]],
    "ReLU at the end": [*ONE, ReLU()],
    "a third layer": TWO,
    "LayerNorm and a third layer": _with(TWO, 4, LayerNorm(20)),
    "Dropout and a third layer": _with(TWO, 5, Dropout(0.2), GaussianNoise(0.1)),
    "Residual and a third layer": _with(TWO, 4, Residual([ReLU(), Dense(20, 20), Dropout(0.2)])),
    "a third layer, which has the only bias": [*dense_layers(UNITS, 20, bias=False)[:-1], TWO[-1]],
    # two pairs and more: the gradient between them is a sum as well
    "a narrow layer first, which stays whole": dense_layers(20, UNITS),
    "four layers": THREE,
    "four, Tanh": dense_layers(UNITS, 20, UNITS, between=Tanh),
    "four, no biases": dense_layers(UNITS, 20, UNITS, bias=False),
    "four, units left over": dense_layers(53, 21, 49),
    "four, noise outside the pairs": [Dropout(0.2), *_with(THREE, 5, GaussianNoise(0.1), Dropout(0.2))],
    "five": dense_layers(UNITS, 20, UNITS, 16),
    "six": dense_layers(UNITS, 20, UNITS, 16, UNITS),
}


@pytest.mark.parametrize("ranks", [2, 3])
@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_whatever_is_around_and_between_the_pairs(layers: list[Layer], ranks: int) -> None:
    alone, together = (small_training(number, layers=copy.deepcopy(layers)) for number in (1, ranks))
    check_both_end_alike(alone, together)


@pytest.mark.parametrize("rows", [ROWS, BATCH + 1])
@pytest.mark.parametrize("hidden", [(UNITS,), (UNITS, 20, UNITS)], ids=len)
def test_units_are_shared_out_and_rows_augmented_by_all(rows: int, hidden: tuple[int, ...]) -> None:
    results = []
    for ranks in (1, 2, 3):
        model = Sequential(dense_layers(*hidden), seed=SEED)
        data, settings = noise(FEATURES, rows), TrainingSettings(2, BATCH, SEED, threads=ranks)
        training = Training(model, data, optimizer=SGD(0.1), augmentation=Brighter(), settings=settings)
        results.append(end_of(training)[0])
    for other in results[1:]:
        np.testing.assert_allclose(other, results[0], rtol=FLOAT32, atol=FLOAT32)


def test_a_batch_of_as_many_rows_as_fit_goes_through_every_rank_at_one_go() -> None:
    """The hidden layer is as wide as the input, which does not count, and the ranks' own are narrower, which would."""
    rng = np.random.default_rng(SEED)
    data = Dataset(rng.integers(0, 256, (4090, 601), np.uint8), rng.integers(0, CLASSES, 4090))
    results = []
    for ranks in (1, 2):
        layers = [Rescale(1 / 255), Dense(601, 601), ReLU(), Dense(601, 10)]
        model = Sequential(layers, seed=SEED, dtype=np.float64)
        settings = TrainingSettings(1, 4090, SEED, threads=ranks)
        results.append(end_of(Training(model, data, optimizer=SGD(0.05), settings=settings))[0])
    np.testing.assert_allclose(results[1], results[0], rtol=FLOAT64, atol=NEXT_TO_NOTHING)
