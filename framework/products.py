"""Products of matrices while training, in pieces where that takes less time.

OpenBLAS copies two matrices to where it likes their numbers best, and then multiplies. On processors with AVX-512 it
spares small products the copying, and so a large one of narrow matrices, or of few rows, is quicker in small pieces.
"""

from functools import cache

import numpy as np

from framework.threads import spares_small_products
from framework.types import Array

SMALL = 1_000_000
"""Multiplications; no product of more is small to OpenBLAS."""
LEAST_ROWS = 96
"""Pieces that have fewer take longer than the whole, unless that has few itself."""
FEW_ROWS, FEW_TO_SUM = 32, 64
"""Such a whole: of a b, and of aᵀ b; there twice as many are few where they fill the registers, 64 numbers a row."""


def product(a: Array, b: Array, out: Array) -> Array:
    """a b, written to `out`; piece by piece, some rows of a, or some columns of a and rows of b, which are added up.

    From 784 inputs to 10 outputs it takes 0.7 of the time of one product; to 64 with 32 rows 0.8, with 128 rows 0.9.
    """
    rows, inner = _rows_or_inner(len(a), *b.shape) if spares_small_products() else (0, 0)
    if not inner:
        return _by_rows(a, b, out, rows) if rows else np.matmul(a, b, out=out)
    np.matmul(a[:, :inner], b[:inner], out=out)
    for start in range(inner, len(b), inner):
        out += a[:, start : start + inner] @ b[start : start + inner]
    return out


def product_over_rows(a: Array, b: Array, out: Array) -> Array:
    """aᵀ b, written to `out`; piece by piece, some rows of both that are added up, or where they are few, columns of a.

    For 784 inputs and 10 outputs it takes 0.7 of the time of one product, for 784 and 64 with 32 rows 0.8.
    """
    rows, columns = _rows_or_columns(*a.shape, b.shape[1]) if spares_small_products() else (0, 0)
    if not rows:
        return _by_rows(a.T, b, out, columns) if columns else np.matmul(a.T, b, out=out)
    np.matmul(a[:rows].T, b[:rows], out=out)
    for start in range(rows, len(a), rows):
        out += a[start : start + rows].T @ b[start : start + rows]
    return out


def transposed(a: Array) -> Array:
    """aᵀ, as the second one of a product: copied where that one may be made in pieces."""
    narrow = a.size * LEAST_ROWS <= SMALL
    return np.ascontiguousarray(a.T) if narrow and spares_small_products() else a.T


def _by_rows(a: Array, b: Array, out: Array, rows: int) -> Array:
    for start in range(0, len(a), rows):
        np.matmul(a[start : start + rows], b, out=out[start : start + rows])
    return out


@cache
def _rows_or_inner(rows: int, inner: int, columns: int) -> tuple[int, int]:
    """Of a piece of a b; both 0 for the whole."""
    piece = _piece(inner * columns)
    if piece < rows and (piece >= LEAST_ROWS or rows <= FEW_ROWS):
        return piece, 0
    piece = _piece(rows * columns)
    return 0, piece if FEW_TO_SUM < rows <= 2 * FEW_TO_SUM and columns % 64 == 0 and LEAST_ROWS <= piece < inner else 0


@cache
def _rows_or_columns(rows: int, inner: int, columns: int) -> tuple[int, int]:
    """Of a piece of aᵀ b; both 0 for the whole."""
    piece = _piece(inner * columns)
    if LEAST_ROWS <= piece < rows:
        return piece, 0
    few = rows <= FEW_TO_SUM or (rows <= 2 * FEW_TO_SUM and columns % 64 == 0)
    piece = _piece(rows * columns)
    return 0, piece if few and LEAST_ROWS <= piece < inner else 0


def _piece(each: int) -> int:
    """How many rows of so many multiplications are small together, in eights."""
    return SMALL // each // 8 * 8
