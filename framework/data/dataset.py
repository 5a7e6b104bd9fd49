"""Dataset: samples and their targets in memory, checked once so that nothing has to be checked again in training."""

from collections.abc import Iterator
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from framework.arguments import check_finite, real_numbers
from framework.errors import InputError
from framework.types import Integers, Numbers


@final
class Dataset:
    """x (n, ...) and y (n,) labels or (n, k) numbers, in the dtypes they came in.

    Raises InputError, naming the first offending row, for other than finite real numbers, differing lengths, or
    no rows.
    """

    def __init__(self, x: ArrayLike, y: ArrayLike) -> None:
        self.x = _checked("x", x)
        self.y = _checked("y", y)
        if len(self.x) != len(self.y):
            raise InputError(
                f"got {len(self.x)} rows of x and {len(self.y)} of y; expected as many of one as of the other"
            )

    @staticmethod
    def of(data: "Dataset | tuple[ArrayLike, ArrayLike] | ArrayLike", labels: ArrayLike | None = None) -> "Dataset":
        """`data` itself, or the Dataset of a pair (x, y), or that of x with its labels given apart."""
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
        """y where it holds integer class labels, else None."""
        if self.y.ndim == 1 and np.issubdtype(self.y.dtype, np.integer):
            return self.y.view(self.y.dtype)  # itself; the view only tells the type checker
        return None

    def rows(self, indices: Integers) -> "Dataset":
        """The samples at `indices`, copied."""
        return Dataset(self.x[indices], self.y[indices])

    def __len__(self) -> int:
        return len(self.x)

    def __iter__(self) -> Iterator[Numbers]:
        """x, then y: `x, y = dataset`."""
        return iter((self.x, self.y))

    def __repr__(self) -> str:
        return f"Dataset(x {self.x.dtype} {self.x.shape}, y {self.y.dtype} {self.y.shape})"


def _checked(name: str, values: ArrayLike) -> Numbers:
    array = real_numbers(name, values)
    if array.ndim == 0 or not len(array):
        raise InputError(f"{name}: got shape {array.shape}; expected one or more rows")
    check_finite(name, array)
    return array
