"""Sums as products: those of np.sum, and exact where whole numbers are."""

import numpy as np
import pytest

from framework.sums import ones, sum_along_rows, sum_over_rows


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (128, 10), (4097, 5), (0, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_they_are_the_sums_of_whole_numbers_to_the_bit(shape: tuple[int, int], dtype: type[np.floating]) -> None:
    a = np.random.default_rng(0).integers(-50, 50, shape).astype(dtype)
    for matrix in (a, np.asfortranarray(a), a[::-1]):
        over, along = sum_over_rows(matrix), sum_along_rows(matrix)
        assert over.dtype == along.dtype == dtype
        assert over.tolist() == matrix.sum(axis=0).tolist()
        assert along.tolist() == matrix.sum(axis=1).tolist()


def test_of_many_rows_they_round_less_than_a_plain_sum() -> None:
    a = np.random.default_rng(1).random((60_000, 8), dtype=np.float32)
    exact = a.sum(axis=0, dtype=np.float64)
    assert np.abs(sum_over_rows(a) - exact).max() < np.abs(a.sum(axis=0) - exact).max()


def test_what_is_not_finite_stays_in_its_row_and_its_column() -> None:
    a = np.ones((4, 3), np.float32)
    a[1, 2] = np.nan
    assert np.isnan(sum_along_rows(a)).tolist() == [False, True, False, False]
    assert np.isnan(sum_over_rows(a)).tolist() == [False, False, True]


def test_the_ones_are_nobodys_to_change() -> None:
    array = ones(5, np.dtype(np.float32))
    assert array.tolist() == [1.0] * 5
    assert ones(5, np.dtype(np.float32)) is array
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 2
