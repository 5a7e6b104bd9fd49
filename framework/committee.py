"""Several opinions instead of one: networks that err in different places are right more often together.

An opinion is what one network makes of one view of a sample. A Committee asks several networks, Augmented shows one
network the sample in several versions, and each can be made of the other: what comes out is always the mean of the
probabilities, in the form every model has, as scores whose softmax they are. So whatever asks a model can ask these.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike

from framework.arguments import check_instance, finite_samples
from framework.data.augmentation import Augmentation
from framework.errors import InputError, as_given
from framework.losses import softmax
from framework.randomness import checked_seed, stream
from framework.sequential import Sequential
from framework.types import Array, Integers, Numbers, Shape

Member: TypeAlias = "Sequential | Ensemble"

BLOCK_ROWS = 1024
"""Rows handled at once, so that memory stays small, and whose versions are drawn together: another number of them would
be another draw."""


class Ensemble(ABC):
    """p = (p₁ + … + pₖ) / k, the mean of the probabilities of k opinions; what Committee and Augmented have in common.

    Scores are log p, float64, without underflow; an opinion that is the only one is passed on as it is, to the bit.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self.input_shape: Shape = members[0].input_shape
        self.output_shape: Shape = members[0].output_shape
        self.dtype: np.dtype[np.floating] = min((each.dtype for each in members), key=lambda dtype: dtype.itemsize)
        """What x is rounded to where it is not whole numbers: the narrowest of the members' own."""

    @abstractmethod
    def opinions(self, x: Numbers, block: int) -> Iterator[Array]:
        """The scores (n, classes) of each opinion on x, the rows of block number `block`."""

    def forward(self, x: ArrayLike) -> Array:
        """The scores for x (n, *input_shape): log p (n, classes). Raises InputError for x that is not finite."""
        rows = finite_samples(x, self.input_shape, self.dtype)
        starts = range(0, max(1, len(rows)), BLOCK_ROWS)
        parts = (rows[start : start + BLOCK_ROWS] for start in starts)
        return np.concatenate([_scores(self, part, block) for block, part in enumerate(parts)])

    __call__ = forward

    def predict(self, x: ArrayLike) -> Integers:
        """The label of each row of x: the class of the highest mean probability."""
        labels: Integers = self.forward(x).argmax(axis=1)
        return labels

    def predict_proba(self, x: ArrayLike) -> Array:
        """p, the mean probability of each class for each row: (n, classes)."""
        return softmax(self.forward(x))


@final
class Committee(Ensemble):
    """The mean over several models, each of which counts the same.

    Raises InputError unless they are one or more, take samples of the same shape, and tell the same number of classes
    apart. Hansen and Salamon 1990, IEEE PAMI 12(10).
    """

    def __init__(self, models: Iterable[Member]) -> None:
        if not isinstance(models, Iterable):
            raise InputError(
                f"models: got {type(models).__name__}; expected a list of models", hint="Committee([model, ...])"
            )
        self.models = tuple(models)
        if not self.models:
            raise InputError("models: got none; expected one or more")
        first = self.models[0]
        for number, model in enumerate(self.models):
            place = f"models[{number}]"
            _check_member(place, model)
            for what in ("input_shape", "output_shape"):
                got, expected = getattr(model, what), getattr(first, what)
                if got != expected:
                    raise InputError(f"{place}: got {what} {got}; expected {expected}, as models[0] has")
        super().__init__(self.models)

    def opinions(self, x: Numbers, block: int) -> Iterator[Array]:
        return (_scores(model, x, block) for model in self.models)

    def __len__(self) -> int:
        return len(self.models)

    def __repr__(self) -> str:
        return f"Committee([{', '.join(map(repr, self.models))}])"


@final
class Augmented(Ensemble):
    """The mean over each sample as it is and `versions` of it by `augmentation`: augmentation at test time.

    The same seed gives the same versions. They are a function of it and of where a row stands: the rows are numbered
    from 0 at every call, and 1024 are drawn together. The first versions of many are those of fewer, and 0 of them are
    the model itself, to the bit. With several models, Augmented(Committee(models), ...) draws once for all.

    Raises InputError for a model that tells no classes apart, and for an augmentation, a number or a seed that is none;
    when it is asked, for samples the augmentation cannot take. Simard, Steinkraus and Platt 2003, ICDAR, distort for
    training; Krizhevsky et al. 2012, NeurIPS, section 4.1, average over ten views in testing.
    """

    def __init__(self, model: Member, augmentation: Augmentation, *, versions: int = 8, seed: int = 0) -> None:
        _check_member("model", model)
        check_instance("augmentation", augmentation, Augmentation)
        if isinstance(versions, bool) or not isinstance(versions, int | np.integer) or versions < 0:
            raise InputError(f"versions: got {as_given(versions)}; expected an integer of 0 or more")
        super().__init__([model])
        self.model = model
        self.augmentation = augmentation
        self.versions = int(versions)
        self.seed = checked_seed(seed)

    def opinions(self, x: Numbers, block: int) -> Iterator[Array]:
        yield _scores(self.model, x, block)
        for version in range(self.versions):
            rng = stream(self.seed, f"prediction/{version}", block)
            yield _scores(self.model, self.augmentation(x, rng), block)

    def __repr__(self) -> str:
        return f"Augmented({self.model!r}, {self.augmentation!r}, versions={self.versions}, seed={self.seed})"


def _scores(member: Member, x: Numbers, block: int) -> Array:
    return member.forward(x) if isinstance(member, Sequential) else _log_mean(member.opinions(x, block))


def _log_mean(opinions: Iterator[Array]) -> Array:
    """log of the mean of softmax(z) over the scores z of every opinion; a single one stays as it is."""
    only, count = next(opinions), 1
    total: Array | None = None
    for scores in opinions:
        total = _log_softmax(only) if total is None else total
        np.logaddexp(total, _log_softmax(scores), out=total)
        count += 1
    return only if total is None else total - math.log(count)


def _log_softmax(scores: Array) -> Array:
    z = scores.astype(np.float64)
    z -= z.max(axis=1, keepdims=True)
    z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
    return z


def _check_member(place: str, model: Member) -> None:
    if not isinstance(model, Ensemble):
        check_instance(place, model, Sequential)
    if len(model.output_shape) != 1 or model.output_shape[0] < 2:
        raise InputError(
            f"{place}: this model gives samples of shape {model.output_shape}; expected two or more class scores"
        )
