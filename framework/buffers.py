"""The numbers a layer keeps and no gradient moves, such as running statistics: Buffer, and BufferVector for a model's.

They are weights in all that a copy, a file or the best epoch is about, and no optimizer ever sees them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import final

import numpy as np
from numpy.typing import DTypeLike

from framework.errors import InputError
from framework.types import Array, Shape
from framework.weights import views


@final
class Buffer:
    """One named array a layer keeps without learning it, `start` everywhere until somebody writes into it.

    As with a Parameter, `value` cannot be assigned, only written into, and is a view of the model's vector inside one.
    Weights from outside, as from a file, are refused where they are below `minimum`: a variance, say, is 0 or more.
    """

    def __init__(self, name: str, shape: Shape, start: float, *, minimum: float = -math.inf) -> None:
        if start < minimum:
            raise InputError(f"{name}: start: got {start}; expected {minimum:g} or more, its minimum")
        self.name = name
        self.path = name
        self.shape = shape
        self.start = start
        self.minimum = minimum
        self.bound = False
        """Whether it is a view of a model's vector."""
        self._value: Array | None = None

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def value(self) -> Array:
        if self._value is None:
            self._value = np.full(self.shape, self.start, np.float32)
        return self._value

    def bind(self, path: str, value: Array) -> None:
        """Become a part of a model, under `path`: a view of `value`, which holds what it should."""
        self.path, self.bound, self._value = path, True, value

    def __getstate__(self) -> dict[str, object]:
        """What a copy or a pickle takes along: the values as an array of its own, no place in a model."""
        return {**self.__dict__, "path": self.name, "bound": False, "_value": self.value.copy()}

    def __repr__(self) -> str:
        return f"Buffer({self.path!r}, {self.shape})"


@final
class BufferVector:
    """All buffers of a model as one contiguous vector, `values`, in layer order."""

    def __init__(self, buffers: Mapping[str, Buffer], dtype: DTypeLike, *, restart: bool) -> None:
        """Move `buffers`, given by path, into the vector: as they are, or with `restart` as they were at first."""
        self._buffers = dict(buffers)
        self._values: Array = np.empty(sum(buffer.size for buffer in self), dtype)
        for buffer, value in zip(self, views(self, self._values), strict=True):
            value[...] = buffer.start if restart else buffer.value
        self._bind()

    @property
    def values(self) -> Array:
        """All values. There is no setter: write into it, `buffers.values[...] = numbers`."""
        return self._values

    def share_values(self, other: BufferVector) -> None:
        """See the values of `other`, a vector of the same layout, from now on."""
        self._values = other.values
        self._bind()

    def __iter__(self) -> Iterator[Buffer]:
        return iter(self._buffers.values())

    def __len__(self) -> int:
        return len(self._buffers)

    def __reduce__(self) -> tuple[object, ...]:
        raise InputError("a BufferVector cannot be copied or pickled apart from its layers; copy the model")

    def __repr__(self) -> str:
        return f"BufferVector({self.values.size:,} numbers in {len(self)} arrays, {self.values.dtype})"

    def _bind(self) -> None:
        for (path, buffer), value in zip(self._buffers.items(), views(self, self._values), strict=True):
            buffer.bind(path, value)
