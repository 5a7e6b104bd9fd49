"""Dataset: samples and their targets in memory, checked once so that nothing has to be checked again in training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from framework.arguments import check_finite, real_numbers
from framework.errors import InputError
from framework.types import Array, Integers, Numbers


@final
class Dataset:
    """x (n, ...) and y (n,) labels or (n, k) numbers, in the dtypes they came in.

    `sample_weight` (n,) says how much each row counts in the loss, 1 unless given. Raises InputError, naming the first
    offending row, for other than finite real numbers, weights of 0 or less, differing lengths, or no rows.
    """

    def __init__(self, x: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        self.x = _checked("x", x)
        self.y = _checked("y", y)
        if len(self.x) != len(self.y):
            raise InputError(
                f"got {len(self.x)} rows of x and {len(self.y)} of y; expected as many of one as of the other"
            )
        self.sample_weight = None if sample_weight is None else _checked_weight(sample_weight, len(self.x))

    @staticmethod
    def of(
        data: Dataset | tuple[ArrayLike, ArrayLike] | ArrayLike,
        labels: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Dataset:
        """`data` itself, or the Dataset of a pair (x, y), or that of x with its labels given apart; with weights."""
        if sample_weight is not None:
            if isinstance(data, Dataset):
                raise InputError(
                    "sample_weight: got it beside a Dataset; expected it inside", hint="Dataset(x, y, sample_weight)"
                )
            x, y = Dataset.of(data, labels)
            return Dataset(x, y, sample_weight)
        if labels is not None:
            if isinstance(data, Dataset | tuple):
                raise InputError("labels: got labels beside data that has its own; expected one or the other")
            return Dataset(data, labels)
        if isinstance(data, Dataset):
            return data
        if not isinstance(data, tuple) or len(data) != 2:
            raise InputError(
                f"data: got {type(data).__name__}; expected a Dataset or a pair (x, y)", hint="labels go beside x: x, y"
            )
        return Dataset(*data)

    @property
    def labels(self) -> Integers | None:
        """The class of each row, where y holds integer labels or one-hot rows; else None."""
        if self.y.ndim == 1 and np.issubdtype(self.y.dtype, np.integer):
            return self.y.view(self.y.dtype)  # itself; the view only tells the type checker
        if self.y.ndim == 2 and _one_hot(self.y[:1]) and _one_hot(self.y):
            labels: Integers = self.y.argmax(axis=1)
            return labels
        return None

    def rows(self, indices: Integers) -> Dataset:
        """The samples at `indices`, copied."""
        weight = self.sample_weight
        return Dataset(self.x[indices], self.y[indices], None if weight is None else weight[indices])

    def __len__(self) -> int:
        return len(self.x)

    def __iter__(self) -> Iterator[Numbers]:
        """x, then y: `x, y = dataset`."""
        return iter((self.x, self.y))

    def __repr__(self) -> str:
        weighted = "" if self.sample_weight is None else ", weighted"
        return f"Dataset(x {self.x.dtype} {self.x.shape}, y {self.y.dtype} {self.y.shape}{weighted})"


def _one_hot(rows: Numbers) -> bool:
    """Whether there is a choice of columns, and every row is 0 but for a 1."""
    return rows.shape[1] > 1 and np.count_nonzero(rows) == len(rows) and bool((rows.max(axis=1) == 1).all())


def _checked(name: str, values: ArrayLike) -> Numbers:
    array = real_numbers(name, values)
    if array.ndim == 0 or not len(array):
        raise InputError(f"{name}: got shape {array.shape}; expected one or more rows")
    check_finite(name, array)
    return array


def _checked_weight(values: ArrayLike, n: int) -> Array:
    weight = _checked("sample_weight", values)
    if weight.shape != (n,):
        raise InputError(f"sample_weight: got shape {weight.shape}; expected ({n},), a number for each row")
    if weight.min() <= 0:
        row = int(np.argmax(weight <= 0))
        raise InputError(
            f"sample_weight: row {row}: got {weight[row]}; expected a number above 0", hint="leave the row out instead"
        )
    return weight.astype(np.float64)
