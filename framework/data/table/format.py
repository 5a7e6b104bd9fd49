"""What a table must look like: its columns and their ranges, and how the columns of one file map onto them."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from framework.errors import InputError, TableError, quoted

INT32 = np.iinfo(np.int32)
MAXIMUM_CLASSES = 65_536


@final
@dataclass(frozen=True)
class TableFormat:
    """The columns of a table and the values allowed in them.

    A feature is an integer from `minimum` to `maximum`, both included; a label is an integer from 0 to `classes` - 1.
    In the file an integer is a run of ASCII digits, perhaps with a minus sign before it, as a computer writes it.
    Nothing else is an integer: no leading zero, blank, plus sign, underscore, decimal point, exponent or digit of
    another script.

    Raises InputError where the columns are not distinct names or the ranges are empty or wider than 32 bits.
    """

    feature_columns: tuple[str, ...]
    label_column: str = "label"
    minimum: int = 0
    maximum: int = 255
    classes: int = 10

    def __post_init__(self) -> None:
        names = (*self.feature_columns, self.label_column)
        if not self.feature_columns:
            raise InputError("table format: got no feature columns; expected at least one")
        seen: set[str] = set()
        for name in names:
            if not name or any(sign in name for sign in "\r\n\0"):
                raise InputError(f"table format: got the column {quoted(name)}; expected a name on one line")
            if name in seen:
                raise InputError(f"table format: got the column {quoted(name)} twice; expected distinct names")
            seen.add(name)
        if not INT32.min <= self.minimum <= self.maximum <= INT32.max:
            raise InputError(
                f"table format: got the range {self.minimum} to {self.maximum}; expected 32-bit integers in order"
            )
        if not 1 <= self.classes <= MAXIMUM_CLASSES:
            raise InputError(
                f"table format: got {self.classes} classes; expected an integer from 1 to {MAXIMUM_CLASSES}"
            )

    @property
    def feature_dtype(self) -> np.dtype[np.integer]:
        """The smallest of uint8, int16 and int32 that holds every feature value."""
        for candidate in (np.uint8, np.int16):
            if np.iinfo(candidate).min <= self.minimum and self.maximum <= np.iinfo(candidate).max:
                return np.dtype(candidate)
        return np.dtype(np.int32)

    @property
    def label_dtype(self) -> np.dtype[np.integer]:
        """The smaller of uint8 and uint16 that holds every label."""
        return np.dtype(np.uint8 if self.classes <= 256 else np.uint16)


@final
@dataclass(frozen=True, eq=False)
class Layout:
    """Where the columns of a format stand in one file: what the header line said."""

    format: TableFormat
    names: tuple[str, ...]
    feature_positions: NDArray[np.intp]
    label_position: int | None

    @property
    def limits(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Smallest and largest integer allowed in each column of the file."""
        minima = np.full(len(self.names), self.format.minimum, dtype=np.int64)
        maxima = np.full(len(self.names), self.format.maximum, dtype=np.int64)
        if self.label_position is not None:
            minima[self.label_position] = 0
            maxima[self.label_position] = self.format.classes - 1
        return minima, maxima

    @property
    def in_order(self) -> bool:
        """Whether the feature columns stand in the order of the format."""
        return bool(np.all(np.diff(self.feature_positions) > 0))

    @property
    def feature_columns(self) -> slice | NDArray[np.intp]:
        """What picks the features, in the order of the format, out of the columns of the file."""
        first = int(self.feature_positions[0])
        side_by_side = slice(first, first + len(self.feature_positions))
        alike = np.array_equal(self.feature_positions, np.arange(side_by_side.start, side_by_side.stop))
        return side_by_side if alike else self.feature_positions


def fault(place: str, *, got: str, expected: str, hint: str | None = None) -> TableError:
    """The one shape of every complaint about a table: where, what came, what was expected."""
    return TableError(f"{place}: got {got}; expected {expected}", hint=hint)
