"""The numbers that are learnt: Parameter is one named array, ParameterVector is all of a model's in one piece.

The model owns two flat vectors, one of values and one of gradients, and every parameter is a view into both. So an
optimizer step, a best-so-far snapshot, a checkpoint or a gradient check of a whole model is a handful of NumPy calls.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import final

import numpy as np
from numpy.typing import DTypeLike

from framework.arguments import check_instance
from framework.errors import InputError
from framework.initializers import BIAS_HINT, Initializer
from framework.randomness import stream
from framework.types import Array, Shape
from framework.weights import copies, fill, views


@final
class Parameter:
    """One named array a layer learns, with its gradient.

    Outside a model it owns its arrays, drawn by `initializer` at the first look; inside one it is a view of the
    model's vectors. `value` and `grad` cannot be assigned, because a new array would silently leave the vector:
    write into them, `parameter.value[...] = numbers`.
    """

    minimum = -math.inf  # whatever a gradient leads to is a weight

    def __init__(self, name: str, shape: Shape, initializer: Initializer) -> None:
        check_instance(f"{name}_initializer", initializer, Initializer)
        if initializer.counts_inputs and len(shape) < 2:
            raise InputError(
                f"{name}_initializer: got {initializer}; expected one that does not count inputs, for shape {shape}",
                hint=BIAS_HINT,
            )
        self.name = name
        self.path = name
        self.shape = shape
        self.initializer = initializer
        self.bound = False
        """Whether it is a view of a model's vectors."""
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

    def bind(self, path: str, value: Array, grad: Array) -> None:
        """Become a part of a model, under `path`: a view of `value` and `grad`, which hold what they should."""
        self.path, self.bound = path, True
        self._value, self._grad = value, grad

    def __getstate__(self) -> dict[str, object]:
        """What a copy or a pickle takes along: the values as an array of its own, no gradient, no place in a model."""
        return {**self.__dict__, "path": self.name, "bound": False, "_value": self.value.copy(), "_grad": None}

    def __repr__(self) -> str:
        return f"Parameter({self.path!r}, {self.shape})"


@final
class ParameterVector:
    """All parameters of a model as two contiguous vectors, `values` and `grads`.

    Arrays of two or more dimensions come first, then the vectors, each group in layer order: the first `decayed`
    elements are the ones weight decay may touch, and a bias is never among them.
    """

    def __init__(self, parameters: Mapping[str, Parameter], dtype: DTypeLike, *, seed: int | None = None) -> None:
        """Move `parameters`, given by path, into the vectors: redrawn from `seed`, or as they are if it is None."""
        matrices = {path: parameter for path, parameter in parameters.items() if len(parameter.shape) >= 2}
        vectors = {path: parameter for path, parameter in parameters.items() if len(parameter.shape) < 2}
        self._parameters = {**matrices, **vectors}
        self.decayed = sum(parameter.size for parameter in matrices.values())
        total = sum(parameter.size for parameter in parameters.values())
        self.identity = object()
        """What tells this vector from every other, for those who must not keep the arrays."""
        self._values: Array = np.empty(total, dtype)
        self._grads: Array = np.zeros(total, dtype)
        for (path, parameter), value in zip(self._parameters.items(), views(self, self._values), strict=True):
            if seed is None:
                value[...] = parameter.value
            else:
                value[...] = parameter.initializer.draw(stream(seed, f"init/{path}"), parameter.shape)
        self._bind()  # last, so that a draw that fails leaves every parameter as it was

    @property
    def values(self) -> Array:
        """All values. There is no setter: write into it, `parameters.values[...] = numbers`."""
        return self._values

    @property
    def grads(self) -> Array:
        """All gradients, in the same places."""
        return self._grads

    def move(self, values: Array, grads: Array) -> None:
        """Lie in these two vectors from now on, which may be memory shared with other processes."""
        values[...], grads[...] = self._values, self._grads
        self._values, self._grads = values, grads
        self._bind()

    def share_values(self, other: ParameterVector) -> None:
        """See the values of `other`, a vector of the same layout, from now on; the gradients stay one's own."""
        self._values = other.values
        self._bind()

    def get(self) -> dict[str, Array]:
        """A copy of every array, by its path."""
        return copies(self._parameters)

    def set(self, weights: Mapping[str, Array]) -> None:
        """Copy `weights` in, by path. Raises InputError, and changes nothing, unless names and shapes fit exactly."""
        fill(self._parameters, weights)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters.values())

    def __len__(self) -> int:
        return len(self._parameters)

    def __reduce__(self) -> tuple[object, ...]:
        raise InputError("a ParameterVector cannot be copied or pickled apart from its layers; copy the model")

    def __repr__(self) -> str:
        return f"ParameterVector({self.values.size:,} numbers in {len(self)} arrays, {self.values.dtype})"

    def _bind(self) -> None:
        places = zip(self._parameters.items(), views(self, self._values), views(self, self._grads), strict=True)
        for (path, parameter), value, grad in places:
            parameter.bind(path, value, grad)
