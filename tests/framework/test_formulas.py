"""Formulas: each layer and each loss as the lesson writes it, and the numbers in a chain of them."""

from collections.abc import Sequence
from typing import get_args

import pytest
from numpy.typing import ArrayLike

from framework import (
    BatchNorm,
    BinaryCrossEntropy,
    Constant,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Huber,
    Layer,
    LeakyReLU,
    Loss,
    MaxPool2D,
    MeanSquaredError,
    Parameter,
    ReLU,
    Rescale,
    Residual,
    Sequential,
    Sigmoid,
    SoftmaxCrossEntropy,
    Step,
    Tanh,
)
from framework.formulas import layer_formulas, loss_formulas
from framework.specs.losses import LossUnion
from framework.types import Array, Shape
from tests.cases.layers import LAYERS, LayerCase


class Scale(Layer):
    """A layer that says nothing of formulas."""

    def __init__(self) -> None:
        self.factors = Parameter("factors", (5,), Constant(1.0))
        self.parameters = (self.factors,)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        return x * self.factors.value

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy * self.factors.value


class Window(Scale):
    """A layer that says what it is, and that it uses its three weights once per output."""

    symbol = "Z"

    def __init__(self) -> None:
        self.window = Parameter("window", (3, 1), Constant(1.0))
        self.parameters = (self.window,)

    def formula(self, x: str, number: int) -> str:
        return f"W{number} * {x}"

    def multiply_adds(self, input_shape: Shape) -> int:
        return 3 * input_shape[0]


class Odd(Loss):
    """A loss that says nothing of formulas."""

    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return 0.0

    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        return 0.0, outputs


VECTOR: Shape = (5,)
IMAGE: Shape = (6, 8, 3)

SPECIAL: tuple[tuple[Layer, Shape, str, int], ...] = (
    (Rescale(1 / 255), VECTOR, "X ← X / 255", 0),
    (Rescale(0.3), VECTOR, "X ← X / 3.333", 0),
    (Rescale(-0.5), VECTOR, "X ← X / -2", 0),
    (Rescale(1.0), VECTOR, "X ← X · 1", 0),
    (Rescale(-2.5), VECTOR, "X ← X · -2.5", 0),
    (Conv2D(3, 4, kernel_size=1, use_bias=False), IMAGE, "Z1 = W1 ∗ X", 6 * 8 * 3 * 4),
    (Scale(), VECTOR, "X ← Scale(X)", 0),
    (Window(), VECTOR, "Z1 = W1 * X", 15),
)
"""What the table of all layers does not have."""

Chain = tuple[Sequence[Layer], list[str]]
CHAINS: dict[str, Chain] = {
    "the lesson": ([Dense(5, 4), ReLU(), Dense(4, 3)], ["Z1 = W1·X + b1", "A1 = max(0, Z1)", "Z2 = W2·A1 + b2"]),
    "no bends": ([Dense(5, 4), Dense(4, 3)], ["Z1 = W1·X + b1", "Z2 = W2·Z1 + b2"]),
    "two bends": ([Dense(5, 4), ReLU(), Tanh()], ["Z1 = W1·X + b1", "A1 = max(0, Z1)", "A1 ← tanh A1"]),
    "layers that name nothing": (
        [Rescale(0.5), Dropout(0.5), Dense(5, 5), Dropout(0.25), Sigmoid(), Dropout(0.2), Dense(5, 1), Rescale(4.0)],
        [
            "X ← X / 2",
            "X ← X ⊙ mask / 0.5",
            "Z1 = W1·X + b1",
            "Z1 ← Z1 ⊙ mask / 0.75",
            "A1 = 1 / (1 + exp −Z1)",
            "A1 ← A1 ⊙ mask / 0.8",
            "Z2 = W2·A1 + b2",
            "Z2 ← Z2 · 4",
        ],
    ),
    "layers of one's own": (
        [Scale(), Window(), LeakyReLU(), Scale(), Dense(5, 2)],
        ["X ← Scale(X)", "Z1 = W1 * X", "A1 = max(Z1, 0.01·Z1)", "A1 ← Scale(A1)", "Z2 = W2·A1 + b2"],
    ),
    "a picture, and a layer of layers": (
        [
            Conv2D(3, 4, kernel_size=3),
            BatchNorm(4),
            ReLU(),
            MaxPool2D(2),
            Flatten(),
            Residual([Dense(24, 24), Tanh(), Dense(24, 24)]),
            Dense(24, 2),
        ],
        [
            "Z1 = W1 ∗ X + b1",
            "Z1 ← γ1 ⊙ (Z1 − μ) / √(σ² + ε) + β1",
            "A1 = max(0, Z1)",
            "A1 ← max 2×2 of A1",
            "A1 ← flatten(A1)",
            "A1 ← A1 + f(A1)",
            "Z2 = W2·A1 + b2",
            "A2 = tanh Z2",
            "Z3 = W3·A2 + b3",
            "Z4 = W4·A1 + b4",
        ],
    ),
    "twelve": (
        [Dense(2, 2) for _ in range(12)],
        ["Z1 = W1·X + b1", *(f"Z{n} = W{n}·Z{n - 1} + b{n}" for n in range(2, 13))],
    ),
}

LOSSES: tuple[tuple[Loss, tuple[str, ...]], ...] = (
    (SoftmaxCrossEntropy(), ("A2 = softmax(Z2)", "L = −Σ Y ⊙ log A2 / m")),
    (
        SoftmaxCrossEntropy(label_smoothing=0.05),
        ("A2 = softmax(Z2)", "Y ← 0.95·Y + 0.05 / k", "L = −Σ Y ⊙ log A2 / m"),
    ),
    (MeanSquaredError(), ("L = Σ (Z2 − Y)² / (k m)",)),
    (
        SoftmaxCrossEntropy(class_weights=(1.0, 2.0, 3.0)),
        ("A2 = softmax(Z2)", "w = Σ c ⊙ Y", "L = −Σ w ⊙ Y ⊙ log A2 / Σ w"),
    ),
    (
        SoftmaxCrossEntropy(0.05, (1.0, 2.0, 3.0)),
        ("A2 = softmax(Z2)", "w = Σ c ⊙ Y", "Y ← 0.95·Y + 0.05 / k", "L = −Σ w ⊙ Y ⊙ log A2 / Σ w"),
    ),
    (
        BinaryCrossEntropy(),
        ("A2 = 1 / (1 + exp −Z2)", "L = −Σ (Y ⊙ log A2 + (1 − Y) ⊙ log(1 − A2)) / (k m)"),
    ),
    (Huber(0.5), ("C = max(-0.5, min(0.5, Z2 − Y))", "L = Σ C ⊙ (Z2 − Y − C/2) / (k m)")),
    (Odd(), ("L = Odd(Z2, Y)",)),
)


def test_every_loss_of_the_vocabulary_has_a_case() -> None:
    assert {type(loss) for loss, _ in LOSSES} >= {spec.component for spec in get_args(LossUnion)}


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
def test_the_formula_and_the_work_of_every_layer(case: LayerCase) -> None:
    layer = case.make()
    formula, *inner = layer_formulas([layer])
    assert formula == case.formula
    assert bool(inner) == bool(layer.layers)
    assert layer.multiply_adds(case.shape) == case.multiply_adds


@pytest.mark.parametrize(("layer", "shape", "formula", "work"), SPECIAL, ids=[repr(layer) for layer, *_ in SPECIAL])
def test_the_formula_and_the_work_of_a_layer(layer: Layer, shape: Shape, formula: str, work: int) -> None:
    assert layer_formulas([layer]) == [formula]
    assert layer.multiply_adds(shape) == work
    layer.output_shape(shape)  # the shape is one it takes


@pytest.mark.parametrize(("layers", "formulas"), CHAINS.values(), ids=CHAINS)
def test_the_formulas_of_a_chain(layers: Sequence[Layer], formulas: list[str]) -> None:
    assert layer_formulas(layers) == formulas


@pytest.mark.parametrize(("loss", "formulas"), LOSSES, ids=[repr(loss) for loss, _ in LOSSES])
def test_the_formulas_of_a_loss(loss: Loss, formulas: tuple[str, ...]) -> None:
    assert loss_formulas([Dense(5, 4), ReLU(), Dense(4, 3)], loss) == formulas


def test_a_loss_after_a_bend_takes_what_that_gives() -> None:
    layers = [Dense(5, 3), ReLU()]
    assert loss_formulas(layers, MeanSquaredError()) == ("L = Σ (A1 − Y)² / (k m)",)
    assert loss_formulas(layers, SoftmaxCrossEntropy()) == ("A1 ← softmax(A1)", "L = −Σ Y ⊙ log A1 / m")


def test_a_loss_alone_takes_the_input() -> None:
    assert loss_formulas([Dropout(0.5)], SoftmaxCrossEntropy()) == ("A0 = softmax(X)", "L = −Σ Y ⊙ log A0 / m")


def test_the_work_is_that_of_the_matrix_products() -> None:
    model = Sequential([Rescale(0.5), Dense(7, 5), ReLU(), Dense(5, 3, use_bias=False)])
    shapes = (model.input_shape, *model.shapes)
    assert [layer.multiply_adds(shape) for layer, shape in zip(model.layers, shapes, strict=False)] == [0, 35, 0, 15]
