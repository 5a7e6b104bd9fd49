"""Named arrays that lie in one vector: their places in it, and the way out and in by name, strictly."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import numpy as np

from framework.arguments import check_finite, check_minimum, real_numbers
from framework.errors import InputError, quoted
from framework.types import Array, Shape


class Held(Protocol):
    """One named array a layer keeps: a Parameter or a Buffer."""

    shape: Shape
    minimum: float
    """No number may be below it."""

    @property
    def size(self) -> int: ...

    @property
    def value(self) -> Array: ...


def views(arrays: Iterable[Held], vector: Array) -> Iterator[Array]:
    """Each array's part of `vector`, in its shape, one after the other."""
    start = 0
    for array in arrays:
        end = start + array.size
        yield vector[start:end].reshape(array.shape)
        start = end


def copies(arrays: Mapping[str, Held]) -> dict[str, Array]:
    """A copy of every array, by its path."""
    return {path: array.value.copy() for path, array in arrays.items()}


def fill(arrays: Mapping[str, Held], weights: Mapping[str, Array]) -> None:
    """Copy `weights` in, by path. Raises InputError, and changes nothing, unless names and shapes fit exactly and every
    number is finite and not below its array's minimum.
    """
    for path in sorted(arrays.keys() ^ weights.keys()):
        state = "is missing" if path in arrays else "belongs to no layer"
        raise InputError(f"weights: {quoted(path)} {state}; expected exactly {', '.join(arrays)}")
    checked = {}
    for path, array in arrays.items():
        numbers = real_numbers(f"weights: {quoted(path)}", weights[path])
        if numbers.shape != array.shape:
            raise InputError(f"weights: {quoted(path)}: got shape {numbers.shape}; expected {array.shape}")
        with np.errstate(over="ignore"):  # a number too large for the dtype becomes infinite and is named below
            checked[path] = numbers.astype(array.value.dtype)  # a copy: it may be a view of what is written below
        check_finite(f"weights: {quoted(path)}", checked[path])
        check_minimum(f"weights: {quoted(path)}", checked[path], array.minimum)
    for path, array in arrays.items():
        array.value[...] = checked[path]
