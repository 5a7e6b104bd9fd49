"""The numbers that are learnt: Parameter is one named array, ParameterVector is all of a model's in one piece.

The model owns two flat vectors, one of values and one of gradients, and every parameter is a view into both. So an
optimizer step, a best-so-far snapshot, a checkpoint or a gradient check of a whole model is a handful of NumPy calls.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import final

import numpy as np
from numpy.typing import DTypeLike

from framework.errors import InputError, quoted
from framework.initializers import Initializer
from framework.randomness import stream
from framework.types import Array, Shape


@final
class Parameter:
    """One named array a layer learns, with its gradient.

    Outside a model it owns its arrays, drawn by `initializer` at the first look; inside one it is a view of the
    model's vectors. `value` and `grad` cannot be assigned, because a new array would silently leave the vector:
    write into them, `parameter.value[...] = numbers`.
    """

    def __init__(self, name: str, shape: Shape, initializer: Initializer) -> None:
        self.name = name
        self.path = name
        self.shape = shape
        self.initializer = initializer
        self._value: Array | None = None
        self._grad: Array | None = None

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def value(self) -> Array:
        if self._value is None:
            self._value = self.initializer.draw(np.random.default_rng(), self.shape).astype(np.float32)
        return self._value

    @property
    def grad(self) -> Array:
        if self._grad is None:
            self._grad = np.zeros_like(self.value)
        return self._grad

    def bind(self, value: Array, grad: Array) -> None:
        """Become a view: of `value` and `grad`, which already hold what they should."""
        self._value, self._grad = value, grad

    def __getstate__(self) -> dict[str, object]:
        """What a copy or a pickle takes along: the values as an array of its own, never a view, and no gradient."""
        return {**self.__dict__, "_value": None if self._value is None else self._value.copy(), "_grad": None}

    def __repr__(self) -> str:
        return f"Parameter({self.path!r}, {self.shape})"


@final
class ParameterVector:
    """All parameters of a model as two contiguous vectors, `values` and `grads`.

    Arrays of two or more dimensions come first, then the vectors, each group in layer order: the first `decayed`
    elements are the ones weight decay may touch, and a bias is never among them.
    """

    def __init__(self, parameters: Sequence[Parameter], dtype: DTypeLike, *, seed: int | None = None) -> None:
        """Move `parameters` into the vectors: redrawn from `seed`, or with the values they have if it is None."""
        matrices = [parameter for parameter in parameters if len(parameter.shape) >= 2]
        vectors = [parameter for parameter in parameters if len(parameter.shape) < 2]
        self._parameters = (*matrices, *vectors)
        self.decayed = sum(parameter.size for parameter in matrices)
        total = sum(parameter.size for parameter in self._parameters)
        self.values: Array = np.empty(total, dtype)
        self.grads: Array = np.zeros(total, dtype)
        for parameter, value, grad in self._views():
            if seed is None:
                value[...] = parameter.value
            else:
                value[...] = parameter.initializer.draw(stream(seed, f"init/{parameter.path}"), parameter.shape)
            parameter.bind(value, grad)

    def share_values(self, other: "ParameterVector") -> None:
        """See the values of `other`, a vector of the same layout, from now on; the gradients stay one's own."""
        self.values = other.values
        for parameter, value, grad in self._views():
            parameter.bind(value, grad)

    def get(self) -> dict[str, Array]:
        """A copy of every array, by its path."""
        return {parameter.path: parameter.value.copy() for parameter in self}

    def set(self, weights: Mapping[str, Array]) -> None:
        """Copy `weights` in, by path. Raises InputError, and changes nothing, unless names and shapes fit exactly."""
        known = {parameter.path: parameter for parameter in self}
        for path in known.keys() ^ weights.keys():
            state = "is missing" if path in known else "belongs to no layer"
            raise InputError(f"weights: {quoted(path)} {state}; expected exactly {', '.join(known)}")
        arrays = {path: np.asarray(weights[path]) for path in known}
        for path, array in arrays.items():
            if array.shape != known[path].shape or array.dtype.kind not in "fiub":
                raise InputError(
                    f"weights: {quoted(path)}: got {array.dtype} of shape {array.shape}; "
                    f"expected real numbers of shape {known[path].shape}"
                )
        for path, array in arrays.items():
            known[path].value[...] = array

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)

    def __repr__(self) -> str:
        return f"ParameterVector({self.values.size:,} numbers in {len(self)} arrays, {self.values.dtype})"

    def _views(self) -> Iterator[tuple[Parameter, Array, Array]]:
        start = 0
        for parameter in self._parameters:
            end = start + parameter.size
            shape = parameter.shape
            yield parameter, self.values[start:end].reshape(shape), self.grads[start:end].reshape(shape)
            start = end
