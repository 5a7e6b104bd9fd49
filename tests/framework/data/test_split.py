"""split_indices: how many, which ones, and the same ones every time."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework import InputError, split_indices

LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1])
GOLDEN_PLAIN = [1, 9, 11, 14, 15, 17]
GOLDEN_STRATIFIED = [1, 8, 9, 11, 18, 19]
GOLDEN_SEED_1 = [1, 2, 3, 5, 13, 18]


@given(st.integers(2, 200), st.floats(0.01, 0.99), st.integers(0, 2**64 - 1))
@settings(derandomize=True, deadline=None)
def test_splits_every_index_once_and_in_order(n: int, fraction: float, seed: int) -> None:
    held_out = round(fraction * n)
    if not 0 < held_out < n:
        with pytest.raises(InputError):
            split_indices(None, n, fraction, seed=seed)
        return
    train, validation = split_indices(None, n, fraction, seed=seed)
    assert len(validation) == held_out
    assert np.all(np.diff(train) > 0)
    assert np.all(np.diff(validation) > 0)
    assert sorted([*train.tolist(), *validation.tolist()]) == list(range(n))


@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.2, 1 / 3, 0.5, 0.9])
@pytest.mark.parametrize("counts", [[100] * 10, [97, 113, 99, 102, 98, 90, 98, 104, 97, 101], [50, 50], [7, 30, 200]])
def test_every_class_gives_its_share(counts: list[int], fraction: float) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    _, validation = split_indices(labels, len(labels), fraction)
    assert len(validation) == round(fraction * len(labels))
    taken = Counter(labels[validation].tolist())
    for label, count in enumerate(counts):
        assert abs(taken[label] - fraction * count) <= 1


def test_rare_classes_leave_the_common_one_its_share() -> None:
    labels = np.array([0] * 200 + list(range(1, 501)))  # 500 classes of one sample beside one of 200
    _, validation = split_indices(labels, len(labels), 0.4)
    assert abs(np.count_nonzero(labels[validation] == 0) - 0.4 * 200) <= 1


def test_every_row_is_as_likely_to_be_held_out() -> None:
    labels = np.array([0] * 3 + [1] * 5 + [2] * 7 + [3])
    times = np.zeros(16)
    for seed in range(4000):
        times[split_indices(labels, 16, 0.25, seed=seed)[1]] += 1
    assert np.abs(times / 4000 - 0.25).max() < 0.035  # five standard deviations


def test_many_classes_of_equal_size_are_held_out_all_along() -> None:
    labels = np.repeat(np.arange(100), 5)
    taken = labels[split_indices(labels, 500, 0.1)[1]]
    assert len(set(taken.tolist())) == 50
    assert abs(np.count_nonzero(taken < 50) - 25) <= 1


def test_whole_numbers_to_be_predicted_are_held_out_all_along_their_range() -> None:
    numbers = np.random.default_rng(0).permutation(1000)
    _, validation = split_indices(numbers, 1000, 0.1)
    held_out = np.sort(numbers[validation])
    assert len(held_out) == 100
    assert np.all(held_out // 10 == np.arange(100))
    prices = np.random.default_rng(0).integers(20_000, 90_000, 5000)
    assert abs(np.median(prices[split_indices(prices, 5000, 0.1)[1]]) / np.median(prices) - 1) < 0.02


def test_golden_indices() -> None:
    """A change here would move the validation samples of every user: a new NumPy must fail here first."""
    assert split_indices(None, 20, 0.3)[1].tolist() == GOLDEN_PLAIN
    assert split_indices(LABELS, 20, 0.3)[1].tolist() == GOLDEN_STRATIFIED
    assert split_indices(LABELS, 20, 0.3, seed=1)[1].tolist() == GOLDEN_SEED_1


def test_depends_on_its_own_seed_only() -> None:
    first = split_indices(LABELS, 20, 0.3, seed=5)
    np.random.default_rng(0).random()
    again = split_indices(LABELS, 20, 0.3, seed=5)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    chosen = {tuple(split_indices(LABELS, 20, 0.3, seed=seed)[1].tolist()) for seed in range(20)}
    assert len(chosen) == 20


def test_labels_stay_as_they_are() -> None:
    labels = LABELS.copy()
    split_indices(labels, 20, 0.3)
    np.testing.assert_array_equal(labels, LABELS)


@pytest.mark.parametrize(
    ("n", "fraction", "message"),
    [
        (10, 0.0, "got 0.0; expected a number above 0 and below 1"),
        (10, 1.0, "got 1.0; expected a number above 0 and below 1"),
        (10, -0.1, "got -0.1"),
        (10, 2.0, "got 2.0"),
        (10, float("nan"), "got nan"),
        (10, 0.01, "0.01 of 10 rows is 0; expected at least one on each side"),
        (10, 0.99, "0.99 of 10 rows is 10; expected at least one on each side"),
        (1, 0.6, "0.6 of 1 rows is 1"),
        (0, 0.5, "0.5 of 0 rows is 0"),
    ],
)
def test_impossible_fractions_are_refused_with_the_numbers(n: int, fraction: float, message: str) -> None:
    with pytest.raises(InputError) as caught:
        split_indices(None, n, fraction)
    assert str(caught.value).startswith("validation_split: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("seed", [-1, 2**64, True, 1.5])
def test_odd_seeds_are_refused(seed: int) -> None:
    with pytest.raises(InputError, match="seed: got"):
        split_indices(None, 10, 0.5, seed=seed)
