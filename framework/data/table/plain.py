"""The fast reader: it reads what is beyond doubt and leaves everything else to the strict one.

The bytes that are no digits must form a grid, so many commas and a line end in every row, and then the digits before
each of them are the number: the last one counts 1, the one before it 10. The check that no row is short or shifted and
the reading are one step.
"""

import numpy as np
from numpy.typing import NDArray

from framework.data.table.format import Layout
from framework.data.table.strict import MAXIMUM_LINE

ZERO = np.uint8(ord("0"))
MAXIMUM_WIDTH = 10  # digits of a 32-bit integer
NARROW = 4  # digits that fit int16


def read_plain(block: bytes, layout: Layout) -> NDArray[np.integer] | None:
    """The values of a block of whole lines, shape (lines, columns of the file), or None.

    None says that something in the block is not a run of digits in its range, and the strict reader must look: it may
    be a fault, or a quote, a minus sign, a second kind of line end, an endless row of zeros.
    """
    fields = len(layout.names)
    line_end = b"\r\n" if block.endswith(b"\r\n") else block[-1:]
    row = np.frombuffer(b"," * (fields - 1) + line_end, dtype=np.uint8)
    text = np.frombuffer(block, dtype=np.uint8)
    digits = text - ZERO  # wraps: what is no digit becomes 10 or more
    flat_ends = np.flatnonzero(digits > 9)
    if line_end not in (b"\r\n", b"\n", b"\r") or len(flat_ends) % len(row):
        return None
    ends = flat_ends.reshape(-1, len(row))
    line_starts = np.concatenate(([0], ends[:-1, -1] + 1))
    if np.any(text[ends] != row) or np.max(ends[:, fields - 1] - line_starts) > MAXIMUM_LINE:
        return None
    widths = np.diff(flat_ends, prepend=-1).reshape(ends.shape) - 1
    if np.any(widths[:, fields:]):  # \r and \n apart
        return None
    values = _numbers(digits, ends[:, :fields].ravel(), widths[:, :fields].ravel())
    if values is None:
        return None
    values = values.reshape(-1, fields)
    minima, maxima = layout.limits
    if np.any(values.min(axis=0) < minima) or np.any(values.max(axis=0) > maxima):
        return None
    return values


def _numbers(
    digits: NDArray[np.uint8], ends: NDArray[np.intp], widths: NDArray[np.intp]
) -> NDArray[np.signedinteger] | None:
    """The number of each cell: its last digit stands before its end and counts 1, the one before that 10.

    None where a cell is empty, begins with a zero it does not need, or is so wide that its number could be too large
    for the type.
    """
    widest = int(widths.max())
    if widths.min() < 1 or widest > MAXIMUM_WIDTH:
        return None
    dtype: np.dtype[np.signedinteger] = np.dtype(np.int16 if widest <= NARROW else np.int64)
    values = digits.take(ends - 1).astype(dtype)
    wider = np.flatnonzero(widths > 1)  # one cell in five of a written digit
    for place in range(1, widest):
        next_digits = digits.take(ends.take(wider) - (place + 1))
        values[wider] += next_digits.astype(dtype) * 10**place
        more = widths.take(wider) > place + 1
        if not (next_digits | more).all():  # a leading zero
            return None
        wider = wider[more]
    return values
