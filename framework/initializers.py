"""Where the numbers start: an Initializer draws the first values of one parameter.

Too small and the signal fades from layer to layer, too large and it explodes; He and Glorot choose the spread from
the number of inputs (`fan_in`) and outputs (`fan_out`) so that it stays level.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from framework.errors import InputError
from framework.threads import blas_threads
from framework.types import Array, Shape

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "LeCunNormal",
    "LeCunUniform",
    "Normal",
    "Orthogonal",
    "Uniform",
]

LARGEST = 1e30
"""No initial number is larger: float32 ends at 3.4e38, and the products of a forward pass need room too."""


BIAS_HINT = "give a bias Constant(), Normal() or Uniform()"


class Initializer(ABC):
    """Draws an array of a given shape; the same generator state gives the same numbers."""

    counts_inputs: ClassVar[bool] = False
    """True where the spread follows from fan_in and fan_out, which a bias does not have."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        """A float64 array of `shape`; the caller rounds it to the model's dtype."""


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight of shape (..., in, out): leading dimensions count for both."""
    if len(shape) < 2:
        raise InputError(f"shape: got {shape}; expected two or more dimensions, (..., in, out)", hint=BIAS_HINT)
    receptive = math.prod(shape[:-2])
    return receptive * shape[-2], receptive * shape[-1]


@final
@dataclass(frozen=True)
class HeNormal(Initializer):
    """Normal(0, √(2 / fan_in)): keeps the variance level through ReLU layers. He et al. 2015, arXiv:1502.01852."""

    counts_inputs = True

    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        return rng.standard_normal(shape) * math.sqrt(2 / max(1, fans(shape)[0]))


@final
@dataclass(frozen=True)
class HeUniform(Initializer):
    """Uniform(−a, a) with a = √(6 / fan_in): the same variance as HeNormal, without tails."""

    counts_inputs = True

    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        limit = math.sqrt(6 / max(1, fans(shape)[0]))
        return rng.uniform(-limit, limit, shape)


@final
@dataclass(frozen=True)
class GlorotNormal(Initializer):
    """Normal(0, √(2 / (fan_in + fan_out))): level both ways, for tanh and sigmoid. Glorot and Bengio 2010."""

    counts_inputs = True

    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        return rng.standard_normal(shape) * math.sqrt(2 / max(1, sum(fans(shape))))


@final
@dataclass(frozen=True)
class GlorotUniform(Initializer):
    """Uniform(−a, a) with a = √(6 / (fan_in + fan_out)): the same variance as GlorotNormal, without tails."""

    counts_inputs = True

    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        limit = math.sqrt(6 / max(1, sum(fans(shape))))
        return rng.uniform(-limit, limit, shape)


@final
@dataclass(frozen=True)
class LeCunNormal(Initializer):
    """Normal(0, √(1 / fan_in)): keeps the variance level where there is no bend, or tanh. LeCun et al. 1998."""

    counts_inputs = True

    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        return rng.standard_normal(shape) * math.sqrt(1 / max(1, fans(shape)[0]))


@final
@dataclass(frozen=True)
class LeCunUniform(Initializer):
    """Uniform(−a, a) with a = √(3 / fan_in): the same variance as LeCunNormal, without tails."""

    counts_inputs = True

    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        limit = math.sqrt(3 / max(1, fans(shape)[0]))
        return rng.uniform(-limit, limit, shape)


@final
@dataclass(frozen=True)
class Orthogonal(Initializer):
    """Any rotation, all alike likely: W as (fan_in, out) has WᵀW = 1, or WWᵀ = 1 where fan_in is less than out.

    It changes no length, so a signal goes through many layers and neither fades nor explodes. Q of the QR
    decomposition of a normal matrix, its columns signed so that R's diagonal is positive, for else Q would prefer some
    rotations. Saxe, McClelland and Ganguli 2014, arXiv:1312.6120; Mezzadri 2007, arXiv:math-ph/0609050.
    """

    counts_inputs = True

    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        rows, columns = fans(shape)[0], shape[-1]
        tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
        with blas_threads(1):  # the number of threads would show in the last bits, and the seed alone gives the weights
            q, r = np.linalg.qr(tall)
        q *= np.copysign(1, np.diagonal(r))
        return (q if rows >= columns else q.T).reshape(shape)


@final
@dataclass(frozen=True)
class Normal(Initializer):
    """Normal(mean, deviation)."""

    mean: float = 0.0
    deviation: float = 0.05

    def __post_init__(self) -> None:
        if not (abs(self.mean) <= LARGEST and 0 <= self.deviation <= LARGEST):
            raise InputError(f"got {self}; expected a mean from {-LARGEST:.0e}, a deviation from 0, to {LARGEST:.0e}")

    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        return rng.normal(self.mean, self.deviation, shape)


@final
@dataclass(frozen=True)
class Uniform(Initializer):
    """Uniform on [low, high)."""

    low: float = -0.05
    high: float = 0.05

    def __post_init__(self) -> None:
        if not -LARGEST <= self.low <= self.high <= LARGEST:
            raise InputError(f"got {self}; expected low <= high, both from {-LARGEST:.0e} to {LARGEST:.0e}")

    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        return rng.uniform(self.low, self.high, shape)


@final
@dataclass(frozen=True)
class Constant(Initializer):
    """The same number everywhere; 0 is the usual start of a bias."""

    value: float = 0.0

    def __post_init__(self) -> None:
        if not abs(self.value) <= LARGEST:
            raise InputError(f"got {self}; expected a number from {-LARGEST:.0e} to {LARGEST:.0e}")

    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        return np.full(shape, self.value, dtype=np.float64)
