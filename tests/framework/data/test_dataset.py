"""Dataset: what it takes, and what it refuses by row and column."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from framework import Dataset, InputError


def test_keeps_the_dtypes_and_the_memory_it_is_given() -> None:
    x, y = np.arange(6, dtype=np.uint8).reshape(3, 2), np.array([0, 1, 2], np.int16)
    dataset = Dataset(x, y)
    assert dataset.x.dtype == np.uint8
    assert dataset.y.dtype == np.int16
    assert np.shares_memory(dataset.x, x)
    assert len(dataset) == 3


def test_lists_and_strided_arrays_become_contiguous_rows() -> None:
    wide = np.arange(12.0).reshape(3, 4)
    dataset = Dataset(wide[::-1, ::2], [3, 1, 2])
    np.testing.assert_array_equal(dataset.x, [[8, 10], [4, 6], [0, 2]])
    assert dataset.x.flags.c_contiguous


def test_of_takes_a_pair_or_a_dataset_as_it_is() -> None:
    dataset = Dataset([[1.0]], [0])
    assert Dataset.of(dataset) is dataset
    assert len(Dataset.of(([[1.0], [2.0]], [0, 1]))) == 2


@pytest.mark.parametrize("data", [None, [[1.0], [0]], ([[1.0]],), np.zeros((2, 2)), ([[1.0]], [0], [1])])
def test_of_refuses_what_is_no_pair(data: object) -> None:
    with pytest.raises(InputError, match=r"data: got \w+; expected a Dataset or a pair \(x, y\)"):
        Dataset.of(data)  # type: ignore[arg-type]


def test_labels_are_integers_in_one_dimension() -> None:
    x = np.zeros((2, 1))
    labels = Dataset(x, np.array([1, 0], np.uint8)).labels
    assert labels is not None
    assert labels.tolist() == [1, 0]
    assert Dataset(x, [0.0, 1.0]).labels is None
    assert Dataset(x, [[0], [1]]).labels is None
    assert Dataset(x, [True, False]).labels is None


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_one_hot_rows_are_labels(dtype: type[np.number]) -> None:
    labels = Dataset(np.zeros((4, 1)), np.eye(3, dtype=dtype)[[2, 0, 0, 1]]).labels
    assert labels is not None
    assert labels.tolist() == [2, 0, 0, 1]


NO_ONE_HOT = {
    "two classes at once": [[0, 1, 0], [1, 1, 0]],
    "none": [[0, 1, 0], [0, 0, 0]],
    "another number": [[0, 1, 0], [0, 2, 0]],
    "below 0": [[0, 1, 0], [0, -1, 0]],
    "probabilities": [[0.0, 1.0, 0.0], [0.5, 0.5, 0.0]],
    "a single column": [[1], [1]],
    "no column": [[], []],
}


@pytest.mark.parametrize("y", NO_ONE_HOT.values(), ids=NO_ONE_HOT)
def test_other_rows_are_not(y: list[list[float]]) -> None:
    assert Dataset(np.zeros((2, 1)), y).labels is None


def test_rows_are_copies() -> None:
    dataset = Dataset(np.arange(6.0).reshape(3, 2), [0, 1, 2])
    part = dataset.rows(np.array([2, 0]))
    np.testing.assert_array_equal(part.x, [[4, 5], [0, 1]])
    np.testing.assert_array_equal(part.y, [2, 0])
    part.x[...] = 0
    assert dataset.x[2, 1] == 5


def _with(value: float, *place: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    array = np.zeros((4, 3) if len(place) == 2 else (4, 2, 3) if len(place) == 3 else (4,))
    array[place] = value
    return array


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (_with(np.nan, 2, 1), [0] * 4, "x: row 2, column 1: got nan; expected finite numbers"),
        (_with(np.inf, 3, 0), [0] * 4, "x: row 3, column 0: got inf"),
        (_with(-np.inf, 1, 1, 2), [0] * 4, "x: row 1, column 1, 2: got -inf"),
        (np.array([[0, 0], [np.nan, np.inf], [np.nan, 0]]), [0] * 3, "x: row 1, column 0: got nan"),
        (np.zeros((4, 3)), _with(np.nan, 3), "y: row 3: got nan"),
        (np.zeros((4, 3)), [0, 1], "got 4 rows of x and 2 of y"),
        (np.zeros((0, 3)), [], "x: got shape (0, 3); expected one or more rows"),
        (np.zeros((1, 3)), [], "y: got shape (0,); expected one or more rows"),
        (5.0, [0], "x: got shape (); expected one or more rows"),
        (np.zeros((1, 3)), 0, "y: got shape (); expected one or more rows"),
        (np.array([[1, None]], dtype=object), [0], "x: got an array of object; expected real numbers"),
        ([["1", "2"]], [0], "x: got an array of <U1; expected real numbers"),
        ([[1j]], [0], "x: got an array of complex128; expected real numbers"),
        ([[1.0]], np.array(["2026-01-01"], "M8[D]"), "y: got an array of datetime64[D]; expected real numbers"),
    ],
)
def test_names_what_it_refuses(x: ArrayLike, y: ArrayLike, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Dataset(x, y)
    assert message in str(caught.value)


def test_ragged_rows_are_an_input_error() -> None:
    with pytest.raises(InputError):
        Dataset([[1, 2], [3]], [0, 1])
