"""Memory a layer uses again at every training step. Without it the program would be as right, only slower."""

from typing import final

import numpy as np
from numpy.typing import DTypeLike

from framework.types import Array, Shape


@final
class Scratch:
    """Named arrays, each grown to the largest batch seen, and references noted by forward for backward."""

    def __init__(self) -> None:
        self._arrays: dict[str, Array] = {}
        self.kept: dict[str, Array] = {}

    def __call__(self, name: str, shape: Shape, dtype: DTypeLike) -> Array:
        """An array of `shape` and `dtype` with anything in it: the same memory at every call under one name."""
        array = self._arrays.get(name)
        if array is not None and array.shape == shape and array.dtype == dtype:
            return array
        if array is None or array.dtype != dtype or array.shape[1:] != shape[1:] or len(array) < shape[0]:
            array = self._arrays[name] = np.empty(shape, dtype)
        return array[: shape[0]]
