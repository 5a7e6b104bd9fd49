"""Kaggle's submission file: ImageId,Label, ids from 1, in the order of the table; and its like with probabilities."""

import csv
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from framework.errors import EnvironmentFault, InputError, shown_path
from framework.files import publish
from framework.types import Array, Integers, Numbers

HEADER = ["ImageId", "Label"]


def check_unread(path: Path, read: Iterable[Path]) -> None:
    """Raise InputError where a submission at `path` would replace a file that is `read`, by whatever name, or anything
    in a folder that is.
    """
    for source in read:
        files = [source]
        if os.path.isdir(source):
            files = list(source.iterdir())  # some may be links to elsewhere
            if path.parent.resolve().is_relative_to(source.resolve()):
                message = f"--out: got {shown_path(path)}, which is in {shown_path(source)}; expected a name outside it"
                raise InputError(message)
        if os.path.exists(path) and any(os.path.exists(file) and os.path.samefile(path, file) for file in files):
            raise InputError(f"--out: got {shown_path(path)}, which is read; expected the name of another file")


def check_target(path: Path, *, force: bool) -> None:
    """Raise InputError where `path` cannot become a submission, before any work is done for it."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError(f"{path}: got something that is no file; expected the name of a file")
    if os.path.exists(path) and not force:
        raise InputError(f"{path}: got a file that exists; expected a new name", hint="--force overwrites it")
    if not os.path.isdir(path.parent):
        raise InputError(f"{path}: got a folder that does not exist, {path.parent}; expected one that does")
    if not os.access(path.parent, os.W_OK):
        raise EnvironmentFault(f"{path}: cannot be written: no permission in {path.parent}")


def write_submission(path: Path, labels: Integers, *, force: bool) -> None:
    """Publish `labels` at `path`, then read the file again and compare. Refuses to overwrite without `force`, but for
    the very same submission: a run that is resumed may have written it before it was killed.
    """
    _write(path, HEADER, labels[:, np.newaxis], str, force=force)


def write_probabilities(path: Path, probabilities: Array, *, force: bool) -> None:
    """The same for `probabilities` (n, classes), with a column for each class: ImageId,0,1,... Not for Kaggle."""
    header = [HEADER[0], *map(str, range(probabilities.shape[1]))]
    text = "{:.9g}" if probabilities.dtype == np.float32 else "{:.17g}"  # as many digits as give the very number back
    _write(path, header, probabilities, text.format, force=force)


def _write(path: Path, header: list[str], rows: Numbers, text: Callable[[float], str], *, force: bool) -> None:
    lines = (f"{number},{','.join(map(text, row))}" for number, row in enumerate(rows.tolist(), start=1))
    content = "\n".join([",".join(header), *lines, ""]).encode("ascii")
    check_target(path, force=force or _holds(path, content))
    publish(path, content)
    try:
        with open(path, newline="", encoding="ascii") as file:
            first, *written = csv.reader(file)
    except OSError as error:
        raise EnvironmentFault(f"{path}: cannot be read again: {error.strerror or error}") from error
    again = np.array(written, np.float64).reshape(-1, len(header))
    numbers, values = again[:, 0], again[:, 1:].astype(rows.dtype)
    counted = np.array_equal(numbers, np.arange(1, len(rows) + 1))
    if first != header or not counted or not np.array_equal(values, rows):
        raise EnvironmentFault(f"{path}: reading it again gave other contents than were written")


def _holds(path: Path, content: bytes) -> bool:
    return os.path.isfile(path) and os.path.getsize(path) == len(content) and path.read_bytes() == content
