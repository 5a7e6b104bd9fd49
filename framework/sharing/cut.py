"""Which models can be shared out, and the cut: what of each array is whose."""

import copy
from typing import NamedTuple, final

import numpy as np

from framework.initializers import Constant
from framework.layers import Dense, Flatten, Rescale, Reshape
from framework.layers.base import Activation, Layer
from framework.optimizers import Optimizer
from framework.parameters import ParameterVector
from framework.sequential import Sequential
from framework.sharing.sums import Sums, shared
from framework.types import Array
from framework.weights import views

LEAST_UNITS = 16
"""Hidden units a rank has at the least; fewer are not worth a process."""


class Anatomy(NamedTuple):
    """A model with one hidden layer, by its parts."""

    before: tuple[Layer, ...]
    hidden: Dense
    activation: Activation
    scores: Dense


def anatomy(model: Sequential) -> Anatomy | None:
    """The parts of `model`, if it is Dense, an activation, Dense, after layers that only scale or reshape."""
    before, last = model.layers[:-3], model.layers[-3:]
    match last:
        case (Dense() as hidden, Activation() as activation, Dense() as scores):
            if all(isinstance(layer, Rescale | Flatten | Reshape) for layer in before):
                return Anatomy(before, hidden, activation, scores)
    return None


@final
class Share:
    """What one rank has: a narrower model, whose scores are a part of the sum, and an optimizer for it.

    Their numbers lie in memory that the ranks have in common, so that one of them can collect all.
    """

    def __init__(self, model: Sequential, optimizer: Optimizer, sums: Sums, rank: int) -> None:
        """Of a model that has an anatomy, and an optimizer that has begun with it."""
        parts = anatomy(model)
        if parts is None:
            raise ValueError(f"{model!r} cannot be shared out")
        before, hidden, activation, scores = parts
        mine = slice(hidden.out_features * rank // sums.ranks, hidden.out_features * (rank + 1) // sums.ranks)
        units = mine.stop - mine.start
        zero = Constant(0.0)  # until the weights are copied
        narrow = Dense(hidden.in_features, units, use_bias=hidden.use_bias, weight_initializer=zero)
        # b2 is added once
        last = Dense(units, scores.out_features, use_bias=scores.use_bias and rank == 0, weight_initializer=zero)
        self.model = Sequential(
            [*map(copy.deepcopy, before), narrow, copy.deepcopy(activation), last],
            input_shape=model.input_shape,
            dtype=model.dtype,
        )
        vectors = self.model.parameters
        vectors.move(shared(vectors.values.size, model.dtype), shared(vectors.values.size, model.dtype))
        self.optimizer = copy.deepcopy(optimizer)
        self.optimizer.begin(vectors, zeros=lambda like: shared(like.size, like.dtype))
        cuts = {narrow.weight.path: (slice(None), mine), last.weight.path: (mine,)}
        if narrow.bias is not None:
            cuts[narrow.bias.path] = (mine,)
        wholes = _by_path(model.parameters, optimizer)
        pairs = [
            [(part, whole[cuts.get(path, ())]) for part, whole in zip(parts, wholes[path], strict=True)]
            for path, parts in _by_path(vectors, self.optimizer).items()
        ]
        self._weights = [values for values, *_ in pairs]
        self._rest = [pair for _, *rest in pairs for pair in rest]
        for own, whole in (*self._weights, *self._rest):
            own[...] = whole

    def has_weights(self) -> bool:
        """Whether its weights are those of the whole model."""
        return all(np.array_equal(own, whole) for own, whole in self._weights)

    def give_weights(self) -> None:
        """Copy the weights back."""
        for own, whole in self._weights:
            whole[...] = own

    def give_rest(self) -> None:
        """Copy the gradients and the optimizer's slots back."""
        for own, whole in self._rest:
            whole[...] = own


def _by_path(parameters: ParameterVector, optimizer: Optimizer) -> dict[str, tuple[Array, ...]]:
    """For each parameter its value, its gradient and its part of every slot."""
    vectors = (parameters.values, parameters.grads, *optimizer.slots.values())
    places = zip(*(views(parameters, vector) for vector in vectors), strict=True)
    return {parameter.path: arrays for parameter, arrays in zip(parameters, places, strict=True)}
