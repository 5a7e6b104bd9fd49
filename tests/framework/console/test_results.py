"""Results: the figures are those of the evaluation, the worst mistakes stand out, and all fits the console."""

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from framework import Dataset, Dense, Evaluation, InputError, MeanSquaredError, Sequential, evaluate
from framework.console.results import (
    MOST_CLASSES,
    MOST_PAIRS,
    PICTURE_ROWS,
    PICTURES_ACROSS,
    confused_pairs,
    confusion_lines,
    misread_pictures,
    print_results,
    report,
    result_line,
)
from framework.console.text import BAD, GOOD
from tests.framework.console.consoles import FOREIGN, HARMFUL, KINDS, LINES, TERMINALS, WIDTHS, Kind, Shown

EMPHASIS = "bold #ffffff on #b3261e"


def _confusion(rows: list[list[int]]) -> NDArray[np.int64]:
    return np.array(rows, np.int64)


def _random_confusion(classes: int, most: int = 40) -> NDArray[np.int64]:
    confusion = np.random.default_rng(classes).integers(0, most, (classes, classes))
    np.fill_diagonal(confusion, 10 * most)
    return confusion


def _reader(classes: int, certainty: float = 1.0) -> Sequential:
    """A model that takes a row for the class whose column is greatest."""
    model = Sequential([Dense(classes, classes, use_bias=False)])
    model.set_weights({"layers.0.weight": certainty * np.eye(classes)})
    return model


def _mistaken(true: list[int], taken: list[int], classes: int) -> tuple[Sequential, Dataset]:
    """A model, and rows of the classes `true` that it takes for `taken`, the later the surer it is."""
    x = np.zeros((len(true), classes), np.float32)
    x[np.arange(len(true)), taken] = np.linspace(1, 4, len(true))
    return _reader(classes), Dataset(x, np.array(true))


def _images(height: int, width: int, *, rows: int = 8, classes: int = 10) -> tuple[Sequential, Dataset]:
    """Pictures of a class each that a model with all weights 0 takes for class 0; what is drawn fills the picture."""
    x = np.full((rows, height * width), 9.0, np.float32)
    x[:, 1] = 0
    model = Sequential([Dense(height * width, classes)])
    model.set_weights({"layers.0.weight": np.zeros((height * width, classes)), "layers.0.bias": np.zeros(classes)})
    return model, Dataset(x, np.arange(rows) % (classes - 1) + 1)


def _shown(model: Sequential, data: Dataset, kind: Kind = "piped", width: int = 80, **named: object) -> Shown:
    shown = Shown(kind, width)
    shape = named.get("image_shape")
    assert shape is None or isinstance(shape, tuple)
    print_results(model, data, evaluate(model, data), shown.console, name="test", image_shape=shape)
    return shown


@pytest.mark.parametrize(
    ("evaluation", "line"),
    [
        (
            Evaluation(0.07234, 10_000, np.zeros(1, np.int64), _confusion([[9000, 100], [119, 781]])),
            "test  97.81% right, 219 errors in 10,000, loss 0.0723",
        ),
        (
            Evaluation(1e-9, 3, np.zeros(3, np.int64), _confusion([[1, 0], [0, 2]])),
            "test  100.00% right, 0 errors in 3, loss 1.00e-09",
        ),
        (
            Evaluation(2.0, 2, np.zeros(2, np.int64), _confusion([[1, 0], [1, 0]])),
            "test  50.00% right, 1 error in 2, loss 2.0000",
        ),
        (Evaluation(123_456.0, 1_234_567), "test  loss 1.23e+05 on 1,234,567 rows"),
        (Evaluation(0.5, 1), "test  loss 0.5000 on 1 row"),
    ],
)
def test_the_result_in_a_line(evaluation: Evaluation, line: str) -> None:
    assert result_line(evaluation, "test").plain == line


def test_the_matrix_to_the_sign() -> None:
    assert [line.plain for line in confusion_lines(_confusion([[971, 0, 9], [12, 1125, 0], [0, 0, 0]]))] == [
        "              taken for",
        "  true │    0    1    2 │  right",
        "     0 │  971    ·    9 │  99.1%",
        "     1 │   12 1125    · │  98.9%",
        "     2 │    ·    ·    · │      -",
    ]


@pytest.mark.parametrize("classes", [2, 3, 10, 12])
def test_the_figures_are_those_of_the_matrix(classes: int) -> None:
    confusion = _random_confusion(classes)
    lines = [line.plain for line in confusion_lines(confusion)]
    assert lines[1].replace("│", " ").split() == ["true", *map(str, range(classes)), "right"]
    for true, line in enumerate(lines[2:]):
        name, cells, share = line.split("│")
        assert int(name) == true
        assert [0 if cell == "·" else int(cell) for cell in cells.split()] == confusion[true].tolist()
        assert share.strip() == f"{confusion[true, true] / confusion[true].sum():.1%}"
    assert len({len(line) for line in lines[1:]}) == 1


def test_the_columns_stand_below_their_names_however_large_the_counts() -> None:
    lines = [line.plain for line in confusion_lines(_confusion([[1_234_567, 1], [9_999_999, 12]]))]
    ends = [[found.end() for found in re.finditer(r"\S+", line)] for line in lines[1:]]
    assert ends[0] == ends[1] == ends[2]


def test_many_errors_in_one_place_stand_out() -> None:
    lines = confusion_lines(_confusion([[50, 20, 7, 6], [13, 60, 1, 0], [12, 0, 0, 5], [0, 2, 3, 70]]))
    loud = [line.plain[span.start : span.end] for line in lines for span in line.spans if str(span.style) == EMPHASIS]
    red = [line.plain[span.start : span.end] for line in lines for span in line.spans if str(span.style) == BAD]
    assert [int(cell) for cell in loud] == [20, 13]
    assert [int(cell) for cell in red] == [7, 12]


@pytest.mark.parametrize(
    ("count", "style"), [(20, EMPHASIS), (13, EMPHASIS), (12, BAD), (7, BAD), (6, None), (1, None), (0, "dim")]
)
def test_the_emphasis_follows_the_commonest_error(count: int, style: str | None) -> None:
    """Of 20, the commonest: above 60 % loud, above 30 % red, else plain."""
    line = confusion_lines(_confusion([[50, 20, count], [0, 50, 0], [0, 0, 50]]))[2]
    cell = [str(span.style) for span in line.spans if (span.start, span.end) == (18, 23)]
    assert cell == ([] if style is None else [style])


def test_single_errors_are_never_loud() -> None:
    line = confusion_lines(_confusion([[50, 1], [0, 50]]))[2]
    assert [str(span.style) for span in line.spans if (span.start, span.end) == (13, 18)] == [BAD]


def test_what_is_right_is_green_and_what_never_came_is_quiet() -> None:
    lines = confusion_lines(_confusion([[5, 0], [0, 0]]))
    assert [str(span.style) for span in lines[2].spans if (span.start, span.end) == (8, 13)] == [GOOD]
    assert [str(span.style) for span in lines[3].spans if (span.start, span.end) == (13, 18)] == ["dim"]


def test_the_commonest_confusions_come_first() -> None:
    confusion = _confusion([[90, 3, 0, 8], [3, 90, 12, 0], [1, 0, 90, 0], [2, 2, 0, 90]])
    assert confused_pairs(confusion) == [(1, 2, 12), (0, 3, 8), (0, 1, 3), (1, 0, 3), (3, 0, 2)]
    assert confused_pairs(_confusion([[4, 1], [0, 5]])) == [(0, 1, 1)]
    assert confused_pairs(_confusion([[4, 0], [0, 5]])) == []
    assert len(confused_pairs(_random_confusion(30))) == MOST_PAIRS


def test_the_matrix_stays_as_it_is() -> None:
    confusion = _random_confusion(4)
    confusion.flags.writeable = False
    before = confusion.tolist()
    confusion_lines(confusion)
    confused_pairs(confusion)
    assert confusion.tolist() == before


def test_results_to_the_sign() -> None:
    model, data = _mistaken([0, 0, 1, 2, 2], [0, 1, 1, 1, 1], 3)
    loss = evaluate(model, data).loss
    assert _shown(model, data).raw == "\n".join(
        [
            f"test  40.00% right, 3 errors in 5, loss {loss:.4f}",
            "",
            "              taken for",
            "  true │    0    1    2 │  right",
            "     0 │    1    1    · │  50.0%",
            "     1 │    ·    1    · │ 100.0%",
            "     2 │    ·    2    · │   0.0%",
            "",
            "most often misread  2 as 1 (2), 0 as 1 (1)",
            "",
        ]
    )


def test_without_errors_there_is_nothing_misread() -> None:
    text = _shown(*_mistaken([0, 1], [0, 1], 2)).raw
    assert "misread" not in text
    assert text.splitlines()[-1] == "     1 │    ·    1 │ 100.0%"


@pytest.mark.parametrize("classes", [2, MOST_CLASSES, MOST_CLASSES + 1, 200])
def test_a_matrix_of_many_classes_is_left_out(classes: int) -> None:
    text = _shown(*_mistaken([0, 0], [0, classes - 1], classes)).raw
    assert ("taken for" in text) == (classes <= MOST_CLASSES)
    assert f"misread  0 as {classes - 1} (1)" in text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("most", [10, 1_000, 100_000, 100_000_000])
@pytest.mark.parametrize("classes", [2, 10, 12, 30])
def test_results_fit_the_console(classes: int, most: int, width: int, kind: Kind) -> None:
    confusion = _random_confusion(classes, most)
    evaluation = Evaluation(1e-9, int(confusion.sum()), np.zeros(1, np.int64), confusion)
    shown = Shown(kind, width)
    print_results(_reader(classes), Dataset(np.zeros((1, 1)), np.zeros(1, int)), evaluation, shown.console, name="test")
    assert max(map(len, shown.lines)) <= width
    assert ("taken for" in shown.screen.text) == (classes <= 12 and len(confusion_lines(confusion)[0]) + 9 <= width)
    pairs = re.findall(r"(\d+) as (\d+) \(([\d,]+)\)", shown.lines[-1])
    expected = [(str(true), str(taken), f"{count:,}") for true, taken, count in confused_pairs(confusion)]
    assert pairs == expected[: len(pairs)]
    assert len(pairs) >= 2


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_for_terminals(kind: Kind) -> None:
    model, data = _images(4, 4)
    text = _shown(model, data, kind, image_shape=(4, 4)).screen.text
    assert ("row " in text) == (kind in TERMINALS)
    assert "row " not in _shown(model, data, kind).screen.text
    assert ("\x1b" in text) is False


@pytest.mark.parametrize("kind", TERMINALS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shape", [(2, 2), (8, 8), (28, 28), (28, 20), (40, 62), (5, 100), (30, 200)])
@pytest.mark.parametrize("classes", [10, 400])
def test_pictures_fit_the_console(classes: int, shape: tuple[int, int], width: int, kind: Kind) -> None:
    shown = _shown(*_images(*shape, classes=classes), kind, width, image_shape=shape)
    assert max(map(len, shown.lines)) <= width
    pictures = re.findall(r"row \d", shown.screen.text)
    block = shape[1] + len("    0 ▆ 10%" if classes == 10 else "    row 0")  # a margin, a gap, and words
    assert bool(pictures) == (block <= width)
    assert len(pictures) <= PICTURES_ACROSS * PICTURE_ROWS
    if shape == (28, 20):
        assert len(pictures) == PICTURE_ROWS * (2 if width == 80 else 3)


def test_no_room_for_pictures_leaves_no_trace() -> None:
    model, data = _images(4, 200)
    assert _shown(model, data, "terminal", image_shape=(4, 200)).raw == _shown(model, data, "terminal").raw


def test_a_picture_stands_beside_what_was_seen_in_it() -> None:
    """A row of four pixels, the first; its label is 1, and the model says 2, 1, 3 and 0 in this order."""
    model = _reader(4, certainty=0.01)
    data = Dataset(np.array([[0, 100, 200, 50]], np.float32), np.array([1]))
    table = misread_pictures(model.predict_proba(data.x), data, np.array([0]), (2, 2), Shown("no color").console)
    shown = Shown("no color", width=40)
    shown.console.print(table)
    p = model.predict_proba(data.x)[0]
    assert shown.lines == [
        "  ▄   row 1",
        " ▀    is 1",
        "",
        f"      2 {'▆' * round(6 * float(p[2]))} {p[2]:.0%}",
        f"      1 {'▆' * round(6 * float(p[1]))} {p[1]:.0%}",
        f"      3 {'▆' * round(6 * float(p[3]))} {p[3]:.0%}",
    ]


def test_the_true_class_is_there_however_improbable_and_no_other_below_a_percent() -> None:
    data = Dataset(np.array([[0, 0, 100, 0]], np.float32), np.array([1]))
    shown = Shown("no color")
    probabilities = _reader(4).predict_proba(data.x)
    shown.console.print(misread_pictures(probabilities, data, np.array([0]), (2, 2), shown.console))
    guesses = re.findall(r"(\d) (▆*) (\d+)%", shown.screen.text)
    assert guesses == [("2", "▆" * 6, "100"), ("1", "", "0")]


def test_the_surest_mistakes_come_first() -> None:
    true, taken = [1, 0, 2, 3, 0, 1, 0, 2, 0], [0, 0, 0, 0, 1, 0, 2, 0, 0]
    model, data = _mistaken(true, taken, 4)
    shown = _shown(model, data, "terminal", 120, image_shape=(2, 2))
    assert re.findall(r"row (\d)", shown.screen.text) == list("876543")
    probabilities = model.predict_proba(data.x).max(axis=1)
    assert sorted([2, 3, 4, 5, 6, 7], key=lambda row: -probabilities[row]) == [7, 6, 5, 4, 3, 2]


def test_a_row_is_the_row_of_the_data() -> None:
    """However many rows before it are right: the picture is that of the row, and so is its label."""
    x = np.zeros((1_300, 4), np.float32)
    x[:, 0] = 1
    x[1_234] = [0, 0, 0, 3]
    labels = np.zeros(1_300, int)
    labels[1_234] = 2
    shown = _shown(_reader(4), Dataset(x, labels), "no color", image_shape=(2, 2))
    assert "row 1,235" in shown.screen.text  # as the file has it, without its header, and as a submission would
    assert "is 2" in shown.screen.text
    assert shown.screen.text.count("row ") == 1
    assert " ▄   row 1,235" in shown.lines


def test_one_hot_rows_are_shown_as_their_labels() -> None:
    model, data = _images(4, 4)
    one_hot = Dataset(data.x, np.eye(10)[data.y])
    named = _shown(model, data, "terminal", 120, image_shape=(4, 4))
    assert "row 1" in named.screen.text
    assert _shown(model, one_hot, "terminal", 120, image_shape=(4, 4)).raw == named.raw


def test_equal_mistakes_come_in_the_order_of_the_rows() -> None:
    text = _shown(*_images(4, 4), "terminal", 120, image_shape=(4, 4)).screen.text
    assert re.findall(r"row (\d)", text) == list("123456")


@pytest.mark.parametrize("kind", KINDS)
def test_above_the_pictures_it_says_how_rows_are_counted(kind: Kind) -> None:
    text = _shown(*_images(4, 4), kind, image_shape=(4, 4)).screen.text
    assert ("\n\nsurest mistakes  rows counted from 1\n\n" in text) == (kind in TERMINALS)
    assert "surest mistakes" not in _shown(*_images(4, 200), kind, image_shape=(4, 200)).screen.text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FOREIGN + HARMFUL)
def test_a_foreign_name_is_a_name(name: str, kind: Kind) -> None:
    model, data = _mistaken([0, 1], [0, 0], 2)
    shown = Shown(kind, 200)
    evaluation = report(model, data, name=name, console=shown.console)
    plain = name if name in FOREIGN else name.encode("unicode_escape").decode()
    assert shown.lines[0].startswith(f"{plain}  50.00% right")
    for line in (result_line(evaluation, name), result_line(Evaluation(1.0, 2), name)):
        assert line.plain.startswith(f"{plain}  ")


@pytest.mark.parametrize("kind", LINES)
def test_lines_have_no_escape_codes(kind: Kind) -> None:
    assert "\x1b" not in _shown(*_images(4, 4), kind, image_shape=(4, 4)).raw


def test_report_gives_the_evaluation_and_prints(capsys: pytest.CaptureFixture[str]) -> None:
    model, data = _mistaken([0, 0, 1], [0, 1, 1], 2)
    evaluation = report(model, data)
    expected = evaluate(model, data)
    assert (evaluation.loss, evaluation.accuracy, evaluation.n) == (expected.loss, expected.accuracy, 3)
    assert capsys.readouterr().out.startswith("result  66.67% right, 1 error in 3, loss ")
    assert report(model, data.x, data.y, name="mine").loss == evaluation.loss
    assert capsys.readouterr().out.startswith("mine  66.67% right")
    squared = report(model, (data.x, data.y), loss=MeanSquaredError())
    assert squared.loss == evaluate(model, data, loss=MeanSquaredError()).loss
    assert f"loss {squared.loss:.4f}\n" in capsys.readouterr().out


def test_report_of_a_regression_is_its_loss() -> None:
    model = Sequential([Dense(1, 1)])
    model.set_weights({"layers.0.weight": np.ones((1, 1)), "layers.0.bias": np.zeros(1)})
    shown = Shown()
    evaluation = report(model, [[1.0], [2.0]], [[1.5], [2.5]], loss=MeanSquaredError(), console=shown.console)
    assert shown.lines == ["result  loss 0.2500 on 2 rows"]
    assert evaluation.loss == 0.25
    shown = Shown()
    report(model, [[1.0], [2.0]], [[1.5], [2.5]], loss=MeanSquaredError(), image_shape=(1, 1), console=shown.console)
    assert shown.lines == ["result  loss 0.2500 on 2 rows"]


@pytest.mark.parametrize("shape", [(2, 3), (1, 1), (28, 28), (-2, -2)])
def test_report_refuses_an_image_shape_that_is_not_that_of_the_rows(shape: tuple[int, int]) -> None:
    model, data = _images(2, 2)
    with pytest.raises(InputError, match=r"image_shape: got .*; expected a height and a width of 4 pixels in all"):
        report(model, data, image_shape=shape)
