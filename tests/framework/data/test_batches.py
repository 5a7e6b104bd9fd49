"""Batches: every row once an epoch, in an order that is a function of seed and step."""

import hashlib

import numpy as np
import pytest

from framework import Batches, Dataset, InputError

GOLDEN = {
    (0, 0): [1, 3, 7, 6, 4, 9, 2, 5, 8, 0],
    (0, 1): [9, 4, 0, 6, 1, 8, 2, 5, 7, 3],
    (0, 25): [9, 2, 4, 1, 7, 3, 8, 5, 6, 0],
    (1, 0): [9, 4, 3, 7, 0, 8, 5, 2, 1, 6],
    (123456789, 0): [3, 7, 5, 9, 2, 0, 1, 6, 8, 4],
}


def _numbered(n: int) -> Dataset:
    return Dataset(np.arange(n * 2, dtype=np.uint8).reshape(n, 2), np.arange(n))


@pytest.mark.parametrize("batch_size", [1, 3, 4, 9, 10, 11, None])
@pytest.mark.parametrize("n", [1, 2, 10])
def test_visits_every_row_exactly_once(n: int, batch_size: int | None) -> None:
    dataset = _numbered(n)
    batches = Batches(dataset, batch_size, seed=3)
    order = batches.order(0)
    rows: list[int] = []
    sizes: list[int] = []
    for number in range(batches.per_epoch):
        x, y = batches.take(order, number)
        np.testing.assert_array_equal(x, dataset.x[y])
        assert x.dtype == dataset.x.dtype
        rows += y.tolist()
        sizes.append(len(y))
    assert sorted(rows) == list(range(n))
    assert sizes[:-1] == [batches.batch_size] * (batches.per_epoch - 1)
    assert sizes[-1] == (n - 1) % batches.batch_size + 1


def test_follows_the_order_it_is_given() -> None:
    batches = Batches(_numbered(5), 2, seed=0)
    order = np.array([4, 2, 0, 1, 3])
    assert [batches.take(order, number).y.tolist() for number in range(3)] == [[4, 2], [0, 1], [3]]


def test_samples_are_gathered_when_they_are_asked_for_and_then_kept() -> None:
    """Whoever wants some columns only gathers those, by `rows`, and pays for no others."""
    dataset = _numbered(5)
    batches = Batches(dataset, 2, seed=0)
    batch = batches.take(np.array([4, 2, 0, 1, 3]), 0)
    np.testing.assert_array_equal(batch.rows, [4, 2])
    dataset.x[4] = 77
    assert len(batch) == 2
    assert batch.x[0].tolist() == [77, 77]
    dataset.x[4] = 78
    assert batch.x[0].tolist() == [77, 77]
    np.testing.assert_array_equal(batches.take(np.array([4, 2, 0, 1, 3]), 2).rows, [3])


@pytest.mark.parametrize(("seed", "first_step"), [(0, 0), (0, 30), (7, 30), (2**64 - 1, 10**12)])
def test_the_order_is_the_documented_function_of_seed_and_step(seed: int, first_step: int) -> None:
    digest = hashlib.sha256(f"{seed}/shuffle/{first_step}".encode()).digest()
    expected = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little"))).permutation(10)
    np.testing.assert_array_equal(Batches(_numbered(10), 3, seed=seed).order(first_step), expected)


def test_golden_orders() -> None:
    """A NumPy that shuffles otherwise must fail here and not in somebody's resumed run."""
    orders = [Batches(_numbered(10), 4, seed=seed).order(step).tolist() for seed, step in GOLDEN]
    assert orders == list(GOLDEN.values())


def test_the_order_knows_nothing_of_batch_sizes_and_of_earlier_orders() -> None:
    batches = Batches(_numbered(10), 3, seed=1)
    batches.order(0)
    np.testing.assert_array_equal(batches.order(40), Batches(_numbered(10), 7, seed=1).order(40))


def test_the_data_set_is_never_written() -> None:
    dataset = _numbered(7)
    x, y = dataset.x.copy(), dataset.y.copy()
    batches = Batches(dataset, 3, seed=0)
    for number in range(batches.per_epoch):
        for array in batches.take(batches.order(0), number):
            assert not np.shares_memory(array, dataset.x)
            assert not np.shares_memory(array, dataset.y)
            array[...] = 0
    np.testing.assert_array_equal(dataset.x, x)
    np.testing.assert_array_equal(dataset.y, y)


@pytest.mark.parametrize("batch_size", [None, 7, 100])
def test_all_rows_at_once_are_handed_out_as_they_lie(batch_size: int | None) -> None:
    dataset = _numbered(7)
    batches = Batches(dataset, batch_size, seed=0)
    assert batches.per_epoch == 1
    assert batches.batch_size == 7
    x, y = batches.take(batches.order(0), 0)
    assert x is dataset.x
    assert y is dataset.y
    assert batches.take(batches.order(0), 0).rows == slice(None)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_has_at_least_one_row(batch_size: int) -> None:
    with pytest.raises(InputError, match=f"batch_size: got {batch_size}; expected an integer of 1 or more"):
        Batches(_numbered(3), batch_size, seed=0)
