"""Randomness with an owner: every random number is a pure function of (seed, stream name, step).

There is no generator whose state would have to be saved. Whoever needs random numbers asks for the stream that
carries its own name, so two streams never overlap and a resumed run draws what an uninterrupted one would have.
"""

import hashlib
from dataclasses import dataclass
from typing import final

import numpy as np

from framework.errors import InputError, as_given

MAX_SEED = 2**64 - 1


def stream(seed: int, name: str, step: int = 0) -> np.random.Generator:
    """The generator of stream `name` at `step`: PCG64 seeded with SHA-256("seed/name/step")."""
    digest = hashlib.sha256(f"{seed}/{name}/{step}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))


def checked_seed(seed: int) -> int:
    """`seed` itself where it is an integer from 0 to 2**64 − 1; raises InputError otherwise."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed <= MAX_SEED:
        raise InputError(f"seed: got {as_given(seed)}; expected an integer from 0 to {MAX_SEED}")
    return int(seed)


@final
@dataclass(frozen=True, slots=True)
class Step:
    """One training step, as the layers see it. Being handed one is what puts `forward` into training mode.

    A batch too large for the processor's cache is worked through in parts, numbered from 0.
    """

    seed: int
    index: int
    part: int = 0

    def rng(self, path: str) -> np.random.Generator:
        """The random numbers of the layer at `path` in this part of this step."""
        return stream(self.seed, f"{path}/{self.part}" if self.part else path, self.index)
