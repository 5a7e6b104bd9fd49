"""The tables that a command is given: found, or else the one that was meant; read, or else why they do not fit."""

import difflib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from framework.data.table import Table, check_header, read_table
from framework.errors import InputError, TableError, quoted, shown_path
from framework.specs import DataSpec
from models import digits
from models.recipes import KAGGLE

TABLES = (".csv", ".csv.gz")
"""How the names of tables end."""

WHERE_KAGGLES_BELONG = (
    f"train.csv and test.csv of kaggle.com/c/digit-recognizer belong into {KAGGLE}; "
    "or say where they are with --train and --predict"
)
A_SPEC_OF_YOUR_OWN = "other columns than the digits' take a spec that names them: README.md, 'A table of your own'"
ANOTHER_TABLE = "this recipe is for another table: give it with --train CSV"


def check_table(path: Path, *, like: str, hint: str | None = None) -> None:
    """Raise InputError where there is no file at `path`. Its hint is the table that was meant, and `hint`.

    That is the one in the folder with the name most like the one that was given, or, where a folder was given, most
    like `like`.
    """
    if os.path.isdir(path):
        raise InputError(f"{shown_path(path)}: got a folder; expected a table", hint=_meant(path, like))
    if not os.path.exists(path):
        meant = _meant(path.parent, path.name)
        if meant is None and path in (KAGGLE / "train.csv", KAGGLE / "test.csv"):
            hint = hint or WHERE_KAGGLES_BELONG
        raise InputError(f"{shown_path(path)}: no such file", hint=" ".join(filter(None, (meant, hint))) or None)


def read(path: Path, data: DataSpec, *, labelled: bool = True) -> Table:
    """The table at `path`, which `data` describes. Raises TableError, with a hint at what is not as described."""
    with _explained(path, data):
        return read_table(path, data.table_format(), labelled=labelled)


def check_columns(path: Path, data: DataSpec) -> None:
    """Raise TableError where the table at `path`, with labels, has other columns than `data` says. No row is read."""
    with _explained(path, data):
        check_header(path, data.table_format())


@contextmanager
def _explained(path: Path, data: DataSpec) -> Iterator[None]:
    try:
        yield
    except TableError as error:
        hints = [hint for hint in (error.hint, _misfit(str(error), path, data, error.hint)) if hint]
        raise TableError(str(error), hint="; ".join(hints) or None) from None


def _misfit(message: str, path: Path, data: DataSpec, hint: str | None) -> str | None:
    """What is generally wrong with a table in which one thing in particular is."""
    if path in (digits.TRAIN, digits.TEST):
        return ANOTHER_TABLE if hint is None else None
    if f"column {quoted(data.label_column)}: got '" in message:
        return f"labels are numbers that count from 0, with {data.classes} classes up to {data.classes - 1}"
    of_the_header = re.search(r": line 1[,:] ", message) is not None
    of_digits = data.table_format() == digits.digit_table().table_format()
    if of_the_header and of_digits and not (hint or "").startswith("is this the "):
        return A_SPEC_OF_YOUR_OWN
    return None


def _meant(folder: Path, name: str) -> str | None:
    """Asks for the table in `folder` that is called most like `name`, whatever its ending."""
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    tables = {_stem(table): folder / table for table in names if table.endswith(TABLES)}
    near = difflib.get_close_matches(_stem(name), tables, 1)
    return f"did you mean {shown_path(tables[near[0]])}?" if near else None


def _stem(name: str) -> str:
    return name.lower().removesuffix(".gz").removesuffix(".csv")
