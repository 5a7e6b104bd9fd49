"""Products of matrices while training, in pieces where that takes less time.

OpenBLAS copies two matrices to where it likes their numbers best, and then multiplies. On processors with AVX-512 it
spares small products the copying, and so a large one of narrow matrices, or of few rows, is quicker in small pieces.
"""

import numpy as np

from framework.threads import spares_small_products
from framework.types import Array

SMALL = 1_000_000
"""Multiplications; no product of more is small to OpenBLAS."""
LEAST_ROWS = 96
"""Pieces that have fewer take longer than the whole, unless that has few itself."""
FEW_ROWS, FEW_TO_SUM = 32, 64
"""Such a whole: of a b, and of aᵀ b."""


def product(a: Array, b: Array, out: Array) -> Array:
    """a b, written to `out`; piece by piece, some rows of `a` at a time.

    From 784 inputs to 10 outputs it takes 0.7 of the time of one product, from 784 to 64 with 32 rows 0.8.
    """
    rows = _rows_of_a_piece(a.shape[1] * b.shape[1])
    if rows < LEAST_ROWS and len(a) > FEW_ROWS:
        rows = 0
    return _by_rows(a, b, out, rows)


def product_over_rows(a: Array, b: Array, out: Array) -> Array:
    """aᵀ b, written to `out`; piece by piece, some rows of both that are added up, or where they are few, columns of a.

    For 784 inputs and 10 outputs it takes 0.7 of the time of one product, for 784 and 64 with 32 rows 0.8.
    """
    rows = _rows_of_a_piece(a.shape[1] * b.shape[1])
    if LEAST_ROWS <= rows < len(a):
        np.matmul(a[:rows].T, b[:rows], out=out)
        for start in range(rows, len(a), rows):
            out += a[start : start + rows].T @ b[start : start + rows]
        return out
    columns = _rows_of_a_piece(len(a) * b.shape[1])
    return _by_rows(a.T, b, out, columns if columns >= LEAST_ROWS and len(a) <= FEW_TO_SUM else 0)


def transposed(a: Array) -> Array:
    """aᵀ, as the second one of a product: copied where that one is made in pieces."""
    return np.ascontiguousarray(a.T) if _rows_of_a_piece(a.size) >= LEAST_ROWS else a.T


def _rows_of_a_piece(each: int) -> int:
    """If a row takes so many multiplications; 0 where there are no pieces."""
    return SMALL // each // 8 * 8 if spares_small_products() else 0


def _by_rows(a: Array, b: Array, out: Array, rows: int) -> Array:
    if not 0 < rows < len(a):
        return np.matmul(a, b, out=out)
    for start in range(0, len(a), rows):
        np.matmul(a[start : start + rows], b, out=out[start : start + rows])
    return out
