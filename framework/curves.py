"""Sigmoid and softplus, which activations and losses share: written so that no input, however far out, overflows.

Both are built on e = e^−|x|, which is never above 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from framework.types import Array


def sigmoid(x: ArrayLike, out: Array | None = None) -> Array:
    """1 / (1 + e⁻ˣ) of each number: scores (logits) as probabilities, without overflow. `out` must not be x itself."""
    z = _floats(x)
    e = _e_to_minus_abs(z, out)
    above = np.where(z >= 0, 1, e)  # 1/(1+e) right of 0, e/(1+e) left of it
    e += 1
    return np.divide(above, e, out=e)


def softplus(x: ArrayLike, out: Array | None = None) -> Array:
    """log(1 + eˣ) = max(0, x) + log1p(e^−|x|) of each number. `out` must not be x itself."""
    z = _floats(x)
    e = _e_to_minus_abs(z, out)
    np.log1p(e, out=e)  # np.logaddexp(0, x) would do it all, but takes over ten times as long
    return np.add(np.maximum(z, 0), e, out=e)


def _floats(x: ArrayLike) -> Array:
    z: Array = np.asarray(x)
    return z if z.dtype.kind == "f" else z.astype(np.float64)


def _e_to_minus_abs(z: Array, out: Array | None) -> Array:
    e = np.abs(z, out=np.empty_like(z) if out is None else out)
    np.negative(e, out=e)
    return np.exp(e, out=e)
