"""What became of it: how many are right, what was taken for what, and the most surprising mistakes as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from framework.committee import Member
from framework.console.pictures import cropped, picture
from framework.console.text import (
    BAD,
    GOOD,
    QUIET,
    TITLE,
    counted,
    default_console,
    percent,
    plain,
    say,
    shown_loss,
    words,
)
from framework.data.dataset import Dataset
from framework.errors import InputError
from framework.evaluation import Evaluation, evaluate
from framework.losses import Loss, softmax
from framework.types import Array, Integers

MOST_PAIRS = 5
PICTURE_ROWS = 2
PICTURES_ACROSS = 3
BAR_WIDTH = 6
GAP = 2
WORTH_A_LINE = 0.01
MOST_CLASSES = 12
"""A matrix of more classes is wider than a screen; the pairs say the same in less room."""


def report(
    model: Member,
    data: Dataset | tuple[ArrayLike, ArrayLike] | ArrayLike,
    labels: ArrayLike | None = None,
    *,
    loss: Loss | None = None,
    name: str = "result",
    image_shape: tuple[int, int] | None = None,
    console: Console | None = None,
) -> Evaluation:
    """Evaluate `model` on labelled data and print how it did; with an `image_shape` also what it misread, with the
    numbers of the rows, counted from 1.
    """
    dataset = Dataset.of(data, labels)
    features = dataset.x[0].size
    if image_shape is not None and (min(image_shape) < 1 or image_shape[0] * image_shape[1] != features):
        raise InputError(f"image_shape: got {image_shape}; expected a height and a width of {features:,} pixels in all")
    evaluation = evaluate(model, dataset, loss=loss)
    print_results(model, dataset, evaluation, console or default_console(), name=name, image_shape=image_shape)
    return evaluation


def print_results(
    model: Member,
    data: Dataset,
    evaluation: Evaluation,
    console: Console,
    *,
    name: str,
    image_shape: tuple[int, int] | None = None,
) -> None:
    """Accuracy and errors, the confusion matrix, the most confused pairs, and the most surprising mistakes."""
    lines, confusion = [result_line(evaluation, name)], evaluation.confusion
    if confusion is not None:
        matrix = confusion_lines(confusion) if len(confusion) <= MOST_CLASSES else []
        if matrix and matrix[-1].cell_len <= console.width:
            lines += [Text(), *matrix]
        if pairs := confused_pairs(confusion):
            lines += [Text(), _pairs_line(pairs, console.width)]
    say(console, *lines)
    labels = data.labels
    if evaluation.predicted is None or labels is None:
        return
    misread = np.flatnonzero(evaluation.predicted != labels)
    if image_shape is not None and len(misread) and not plain(console):
        scores = evaluation.scores
        probabilities = model.predict_proba(data.x[misread]) if scores is None else softmax(scores[misread])
        pictures = misread_pictures(probabilities, Dataset(data.x, labels), misread, image_shape, console)
        if pictures.row_count:
            title = Text.assemble(("surest mistakes", TITLE), ("  rows counted from 1", QUIET))
            console.print("", title, "", pictures, sep="\n")


def result_line(evaluation: Evaluation, name: str) -> Text:
    """Accuracy, errors and loss in one line."""
    rows, loss = f"{evaluation.n:,}", shown_loss(evaluation.loss)
    if evaluation.accuracy is None or evaluation.errors is None:
        return Text.assemble(words(name, TITLE), f"  loss {loss} on {counted(evaluation.n, 'row')}")
    accuracy = (percent(evaluation.accuracy), f"{TITLE} {GOOD}")
    errors = counted(evaluation.errors, "error")
    return Text.assemble(words(name, TITLE), "  ", accuracy, f" right, {errors} in {rows}, loss {loss}")


def confusion_lines(confusion: NDArray[np.int64]) -> list[Text]:
    """A row per class: what its samples were taken for. Many errors in one place stand out."""
    classes, width = len(confusion), max(4, len(str(confusion.max()))) + 1
    errors = confusion.copy()
    np.fill_diagonal(errors, 0)
    most, scores = max(int(errors.max()), 1), confusion.sum(axis=1)
    head = "".join(f"{taken:>{width}}" for taken in range(classes))
    lines = [Text(f"{'':>6}  {'taken for':>{width * classes}}", QUIET), Text(f"{'true':>6} │{head} │  right", QUIET)]
    for true in range(classes):
        line = Text.assemble((f"{true:>6}", TITLE), (" │", QUIET))
        for taken in range(classes):
            count = int(confusion[true, taken])
            line.append(f"{count or '·':>{width}}", _cell_style(true == taken, count, most))
        share = f"{confusion[true, true] / scores[true]:.1%}" if scores[true] else "-"
        lines.append(line.append(f" │{share:>7}", QUIET))
    return lines


def _cell_style(right: bool, count: int, most: int) -> str:
    if not count:
        return QUIET
    if right:
        return GOOD
    if count > 0.6 * most and count > 1:
        return "bold #ffffff on #b3261e"  # both colours given: legible whatever the terminal's are
    return BAD if count > 0.3 * most else ""


def confused_pairs(confusion: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """(true, taken for, how often) of the commonest errors, the commonest first."""
    errors = confusion.copy()
    np.fill_diagonal(errors, 0)
    places = np.argsort(-errors, axis=None, kind="stable")[:MOST_PAIRS]
    pairs = [divmod(int(place), len(confusion)) for place in places]
    return [(true, taken, int(errors[true, taken])) for true, taken in pairs if errors[true, taken]]


def _pairs_line(pairs: Sequence[tuple[int, int, int]], width: int) -> Text:
    """As many of them as there is room for, and at least one."""
    shown = [f"{true} as {taken} ({count:,})" for true, taken, count in pairs]
    name = "most often misread  "
    while len(shown) > 1 and len(name + ", ".join(shown)) > width:
        shown.pop()
    return Text.assemble((name, TITLE), ", ".join(shown))


def misread_pictures(
    probabilities: Array, data: Dataset, misread: Integers, image_shape: tuple[int, int], console: Console
) -> Table:
    """The surest mistakes, as pictures beside what was seen in them, of the rows `misread` whose probabilities these
    are; none where none has room.
    """
    surest = np.argsort(-probabilities.max(axis=1), kind="stable")[: PICTURES_ACROSS * PICTURE_ROWS]
    rows = misread[surest]
    tiles = cropped(data.x[rows].reshape(len(rows), *image_shape))
    blocks = [
        _beside(picture(tile, console), _guesses(row, int(data.y[row]), probabilities[index]))
        for tile, row, index in zip(tiles, rows.tolist(), surest, strict=True)
    ]
    width = max(len(line) for block in blocks for line in block.plain.splitlines())
    across = min(PICTURES_ACROSS, (console.width + GAP) // (width + GAP))
    table = Table.grid(padding=(0, GAP, 0, 0))
    for first in range(0, min(len(blocks), across * PICTURE_ROWS), max(1, across)):
        if first:
            table.add_row("")
        table.add_row(*blocks[first : first + across])
    return table


def _guesses(row: int, label: int, probabilities: Array) -> list[Text]:
    """Which row it is, counted from 1 as in messages and submissions, what it is, and the probabilities of the
    likeliest class, of the true one, and of a third.
    """
    order = np.argsort(-probabilities, kind="stable").tolist()
    others = [guess for guess in order[1:] if guess != label and probabilities[guess] >= WORTH_A_LINE]
    lines = [Text(f"row {row + 1:,}", QUIET), Text(f"is {label}", TITLE), Text()]
    for guess in sorted({order[0], label, *others[:1]}, key=order.index):
        style = GOOD if guess == label else BAD if guess == order[0] else QUIET
        part = float(probabilities[guess])
        lines.append(Text.assemble(f"{guess} ", ("▆" * round(part * BAR_WIDTH), style), f" {part:.0%}"))
    return lines


def _beside(left: Sequence[Text], right: Sequence[Text]) -> Text:
    below = [Text(" " * len(left[0]))] * (len(right) - len(left))
    lines = [Text.assemble(a, "  ", b) for a, b in zip_longest([*left, *below], right, fillvalue=Text())]
    return Text("\n", no_wrap=True).join(lines)
