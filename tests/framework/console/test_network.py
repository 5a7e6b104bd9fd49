"""The network before training: nothing folded that must not be, nothing cut off, and names that stay names."""

import re

import numpy as np
import pytest

from framework import (
    SGD,
    Adam,
    Affine,
    BatchNorm,
    ConstantSchedule,
    CosineSchedule,
    Dataset,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    ReLU,
    Rescale,
    Residual,
    Schedule,
    Sequential,
    SoftmaxCrossEntropy,
    Step,
    Training,
    TrainingSettings,
)
from framework.console.network import (
    WIDEST,
    facts_table,
    framed,
    network_table,
    print_opening,
    shown_bytes,
    shown_optimizer,
    shown_schedule,
    shown_shape,
    sizes,
)
from framework.types import Array, Shape
from tests.framework.console.consoles import (
    FOREIGN,
    FRAME,
    HARMFUL,
    KINDS,
    LINES,
    TERMINALS,
    WIDTHS,
    Kind,
    Odd,
    Shown,
    run_of,
    two_classes,
)

NAMES = FOREIGN + HARMFUL


class Same(Layer):
    """y = x, under any name."""

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        return x

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy


class Named(Same):
    """y = x, with a formula of any kind."""

    def __init__(self, text: str) -> None:
        self.text = text

    def formula(self, x: str, number: int) -> str:
        return self.text


class Halves(Same):
    """The first half of x, for two multiply-adds a number of x."""

    def output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0] // 2,)

    def multiply_adds(self, input_shape: Shape) -> int:
        return 2 * input_shape[0]


def _digits() -> Sequential:
    return Sequential([Rescale(1 / 255), Dense(784, 128), ReLU(), Dense(128, 10)])


def _table(model: Sequential, *, costs: bool = False, width: int = 80) -> list[str]:
    shown = Shown("piped", width)
    shown.console.print(network_table(model, SoftmaxCrossEntropy(), costs=costs))
    return [line.rstrip() for line in shown.lines]


def _opening(training: Training, shown: Shown, *, title: str = "", source: str = "") -> str:
    print_opening(training, shown.console, title=title, source=source)
    return shown.screen.text


def test_the_table_to_the_sign() -> None:
    assert _table(_digits(), costs=True) == [
        "layer    formula                output  parameters   memory  mult-adds",
        "input    X                         784",
        "Rescale  X ← X / 255               784",
        "Dense    Z1 = W1·X + b1            128     100,480   402 kB    100,352",
        "ReLU     A1 = max(0, Z1)           128",
        "Dense    Z2 = W2·A1 + b2            10       1,290  5.16 kB      1,280",
        "loss     A2 = softmax(Z2)",
        "         L = −Σ Y ⊙ log A2 / m",
        "                                           101,770   407 kB    101,632",
    ]


def test_the_layers_of_a_layer_stand_below_it() -> None:
    inner = Residual([LayerNorm(8), Dropout(0.5)])
    model = Sequential([Dense(5, 4), BatchNorm(4), Residual([Dense(4, 8), inner, Dense(8, 4)]), Dense(4, 2)])
    assert _table(model, costs=True, width=100) == [
        "layer          formula                              output  parameters  memory  mult-adds",
        "input          X                                         5",
        "Dense          Z1 = W1·X + b1                            4          24    96 B         20",
        "BatchNorm      Z1 ← γ1 ⊙ (Z1 − μ) / √(σ² + ε) + β1       4           8    32 B",
        "Residual       Z1 ← Z1 + f(Z1)                           4",
        "  Dense        Z2 = W2·Z1 + b2                           8          40   160 B         32",
        "  Residual     Z2 ← Z2 + f(Z2)                           8",
        "    LayerNorm  Z2 ← γ2 ⊙ (Z2 − μ) / √(σ² + ε) + β2       8          16    64 B",
        "    Dropout    Z2 ← Z2 ⊙ mask / 0.5                      8",
        "  Dense        Z3 = W3·Z2 + b3                           4          36   144 B         32",
        "Dense          Z4 = W4·Z1 + b4                           2          10    40 B          8",
        "loss           A4 = softmax(Z4)",
        "               L = −Σ Y ⊙ log A4 / m",
        "                                                                   134   536 B         92",
    ]


def test_without_costs_there_are_none() -> None:
    assert _table(_digits())[0].split() == ["layer", "formula", "output", "parameters"]
    assert _table(_digits())[-1].split() == ["101,770"]


def test_a_float64_model_takes_twice_the_memory() -> None:
    rows = _table(Sequential([Dense(784, 128)], dtype=np.float64), costs=True)
    assert rows[2].split()[-4:] == rows[-1].split() == ["100,480", "804", "kB", "100,352"]


def test_the_work_of_a_layer_is_that_for_what_comes_in() -> None:
    _, _, first, second, *_, total = _table(Sequential([Halves(), Halves()], input_shape=(8,)), costs=True)
    assert [row.split()[-1] for row in (first, second, total)] == ["16", "8", "24"]


@pytest.fixture(scope="module")
def large() -> Sequential:
    layers = [Dense(4_000, 3_000), ReLU(), Dropout(0.125), Dense(3_000, 1_000)]
    return Sequential(layers)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", WIDTHS)
def test_numbers_in_the_millions_are_whole(width: int, kind: Kind, large: Sequential) -> None:
    shown = Shown(kind, width)
    framed(network_table(large, SoftmaxCrossEntropy(), costs=True), shown.console, "large")
    text = shown.screen.text
    for number in ("12,003,000", "12,000,000", "48 MB", "3,001,000", "3,000,000", "12 MB", "15,004,000", "60 MB"):
        assert f"  {number} " in f"{text} ".replace("\n", " \n"), number
    assert "A1 ← A1 ⊙ mask / 0.875" in text
    assert max(map(len, shown.lines)) <= width


def test_where_there_is_little_room_words_are_folded_and_numbers_are_not(large: Sequential) -> None:
    shown = Shown("piped", width=50)
    shown.console.print(network_table(large, SoftmaxCrossEntropy(), costs=True))
    for number in ("12,003,000", "12,000,000", "3,001,000", "3,000,000", "15,004,000", "15,000,000"):
        assert number in shown.screen.text
    assert max(map(len, shown.lines)) <= 50


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_formula_is_folded_and_not_cut(width: int, kind: Kind) -> None:
    words = [f"w{number}" for number in range(60)]
    model = Sequential([Dense(2_000, 1_000), Named(" ".join(words)), Dense(1_000, 2), Named("q" * 300)])
    shown = Shown(kind, width)
    framed(network_table(model, SoftmaxCrossEntropy(), costs=True), shown.console, "odd")
    assert re.findall(r"w\d+", shown.screen.text) == words
    assert shown.screen.text.count("q") == 300
    assert "…" not in shown.screen.text
    assert max(map(len, shown.lines)) <= width


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_layer_of_a_deep_network_has_its_row(width: int, kind: Kind) -> None:
    layers: list[Layer] = []
    for _ in range(60):
        layers += [Dense(256, 256), ReLU(), Dropout(0.5)]
    shown = Shown(kind, width)
    text = _opening(run_of(model=Sequential([Dense(3, 256), *layers, Dense(256, 2)])), shown)
    assert len(re.findall(r"Z\d+ = W", text)) == 62
    assert f"Z60 = W60·A59 + b60{' ' * 10}"[:19] in text
    assert "3,949,058" in text
    assert "3-256-256-256-256-256-...-2" in text
    assert "…" not in text
    assert max(map(len, shown.lines)) <= width


def test_sizes() -> None:
    assert sizes(_digits()) == "784-128-10"
    assert sizes(Sequential([ReLU()], input_shape=(28, 28))) == "28x28"
    assert sizes(Sequential([Dense(2, 2) for _ in range(7)])) == "2-2-2-2-2-2-2-2"
    assert sizes(Sequential([*(Dense(2, 2) for _ in range(7)), Dense(2, 5)])) == "2-2-2-2-2-2-...-5"


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (5160, "5.16 kB"),
        (407_080, "407 kB"),
        (1_628_200, "1.63 MB"),
        (999_499, "999 kB"),
        (999_600, "1 MB"),
        (10**9, "1 GB"),
        (12_345_678_901, "12.3 GB"),
        (10**12, "1 TB"),
    ],
)
def test_bytes(count: int, expected: str) -> None:
    assert shown_bytes(count) == expected


def test_the_rate_of_an_optimizer_always_shows() -> None:
    assert shown_optimizer(Adam()) == "Adam(), learning rate 0.001"
    assert shown_optimizer(Adam(0.01)) == "Adam(learning_rate=0.01)"
    assert shown_optimizer(SGD(0.5, momentum=0.9)) == "SGD(learning_rate=0.5, momentum=0.9)"


def test_a_schedule_shows_its_curve_unless_it_is_level() -> None:
    assert shown_schedule(ConstantSchedule()) == "ConstantSchedule()"
    assert shown_schedule(CosineSchedule()) == "CosineSchedule()  ████▇▇▇▆▆▆▅▅▄▄▃▃▃▂▂▂▁▁▁▁"
    assert shown_schedule(ConstantSchedule(warmup=0.5)).startswith("ConstantSchedule(warmup=0.5)  ▁▂▂▃▄▄▅▅▆▇▇██████")


def test_the_curve_of_a_schedule_begins_at_0() -> None:
    """A schedule that falls by a tenth is no slope from everything to nothing."""
    assert "▁" not in shown_schedule(CosineSchedule(final=0.9)).removeprefix("CosineSchedule(final=0.9)")


def test_shapes() -> None:
    assert (shown_shape((784,)), shown_shape((28, 28, 3))) == ("784", "28 x 28 x 3")


@pytest.mark.parametrize("width", [40, 80, 100, 120, 300])
@pytest.mark.parametrize("kind", TERMINALS)
def test_a_terminal_gets_a_frame_that_is_no_wider_than_can_be_read(kind: Kind, width: int) -> None:
    shown = Shown(kind, width)
    framed("content", shown.console, "title")
    assert {len(line) for line in shown.lines} == {min(width, WIDEST)}
    assert shown.lines[0].startswith("╭──")
    assert "  title  " in shown.lines[0]
    assert shown.lines[2].split() == ["│", "content", "│"]


@pytest.mark.parametrize("kind", LINES)
def test_lines_have_neither_frame_nor_escape_codes(kind: Kind) -> None:
    shown = Shown(kind)
    text = _opening(run_of(validated=True), shown, title="a title", source="x.csv")
    assert not set(text) & {*FRAME, "│", "─"}
    assert "\x1b" not in shown.raw
    assert shown.lines[0] == "a title"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_facts_of_a_run(width: int, kind: Kind) -> None:
    shown = Shown(kind, width)
    text = _opening(run_of(1_000, validated=True, optimizer=SGD(0.5)), shown, source="x.csv")
    facts = dict(re.findall(r"^│? *(\w+)  +(.*?) *│?$", text[text.index("data ") :], re.MULTILINE))
    assert facts == {
        "data": "8 samples, 8 held out, from x.csv",
        "loss": "SoftmaxCrossEntropy()",
        "optimizer": "SGD(learning_rate=0.5)",
        "schedule": "ConstantSchedule()",
        "run": "1,000 epochs of 2 steps, 4 samples each",
    }
    assert max(map(len, shown.lines)) <= width


def test_one_is_not_many() -> None:
    text = _opening(run_of(1, data=two_classes().rows(np.array([0])), batch_size=1), Shown("piped"))
    assert "data       1 sample\n" in text
    assert "run        1 epoch of 1 step, 1 sample each" in text


def test_augmentation_is_a_fact() -> None:
    images = Dataset(np.zeros((4, 4), np.uint8), np.array([0, 1, 0, 1]))
    training = Training(
        Sequential([Rescale(1 / 255), Dense(4, 2)], seed=0),
        images,
        optimizer=Adam(),
        augmentation=Affine((2, 2), shift=0.5),
        settings=TrainingSettings(1, threads=1),
    )
    assert "augmented  Affine((2, 2), shift=0.5), anew in every epoch" in _opening(training, Shown("piped"))


def test_without_a_title_it_is_the_sizes() -> None:
    assert _opening(run_of(), Shown("piped")).splitlines()[0] == "3-2"
    assert "  3-2  " in _opening(run_of(), Shown()).splitlines()[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_foreign_name_is_a_name_wherever_it_stands(name: str, kind: Kind) -> None:
    plain = name if name in FOREIGN else name.encode("unicode_escape").decode()
    model = Sequential([Dense(3, 2), Named(name)], seed=0)
    shown = Shown(kind, width=200)
    text = _opening(run_of(model=model, optimizer=Odd(name)), shown, title=name, source=name)
    assert plain in text.splitlines()[0]
    assert f"from {plain}" in text
    assert f"Odd({name!r})" in text or f"Odd({plain!r})" in text
    assert f"Z1 ← {plain}" in text


@pytest.mark.parametrize("name", [name for name in NAMES if name.isascii() and "\x00" not in name])
def test_a_class_may_have_any_name(name: str) -> None:
    plain = name if name in FOREIGN else name.encode("unicode_escape").decode()
    row = _table(Sequential([type(name, (Same,), {})()], input_shape=(3,)), width=120)[2]
    assert re.split(r" {2,}", row) == [plain, f"X ← {plain}(X)", "3"]


@pytest.mark.parametrize("name", NAMES)
def test_a_foreign_fact_is_a_fact(name: str) -> None:
    plain = name if name in FOREIGN else name.encode("unicode_escape").decode()
    shown = Shown()
    shown.console.print(facts_table([(name, name)]))
    assert shown.lines == [f"{plain}  {plain}"]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_fact_is_folded_and_not_cut(width: int) -> None:
    shown = Shown("piped", width)
    shown.console.print(facts_table([("data", "/a" * 200), ("optimizer", "x")]))
    assert shown.screen.text.count("/a") + shown.screen.text.count("/\n") >= 199
    assert "".join(line[11:] for line in shown.lines[:-1]) == "/a" * 200
    assert shown.lines[-1] == "optimizer  x"


class Wave(Schedule):
    """Up and down."""

    def __call__(self, progress: float) -> float:
        return progress % 0.5


def test_a_schedule_of_ones_own_shows_too() -> None:
    assert shown_schedule(Wave()) == f"Wave()  {'▁▂▃▃▄▄▅▆▆▇▇█' * 2}"
