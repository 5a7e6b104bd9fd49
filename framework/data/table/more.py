"""What else is wrong with a table that is refused already: where to look next, so that one look at the file may do."""

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from framework.data.table.format import Layout
from framework.data.table.strict import wrong_lines
from framework.errors import TableError

LISTED = 9  # ten problems with the first one
COUNTED = 1000
"""Lines at most: where every line is wrong there is nothing to be learnt from reading on."""

Judged = Iterable[tuple[bytes, NDArray[np.integer] | None]]


def with_more_lines(error: TableError, judged: Judged, layout: Layout, line: int) -> TableError:
    """`error` with a hint that tells how many more lines are wrong and where the next ones are.

    `judged` are the blocks from the one with the error on, with their values where they are beyond doubt, and `line`
    is the number of its first line. Raises TableError where the rest of the file cannot be read at all.
    """
    more = list(islice(_all_wrong_lines(judged, layout, line), 1, COUNTED + 1))
    if not more:
        return error
    listed = ", ".join(map(str, more[:LISTED])) + (", ..." if len(more) > LISTED else "")
    count = f"at least {COUNTED}" if len(more) == COUNTED else str(len(more))
    hint = f"{count} more {'lines are' if len(more) > 1 else 'line is'} wrong: {listed}"
    return TableError(str(error), hint=f"{error.hint}; {hint}" if error.hint else hint)


def _all_wrong_lines(judged: Judged, layout: Layout, line: int) -> Iterator[int]:
    for block, values in judged:
        if values is None:
            yield from wrong_lines(block, layout, line)
        line += len(block.splitlines()) if values is None else len(values)
