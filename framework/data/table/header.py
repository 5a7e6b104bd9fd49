"""The first line of a table: every column the format asks for, once, under its own name, in any order."""

import difflib

import numpy as np

from framework.data.table.format import Layout, TableFormat, fault
from framework.data.table.strict import MAXIMUM_LINE, cells_of, separator_hint
from framework.errors import quoted

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

INDEX_HINT = "pandas writes its index there unless told: to_csv(..., index=False)"


def read_header(line: bytes, format: TableFormat, *, labelled: bool, place: str) -> Layout:
    """Where the columns of `format` stand in a file whose first line is `line`.

    `place` names the file. Raises TableError for a column that is missing, unknown or there twice, for a label column
    in a table that should have none, and for a line that is no header.
    """
    place = f"{place}: line 1"
    wanted = (format.label_column, *format.feature_columns) if labelled else format.feature_columns
    names = _names(line, place, len(wanted))
    if set(names) != set(wanted) and all(_is_number(name) for name in names):
        raise fault(place, got="a row of values", expected=f"the header {_abridged(wanted)}")
    if names[-1] == "" and len(names) == len(wanted) + 1:
        raise fault(
            place,
            got=f"{len(names)} fields",
            expected=str(len(wanted)),
            hint="the line ends with a comma",
        )
    _check_label(names, format, labelled, place)
    _check_names(names, wanted, place)
    positions = {name: position for position, name in enumerate(names)}
    return Layout(
        format,
        tuple(names),
        np.array([positions[name] for name in format.feature_columns], dtype=np.intp),
        positions[format.label_column] if labelled else None,
    )


def _names(line: bytes, place: str, fields: int) -> list[str]:
    offset = len(BYTE_ORDER_MARK) if line.startswith(BYTE_ORDER_MARK) else 0
    line = line[offset:].rstrip(b"\r\n")
    if not line:
        raise fault(place, got="an empty line", expected="a header of column names")
    if b"\0" in line:
        raise fault(place, got=f"a byte 0x00 at offset {offset + line.index(0)}", expected="text in UTF-8")
    if len(line) > MAXIMUM_LINE:
        raise fault(place, got=f"a line of over {MAXIMUM_LINE} bytes", expected="a header of column names")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        got = f"a byte 0x{line[error.start]:02X} at offset {offset + error.start}"
        raise fault(place, got=got, expected="text in UTF-8") from None
    names = cells_of(text, place)
    hint = separator_hint(text, fields) if len(names) == 1 else None
    if hint:
        raise fault(place, got="1 field", expected=str(fields), hint=hint)
    return names


def _check_label(names: list[str], format: TableFormat, labelled: bool, place: str) -> None:
    label = format.label_column
    if labelled and set(names) == set(format.feature_columns):
        raise fault(
            f"{place}, column {quoted(label)}",
            got="nothing",
            expected="a column of this name",
            hint="is this the test file? It has no labels",
        )
    if not labelled and label in names:
        raise fault(
            f"{place}, column {quoted(label)}",
            got="a label column",
            expected="feature columns only",
            hint="is this the training file?",
        )


def _check_names(names: list[str], wanted: tuple[str, ...], place: str) -> None:
    known = set(wanted)
    present = set(names)
    missing = [name for name in wanted if name not in present]
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise fault(
                f"{place}, column {quoted(name)}",
                got=f"{names.count(name)} columns",
                expected="one column of this name",
            )
        seen.add(name)
        if name not in known:
            nearest = _nearest(name, missing)
            raise fault(
                f"{place}, column {quoted(name)}" if name else place,
                got="an unknown column" if name else "an empty column name",
                expected=f"the {len(wanted)} columns {_abridged(wanted)}",
                hint=f"the nearest missing column is {quoted(nearest)}" if nearest else None if name else INDEX_HINT,
            )
    if missing:
        raise fault(
            f"{place}, column {quoted(missing[0])}",
            got="nothing",
            expected="a column of this name",
            hint=f"{len(missing)} columns are missing" if len(missing) > 1 else None,
        )


def _nearest(name: str, candidates: list[str]) -> str | None:
    folded = {candidate.casefold().strip(): candidate for candidate in reversed(candidates)}
    found = difflib.get_close_matches(name.casefold().strip(), folded, n=1)
    return folded[found[0]] if found else None


def _abridged(names: tuple[str, ...]) -> str:
    text = ",".join(names[:3]) + (",..." if len(names) > 3 else "")
    return quoted(text, limit=60)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
