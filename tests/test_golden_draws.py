"""Golden draws: the random numbers a seed stands for, held against what they were when this was written.

A saved training is resumed by drawing again what comes next. A NumPy that draws other numbers from the same generator
must fail here, before it does so in somebody's run. Digests are of integers, of uniform numbers and of what is rounded:
those come out alike on every processor.
"""

import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray

from framework import (
    Affine,
    Constant,
    Dense,
    Dropout,
    Elastic,
    GaussianNoise,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Normal,
    Rescale,
    Sequential,
    Step,
    Uniform,
    stream,
)
from framework.data.batches import Batches
from framework.data.dataset import Dataset
from framework.data.split import split_indices
from framework.initializers import Initializer
from framework.layers.base import Layer
from framework.types import Array

ROWS = Dataset(np.zeros((1000, 3), np.uint8), np.arange(1000) % 10)
EXACT_DRAW = 1e-6
"""Sine and cosine differ in the last bit from one processor to another, and A and t are rounded to float32."""
EXACT_FIELD = 1e-5
"""Pixels: of some tens of float32 numbers up to 3 that are added up in an order of the machine's, each off by 1e-7."""


def _digest(array: NDArray[np.generic]) -> str:
    """Of the numbers, whatever the machine's byte order: the first 16 digits of SHA-256."""
    little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<")))
    return hashlib.sha256(little.tobytes()).hexdigest()[:16]


# The digests below were taken with numpy 2.4.6.
@pytest.mark.parametrize(
    ("seed", "step", "golden"),
    [
        (0, 0, "f3dc649273089e6f"),
        (0, 469, "3599e3de567abd05"),
        (1, 0, "df364e746da276ca"),
        (2**32 - 1, 10, "7c55e375bcd2a0fc"),
        (2**64 - 1, 2**40, "919e154a5ab2a788"),
    ],
)
def test_the_order_of_the_rows_is_what_it_always_was(seed: int, step: int, golden: str) -> None:
    order = Batches(ROWS, 128, seed=seed).order(step)
    assert _digest(order.astype(np.int64)) == golden


@pytest.mark.parametrize("batch_size", [1, 7, 128, 1000])
def test_the_first_order_is_the_same_for_every_batch_size(batch_size: int) -> None:
    expected = Batches(ROWS, 100, seed=3).order(0)
    np.testing.assert_array_equal(Batches(ROWS, batch_size, seed=3).order(0), expected)


@pytest.mark.parametrize(
    ("seed", "step", "golden"),
    [
        (0, 0, "a92bbebb98fa0627"),
        (0, 1, "fc7f74c3850c98da"),
        (7, 12345, "f44a25b723cb8fc9"),
        (2**64 - 1, 2**40, "ad65640becc8fa99"),
    ],
)
def test_dropout_masks_are_what_they_always_were(seed: int, step: int, golden: str) -> None:
    assert _digest(_in_training(Dropout(0.3), Step(seed, step)) > 0) == golden


@pytest.mark.parametrize(
    ("seed", "step", "golden"),
    [
        (0, 0, "69989083770c9e17"),
        (7, 12345, "5e97fb021fa68d8c"),
    ],
)
def test_noise_is_what_it_always_was(seed: int, step: int, golden: str) -> None:
    """To a hundredth: the tails of a normal distribution need logarithms, which are the machine's."""
    noise = _in_training(GaussianNoise(1.0), Step(seed, step))
    assert _digest(np.rint(noise * 100).astype(np.int64)) == golden


@pytest.mark.parametrize(
    ("seed", "step", "golden"),
    [
        (0, 0, [1.0198355, 0.0759422, -0.0394824, 0.9175541, -0.4095765, 0.6018444]),
        (7, 12345, [0.9639109, 0.0695551, -0.0396999, 0.9888737, 0.2185119, 0.1390780]),
    ],
)
def test_augmentation_draws_what_it_always_did(seed: int, step: int, golden: list[float]) -> None:
    matrices, shifts = Affine((28, 28)).draw(2, stream(seed, "augmentation", step))
    np.testing.assert_allclose([*matrices[1].ravel(), *shifts[1]], golden, rtol=0, atol=EXACT_DRAW)


@pytest.mark.parametrize(
    ("seed", "step", "golden"),
    [
        (0, 0, [0.725171, 0.418691, -0.588136, -0.871247, -0.211567, -0.882777]),
        (7, 12345, [-0.891750, -1.524616, 0.667703, 2.544824, 0.876980, -0.284462]),
    ],
)
def test_elastic_fields_are_what_they_always_were(seed: int, step: int, golden: list[float]) -> None:
    """u of the second image of two, after A and t were drawn: in three corners, each to the right and down."""
    elastic, rng = Elastic((28, 28)), stream(seed, "augmentation", step)
    elastic.draw(2, rng)
    corners = elastic.fields(2, rng)[1, :, [0, 0, 27], [0, 27, 27]]
    np.testing.assert_allclose(corners.ravel(), golden, rtol=0, atol=EXACT_FIELD)


@pytest.mark.parametrize(
    ("initializer", "golden"),
    [
        (HeNormal(), "c5126c6992f7038e"),
        (HeUniform(), "7ae5d27991bd5cd3"),
        (GlorotNormal(), "5c341cfaf106d43c"),
        (GlorotUniform(), "4aa7c81f2179fe4e"),
        (Normal(0.1), "447bed60295d04c5"),
        (Uniform(-0.1, 0.1), "9bd694d1d60a7702"),
        (Constant(0.5), "27734df13552f0ed"),
    ],
    ids=repr,
)
def test_weights_begin_as_they_always_did(initializer: Initializer, golden: str) -> None:
    model = Sequential([Rescale(1.0), Dense(30, 20, weight_initializer=initializer)], seed=11)
    weights = model.get_weights()["layers.1.weight"]
    assert _digest(weights) == golden


def test_the_rows_held_out_are_what_they_always_were() -> None:
    labels = np.arange(1000) % 7
    _, held_out = split_indices(labels, 1000, 0.1, seed=0)
    assert _digest(held_out.astype(np.int64)) == "9dcfbb2f5410ca0d"


def test_a_mask_depends_on_nothing_that_came_before() -> None:
    layer, other = Dropout(0.5), Dropout(0.5)
    for index in range(5):
        _in_training(layer, Step(3, index))
    late = _in_training(layer, Step(3, 5))
    np.testing.assert_array_equal(late, _in_training(other, Step(3, 5)))


def test_streams_do_not_overlap() -> None:
    """Not one of 64 bits drawn anywhere is drawn again, whatever the offset: by chance that is once in 10⁷ tests."""
    drawn = [
        stream(seed, name, step).integers(2**64, size=64, dtype=np.uint64)
        for seed in (*range(1000), 2**32 - 1, 2**64 - 1)
        for name, step in (("shuffle", 0), ("shuffle", 1), ("augmentation", 0), ("layers.1", 0), ("init/layers.1", 0))
    ]
    numbers = np.concatenate(drawn)
    assert len(np.unique(numbers)) == len(numbers) == 1002 * 5 * 64


def _in_training(layer: Layer, step: Step) -> Array:
    layer.path = "layers.2"
    return layer.forward(np.ones((16, 50), np.float32), step=step).copy()
