"""A CSV table as arrays: read quickly where it is beyond doubt, cell by cell where it is not, and never guessed at."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

from framework.data.dataset import Dataset
from framework.data.table.bytes import TableBytes
from framework.data.table.cache import Entry, load, store
from framework.data.table.format import Layout, TableFormat, fault
from framework.data.table.header import read_header
from framework.data.table.lines import blocks_of_lines
from framework.data.table.more import with_more_lines
from framework.data.table.plain import read_plain
from framework.data.table.strict import read_strictly
from framework.errors import InputError, TableError

THREADS = 2
ALLOCATOR_CEILING = 16 << 20  # glibc takes no hint from 32 MiB or more
READER_VERSION = 2
"""Part of the key of a cached table. A change that lets a file be read otherwise than before must raise it."""

REORDERED = "the columns stand in another order than expected; they were read by name"


@final
@dataclass(frozen=True, eq=False)
class Table:
    """The values of one file, every one of them inside its range.

    `features` has the shape (rows, feature columns) in the order of the format, C-contiguous, in its `feature_dtype`;
    `labels` the shape (rows,) in its `label_dtype`. `sha256` is of the file as it lies on disk. `notice` is a line
    worth showing to the user: that the columns stood in another order, that all rows have the same label.
    """

    path: Path
    sha256: str
    features: NDArray[np.integer]
    labels: NDArray[np.integer] | None
    notice: str | None = None

    def dataset(self) -> Dataset:
        """Features and labels to train on or to evaluate with. Raises InputError for a table without labels."""
        if self.labels is None:
            raise InputError(f"{self.path}: got a table without labels; expected one with a label column")
        return Dataset(self.features, self.labels)


def read_table(path: str | Path, format: TableFormat, *, labelled: bool = True, cache: bool = True) -> Table:
    """Read the table at `path`: CSV in UTF-8, plain or gzip, with one header line.

    The header must hold exactly the feature columns, and the label column if `labelled`, in any order: columns are
    read by name. Line ends may be LF, CRLF or CR, cells may be quoted, a byte order mark and empty lines at the end
    are passed over. With `cache` the arrays are kept, checked, in the user's cache folder (see
    `framework.data.table.cache`) and found there the next time the same bytes are read for the same format.

    Raises TableError that names the file, line, column and value, what was expected there, and the next lines that are
    wrong; EnvironmentFault where the machine will not let the file be read.
    """
    with TableBytes(path) as source:
        if not cache:
            entry = _parse(source, format, labelled)
            return _table(path, source, source.sha256, entry)
        digest = source.skim()
        key = f"reader {READER_VERSION}, {'labelled' if labelled else 'unlabelled'}, {format}, {digest}"
        kept = load(key)
        if kept is not None:
            return _table(path, source, digest, kept)
        entry = _parse(source, format, labelled)
        if source.sha256 != digest:
            raise fault(source.place, got="a file that changes while it is read", expected="one that stays")
        store(key, entry)
        return _table(path, source, digest, entry)


def check_header(path: str | Path, format: TableFormat, *, labelled: bool = True) -> None:
    """Raise what `read_table` would for the first line of the table, without a look at its rows."""
    with TableBytes(path) as source:
        read_header(next(blocks_of_lines(source)), format, labelled=labelled, place=source.place)


def _parse(source: TableBytes, format: TableFormat, labelled: bool) -> Entry:
    source.rehearse()
    blocks = blocks_of_lines(source)
    layout = read_header(next(blocks), format, labelled=labelled, place=source.place)
    features: list[NDArray[np.integer]] = []
    labels: list[NDArray[np.integer]] = []
    line = 2
    _let_the_allocator_keep_blocks()
    with closing(_read_ahead(blocks, layout)) as judged:  # its threads end with the first fault
        for block, values in judged:
            if values is None:
                try:
                    values = read_strictly(block, layout, source.place, line)
                except TableError as error:
                    raise with_more_lines(error, chain([(block, None)], judged), layout, line) from None
            line += len(values)
            features.append(np.ascontiguousarray(values[:, layout.feature_columns], dtype=format.feature_dtype))
            if layout.label_position is not None:
                labels.append(values[:, layout.label_position].astype(format.label_dtype))
    if not features:
        raise fault(source.place, got="nothing", expected="at least one row of values below the header")
    arrays = {"features": np.concatenate(features)}
    if labels:
        arrays["labels"] = np.concatenate(labels)
    return Entry(arrays, {} if layout.in_order else {"notice": REORDERED})


def _read_ahead(blocks: Iterator[bytes], layout: Layout) -> Generator[tuple[bytes, NDArray[np.integer] | None]]:
    """Each block and what the fast reader makes of it. Two threads parse while this one reads, hashes and unpacks.

    NumPy, hashlib and zlib let go of the interpreter lock: 0.37 s in place of 0.46 for 77 MB on two cores.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        ahead: deque[tuple[bytes, Future[NDArray[np.integer] | None]]] = deque()
        for block in blocks:
            ahead.append((block, pool.submit(read_plain, block, layout)))
            if len(ahead) > THREADS:
                first, values = ahead.popleft()
                yield first, values.result()
        for block, values in ahead:
            yield block, values.result()


def _let_the_allocator_keep_blocks() -> None:
    """Free one large array, which tells glibc to keep what the blocks free instead of handing it back to the system.

    Otherwise every block pays again for the pages of its scratch arrays: 350,000 page faults and 40 % of the time for
    77 MB in a fresh process. Other allocators take no notice.
    """
    np.empty(ALLOCATOR_CEILING, dtype=np.uint8)


def _table(path: str | Path, source: TableBytes, digest: str, entry: Entry) -> Table:
    labels = entry.arrays.get("labels")
    notices = [notice] if (notice := entry.notes.get("notice")) else []
    if labels is not None and labels.min() == labels.max():
        notices.append(f"every row has the label {labels[0]}")
    notice = f"{source.place}: {'; '.join(notices)}" if notices else None
    return Table(Path(path), digest, entry.arrays["features"], labels, notice)
