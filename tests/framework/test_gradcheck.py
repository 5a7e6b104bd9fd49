"""The gradient checker: right gradients pass, planted mistakes are found where they were planted, kinks are counted."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike

import framework.gradcheck.slopes as slopes
from framework import (
    CheckFailed,
    Constant,
    Dense,
    HeNormal,
    InputError,
    Layer,
    LeakyReLU,
    Loss,
    MeanSquaredError,
    Parameter,
    ReLU,
    Rescale,
    Sequential,
    SoftmaxCrossEntropy,
    Step,
    Tanh,
)
from framework.activations import Sigmoid
from framework.buffers import Buffer
from framework.gradcheck import Comparison, GradientReport, check, unsettle
from framework.layers import BatchNorm, Conv2D, Flatten, MaxPool2D
from framework.layers.base import Activation
from framework.losses import BinaryCrossEntropy, Huber
from framework.representation import constructor_call
from framework.types import Array
from tests.cases.layers import LAYERS, LayerCase

SCREEN = 24
"""Lines of a terminal, and columns."""
WIDTH = 80

TOLERANCE = 1e-7
"""The checker's own."""

FAULTS = {
    "weight sign": ("weight", None),
    "weight of one sample": ("weight", None),
    "weight entry": ("weight", (2, 1)),
    "weight accumulated": ("weight", None),
    "weight never written": ("weight", None),
    "bias not summed": ("bias", None),
    "bias of the mean": ("bias", None),
    "bias entry": ("bias", (3,)),
    "dx of the weight as it stands": ("x", None),
    "dx a little too large": ("x", None),
    "dx entry": ("x", (1, 3)),
    "slope": ("x", None),
    "dx not finite": ("x", (0, 0)),
}
"""What is planted in a Bent layer: the array that is wrong, and the entry if there is but one."""


class Bent(Layer):
    """y = tanh(x W + b), W square, with a mistake in backward unless it is called 'none'."""

    def __init__(self, features: int, fault: str = "none") -> None:
        self.features = features
        self.fault = fault
        self.input_shape = (features,)
        self.weight = Parameter("weight", (features, features), HeNormal())
        self.bias = Parameter("bias", (features,), Constant(0.0))
        self.parameters = (self.weight, self.bias)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        y: Array = np.tanh(x @ self.weight.value + self.bias.value)
        if step is not None:
            self.keep(x=x, y=y)
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        x, y, fault = self.kept("x"), self.kept("y"), self.fault
        dz = dy * (1 - y**2)
        weight = x.T @ dz
        if fault == "weight accumulated":
            weight += self.weight.grad
        if fault != "weight never written":
            self.weight.grad[...] = weight
        self.bias.grad[...] = dz.sum(axis=0)
        dx: Array = dz @ self.weight.value.T
        if fault == "weight sign":
            self.weight.grad[...] *= -1
        elif fault == "weight of one sample":
            self.weight.grad[...] = x[:1].T @ dz[:1]
        elif fault == "weight entry":
            self.weight.grad[2, 1] *= 1.001
        elif fault == "bias not summed":
            self.bias.grad[...] = dz[0]
        elif fault == "bias of the mean":
            self.bias.grad[...] = dz.mean(axis=0)
        elif fault == "bias entry":
            self.bias.grad[3] += 1e-6
        elif fault == "dx of the weight as it stands":
            dx = dz @ self.weight.value
        elif fault == "dx a little too large":
            dx *= 1.00001
        elif fault == "dx entry":
            dx[1, 3] *= 1.01
        elif fault == "dx not finite":
            dx[0, 0] = np.nan
        elif fault == "slope":
            dx = (dy * (1 - np.abs(y))) @ self.weight.value.T
        return dx if need_dx else None


class Odd(Layer):
    """The identity, with one promise of a layer broken."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.calls = 0

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        self.calls += 1
        if self.fault == "writes x":
            x *= 2
        if self.fault == "float32":
            return x.astype(np.float32)
        if self.fault == "infinite":
            return x / np.zeros_like(x)
        if self.fault == "another shape":
            return x[:, :-1]
        if self.fault == "its own random numbers":
            return x * np.random.default_rng(self.calls).uniform(1, 2)
        return x.copy()

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        if self.fault == "no dx":
            return None
        return dy[:1] if self.fault == "dx of another shape" else dy


class WrongLoss(Loss):
    """The mean of the squares of all outputs, whose gradient is not divided by the number of samples."""

    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return float(np.square(outputs).sum(axis=1).mean())

    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        return self.value(outputs, targets), 2 * outputs


class WrongReLU(Activation):
    """A ReLU whose slope is 1 on both sides."""

    def activate(self, x: Array, out: Array | None) -> Array:
        return np.maximum(x, 0, out=out)

    def slope(self, x: Array, y: Array, out: Array) -> Array:
        out[...] = 1
        return out


class Bend(Activation):
    """y = tanh(k x) / k: smooth, and for a large k almost a corner."""

    def __init__(self, k: float, wrong: float = 1.0) -> None:
        self.k = k
        self.wrong = wrong

    def activate(self, x: Array, out: Array | None) -> Array:
        y: Array = np.tanh(self.k * x) / self.k
        return y

    def slope(self, x: Array, y: Array, out: Array) -> Array:
        out[...] = (1 - (self.k * y) ** 2) * self.wrong
        return out


def entry(report: GradientReport) -> Comparison:
    """The entry a report points at."""
    assert report.culprit is not None
    return report.culprit


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_built_in_layer_passes(case: LayerCase, seed: int) -> None:
    report = check(case.make(), input_shape=case.shape, seed=seed)
    assert report.ok, str(report)
    assert report.kinks == 0
    assert "between two Dense layers" in report.setting


def test_a_layer_of_ones_own_needs_no_spec() -> None:
    report = check(Bent(5))
    assert report.ok, str(report)
    tested = {entry.place for entry in report.entries if entry.layer == "layers.1" and entry.kind == "Bent"}
    assert tested == {f"weight[{i}, {j}]" for i in range(5) for j in range(5)} | {f"bias[{j}]" for j in range(5)}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_mistake_is_found_where_it_is(fault: str) -> None:
    parameter, index = FAULTS[fault]
    report = check(Bent(5, fault))
    found = entry(report)
    assert not report.ok
    assert (found.layer, found.kind, found.parameter) == ("layers.1", "Bent", parameter)
    assert index is None or found.index == index
    assert found.error > report.tolerance
    same_array = [other for other in report.entries if other.array == found.array and other.index is not None]
    assert found.error == max(other.error for other in same_array)
    if index is not None and parameter != "x":
        assert [other.index for other in report.wrong] == [index]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_mistake_deep_in_a_model_is_not_blamed_on_the_layers_around_it(fault: str) -> None:
    layers = [Rescale(1 / 255), Dense(6, 5), Tanh(), Bent(5, fault), Sigmoid(), Bent(5), Dense(5, 3)]
    found = entry(check(Sequential(layers, seed=0)))
    assert (found.layer, found.parameter) == ("layers.3", FAULTS[fault][0])


@pytest.mark.parametrize(("row", "column"), [(0, 0), (783, 0), (311, 200), (783, 511)])
def test_a_single_wrong_entry_of_400_000_is_found(row: int, column: int) -> None:
    class OneWrong(Layer):
        def __init__(self) -> None:
            self.input_shape = (784,)
            self.weight = Parameter("weight", (784, 512), HeNormal())
            self.parameters = (self.weight,)

        def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
            return (512,)

        def forward(self, x: Array, *, step: Step | None = None) -> Array:
            if step is not None:
                self.keep(x=x)
            y: Array = x @ self.weight.value
            return y

        def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
            np.matmul(self.kept("x").T, dy, out=self.weight.grad)
            self.weight.grad[row, column] *= 1.5
            return dy @ self.weight.value.T if need_dx else None

    model = Sequential([OneWrong(), Tanh(), Dense(512, 10)], seed=0)
    found = entry(check(model))
    assert (found.array, found.index) == ("layers.0.weight", (row, column))
    assert found.analytic == pytest.approx(1.5 * found.numeric, rel=1e-4)


def test_a_loss_that_forgets_to_divide_by_n_is_named() -> None:
    report = check(Sequential([Dense(4, 3), Tanh(), Dense(3, 2)], seed=0), loss=WrongLoss())
    found = entry(report)
    assert (found.layer, found.kind) == ("loss", "WrongLoss")
    assert found.analytic == pytest.approx(6 * found.numeric, rel=1e-6)  # rows of a batch made here
    assert {wrong.layer for wrong in report.wrong} == {"layers.0", "layers.2", "loss"}


def test_the_numbers_are_those_of_the_weights_and_data_that_are_given() -> None:
    model = Sequential([Dense(1, 1)])
    model.set_weights({"layers.0.weight": np.array([[3.0]]), "layers.0.bias": np.array([1.0])})
    report = check(model, [[2.0]], [1.0])  # y = 7, L = (7 − 1)², ∂L/∂y = 12
    assert report.ok
    assert {entry.place: entry.analytic for entry in report.entries} == {
        "weight[0, 0]": 24,
        "bias[0]": 12,
        "x[0, 0]": 36,
    }
    for compared in report.entries:
        assert compared.numeric == pytest.approx(compared.analytic, rel=1e-9)
    assert report.setting == "at its own weights; 1 row; MeanSquaredError()"


def test_a_model_is_not_touched() -> None:
    model = Sequential([Dense(4, 3), BatchNorm(3), ReLU(), Dense(3, 2)], seed=0)
    weights = model.get_weights()
    report = check(model)
    assert report.ok
    for path, after in model.get_weights().items():
        np.testing.assert_array_equal(after, weights[path])
    assert not model.parameters.grads.any()
    assert not any("scratch" in vars(layer) for layer in model.layers)


def test_the_same_seed_gives_the_same_report() -> None:
    layer = Conv2D(2, 3)
    assert check(layer, seed=3) == check(layer, seed=3)
    assert check(layer, seed=3) != check(layer, seed=4)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("writes x", "layers.1 (Odd): forward changed x; expected it to stay as it is"),
        ("float32", "layers.1 (Odd): forward gives float32 in a float64 model; expected float64"),
        ("infinite", "layers.1 (Odd): forward gives numbers that are not finite"),
        ("another shape", "layers.1 (Odd): forward gives shape (6, 5); expected (6, 6)"),
        ("its own random numbers", "layers.1 (Odd): two forwards of one step differ; expected random numbers from"),
        ("no dx", "layers.1 (Odd): backward with need_dx=True returned None; expected dx"),
        ("dx of another shape", "layers.1 (Odd): backward gives shape (1, 6); expected (6, 6)"),
    ],
)
def test_what_cannot_be_compared_is_reported(fault: str, said: str) -> None:
    report = check(Odd(fault))
    assert not report.ok
    assert report.entries == ()
    assert report.problem is not None
    assert report.problem.startswith(said)
    with pytest.raises(CheckFailed, match=r"^layers\.1 \(Odd\): "):
        report.raise_if_wrong()
    assert said in str(report).replace("\n", " ")


def test_weights_that_are_not_finite_are_reported() -> None:
    model = Sequential([Dense(4, 3), Tanh(), Dense(3, 2)], seed=0)
    next(iter(model.parameters)).value[1, 1] = np.nan
    assert check(model).problem == "layers.0 (Dense): forward gives numbers that are not finite"


def test_a_kink_is_skipped_and_counted() -> None:
    x = np.where(np.arange(40).reshape(10, 4) % 3, 1.0, -1.0)
    x[2, 1] = 0
    model = Sequential([ReLU(), Dense(4, 3)], input_shape=(4,), seed=0)
    report = check(model, x, np.arange(10) % 3)
    assert [entry.place for entry in report.entries if entry.kink] == ["x[2, 1]"]
    assert report.kinks == 1
    assert report.ok
    assert "skipped at kinks" in str(report)


def test_two_equal_pixels_of_a_window_are_kinks() -> None:
    x = np.random.default_rng(0).permutation(128).reshape(2, 8, 8, 1) / 64
    x[0, 2, 2, 0] = x[0, 3, 3, 0] = 7.0
    model = Sequential([MaxPool2D(), Flatten(), Dense(16, 3)], input_shape=(8, 8, 1), seed=0)
    report = check(model, x, [0, 1], samples=200)
    assert {entry.place for entry in report.entries if entry.kink} == {"x[0, 2, 2, 0]", "x[0, 3, 3, 0]"}
    assert report.ok


def test_too_many_kinks_are_a_failure() -> None:
    model = Sequential([Dense(3, 8), ReLU(), Dense(8, 3)], seed=0)
    report = check(model, np.zeros((5, 3)), [0, 1, 2, 0, 1])
    assert not report.wrong
    assert report.kinks == 8 + 15  # each bias of the first layer, and all of x
    assert not report.ok
    with pytest.raises(CheckFailed, match=r"^23 of 74 entries lie at a kink of the loss"):
        report.raise_if_wrong()


def test_gradients_that_do_not_reach_a_layer_prove_nothing() -> None:
    model = Sequential([Dense(6, 5), Tanh(), Bent(5), Dense(5, 3)], seed=0)
    saturated = check(model, np.full((4, 6), 1e6), [0, 1, 2, 0])
    assert not saturated.wrong
    assert saturated.unseen == ("layers.0 (Dense)",)
    with pytest.raises(CheckFailed, match=r"^layers\.0 \(Dense\): all gradients are 0 but for rounding"):
        saturated.raise_if_wrong()


def test_a_kink_nearby_is_outside_a_shorter_step() -> None:
    x = np.array([[3e-6, -3e-6, 3e-7, 1.0], [1.0, -1.0, -2e-6, 2.0]])
    assert max(slopes.STEPS) > 3e-6 > min(slopes.STEPS)
    report = check(Sequential([ReLU(), Dense(4, 3)], input_shape=(4,), seed=0), x, [0, 1])
    assert report.ok
    assert report.kinks == 0


@pytest.mark.parametrize("k", [1.0, 30.0, 1000.0])
def test_a_sharp_bend_is_no_kink(k: float) -> None:
    x = np.random.default_rng(0).standard_normal((5, 4)) / k  # tanh is taken where it bends
    right = check(Sequential([Dense(4, 5), Bend(k), Dense(5, 3)], seed=0), x, [0, 1, 2, 0, 1])
    assert right.ok, str(right)
    assert right.kinks == 0
    wrong = check(Sequential([Dense(4, 5), Bend(k, wrong=1.001), Dense(5, 3)], seed=0), x, [0, 1, 2, 0, 1])
    assert entry(wrong).layer == "layers.1"
    assert wrong.kinks == 0


def test_a_wrong_slope_is_not_excused_as_a_kink() -> None:
    report = check(WrongReLU())
    assert report.kinks == 0
    assert entry(report).layer == "layers.1"
    assert entry(report).numeric == 0  # where it is silent, and backward says it is not


def test_a_layer_that_looks_at_the_whole_batch_passes_in_a_model() -> None:
    layers = [Dense(5, 7), BatchNorm(7), Tanh(), Dense(7, 7), BatchNorm(7), LeakyReLU(), Dense(7, 3)]
    assert check(Sequential(layers, seed=0)).ok


def test_every_forward_starts_from_the_same_buffers() -> None:
    class Drifting(Layer):
        """y = (1 + r) x, and r grows with every training forward."""

        def __init__(self) -> None:
            self.rate = Buffer("rate", (1,), 0.0)
            self.buffers = (self.rate,)

        def forward(self, x: Array, *, step: Step | None = None) -> Array:
            factor = 1 + self.rate.value
            if step is not None:
                self.rate.value[...] += 0.01
                self.keep(factor=factor)
            y: Array = factor * x
            return y

        def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
            return dy * self.kept("factor") if need_dx else None

    report = check(Drifting())
    assert report.ok, str(report)


def test_images_in_and_out() -> None:
    layers = [Conv2D(2, 3, padding="same"), BatchNorm(3), ReLU(), MaxPool2D(), Conv2D(3, 2)]
    report = check(Sequential(layers, input_shape=(8, 8, 2), seed=0))
    assert report.ok, str(report)
    assert check(Conv2D(3, 2), np.random.default_rng(0).standard_normal((3, 6, 7, 3))).ok
    assert check(MaxPool2D(3, stride=2), input_shape=(7, 9, 2)).ok


def test_x_given_to_a_layer_goes_straight_in() -> None:
    class Logarithm(Layer):
        def forward(self, x: Array, *, step: Step | None = None) -> Array:
            if step is not None:
                self.keep(x=x)
            return np.log(x)

        def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
            return dy / self.kept("x") if need_dx else None

    assert check(Logarithm()).problem == "layers.1 (Logarithm): forward gives numbers that are not finite"
    report = check(Logarithm(), np.random.default_rng(0).uniform(0.5, 2, (4, 3)))
    assert report.ok
    assert report.setting.startswith("below a Dense layer; 4 rows, random labels")


def test_data_that_are_not_given_are_random_and_named() -> None:
    pixels = Sequential([Rescale(1 / 255), Dense(20, 3)], seed=0)
    assert "random whole numbers from 0 to 255, random labels; SoftmaxCrossEntropy()" in check(pixels).setting
    assert "random normal numbers, random targets; MeanSquaredError()" in check(Sequential([Dense(4, 1)])).setting
    many = check(pixels, np.ones((1000, 20), np.uint8), np.zeros(1000, np.uint8))
    assert "the first 32 of 1,000 rows; SoftmaxCrossEntropy()" in many.setting


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize(
    "loss",
    [SoftmaxCrossEntropy(label_smoothing=0.1), MeanSquaredError(), BinaryCrossEntropy(), Huber(0.5)],
    ids=constructor_call,
)
def test_losses_are_checked_with_targets_that_fit_them(loss: Loss, outputs: int) -> None:
    model = Sequential([Dense(4, outputs)], seed=0)
    if outputs == 1 and isinstance(loss, SoftmaxCrossEntropy):
        with pytest.raises(InputError, match=r"^data: "):
            check(model, loss=loss)
        return
    report = check(model, loss=loss)
    assert report.ok, str(report)
    assert report.setting.endswith(f"; {constructor_call(loss)}")


@pytest.mark.parametrize("outputs", [1, 2, 5])
@pytest.mark.parametrize("rows", [None, 1, 4])
def test_drawn_targets_fit_a_binary_cross_entropy(outputs: int, rows: int | None) -> None:
    """They are from 0 to 1, or labels; a single normal number is as often outside as not."""
    for seed in range(10):
        model = Sequential([Dense(4, 3), Tanh(), Dense(3, outputs)], seed=seed)
        x = None if rows is None else np.random.default_rng(seed).standard_normal((rows, 4))
        report = check(model, x, loss=BinaryCrossEntropy(), seed=seed)
        assert report.ok, str(report)
        assert report.unseen == ()


def test_rows_of_targets_mean_squared_errors() -> None:
    report = check(Sequential([Dense(4, 3)], seed=0), np.ones((5, 4)), np.zeros((5, 3)))
    assert report.setting == "at its own weights; 5 rows; MeanSquaredError()"


def test_a_gradient_that_is_0_passes_above_what_rounding_makes_of_it() -> None:
    """A bias below a BatchNorm has no effect; differences of the loss are still not quite 0."""
    report = check(Sequential([Dense(4, 3), BatchNorm(3), Dense(3, 2)], seed=0))
    biases = [entry for entry in report.entries if entry.array == "layers.0.bias"]
    assert all(abs(entry.analytic) < 1e-12 for entry in biases)
    assert report.ok


def test_a_report_fits_on_a_screen_worst_first() -> None:
    layers = [layer for _ in range(20) for layer in (Dense(6, 6), Tanh())]
    report = check(Sequential([*layers, Bent(6, "dx a little too large"), Dense(6, 3)], seed=0))
    lines = str(report).splitlines()
    assert len(lines) <= SCREEN
    assert max(map(len, lines)) <= WIDTH
    rows = lines[lines.index("") + 2 : lines.index("", lines.index("") + 1)]
    errors = [float(row.split()[-1]) for row in rows if not row.startswith("...")]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] == pytest.approx(report.wrong[0].error, rel=0.1)
    assert rows[-1] == "... and 34 more arrays"  # 21 Dense and a Bent have two each, then x and dx of the Bent
    assert " ".join(lines[-2:]) == str(report.culprit)


def test_raise_if_wrong_names_place_and_both_values() -> None:
    check(Tanh()).raise_if_wrong()
    with pytest.raises(CheckFailed) as caught:
        check(Bent(5, "weight entry")).raise_if_wrong()
    found = entry(check(Bent(5, "weight entry")))
    assert str(caught.value) == (
        f"layers.1 (Bent): gradient of weight[2, 1]: backward gives {found.analytic:.9g}, central differences give "
        f"{found.numeric:.9g}, a relative error of {found.error:.1g}"
    )
    assert found.analytic == pytest.approx(1.001 * found.numeric, rel=1e-6)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("1 of ")


def test_unsettle_moves_every_weight_a_little() -> None:
    model = Sequential([Dense(4, 3), BatchNorm(3)], seed=0)
    before = model.parameters.values.copy()
    unsettle(model, 0)
    moved = np.abs(model.parameters.values - before)
    assert moved.min() > 0
    assert moved.max() < 0.5  # five deviations of a tenth of what is about 1
    weights = model.parameters.values.copy()
    unsettle(model, 1)
    assert not np.array_equal(model.parameters.values, weights)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: check(Dense(3, 2), samples=0), "samples: got 0"),
        (lambda: check(Dense(3, 2), tolerance=0.0), "tolerance: got 0.0"),
        (lambda: check(Dense(3, 2), seed=-1), "seed: got -1"),
        (lambda: check(Dense(3, 2), y=[1]), "y: got targets without samples"),
        (lambda: check(Sequential([Dense(3, 2)]), input_shape=(3,)), r"input_shape: got \(3,\) beside a model"),
        (lambda: check(Sequential([Dense(3, 2)]), np.ones((2, 4))), r"data: got samples of shape \(4,\)"),
        (lambda: check(Sequential([Dense(3, 2)]), np.ones((2, 3)), [0, 5]), "data: row 1: got label 5"),
        (lambda: check(Dense), "model_or_layer: got the class Dense"),  # type: ignore[arg-type]
        (lambda: check(Dense(3, 2), loss=MeanSquaredError), "loss: got the class"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_used_is_refused(call: Callable[[], GradientReport], said: str) -> None:
    with pytest.raises(InputError, match=f"^{said}"):
        call()


def test_differences_are_held_against_slopes_by_hand() -> None:
    def judge(loss: Callable[[float], float], analytic: float) -> slopes.Slope:
        return slopes.judged(loss, analytic, here=loss(0.0), scale=1.0, noise=1e-15, tolerance=TOLERANCE)

    assert judge(lambda t: (3 + t) ** 3, 27).error < TOLERANCE
    off = judge(lambda t: (3 + t) ** 3, 27.001)
    assert off.error == pytest.approx(0.001 / 54, rel=1e-3)
    assert not off.kink
    corner = judge(lambda t: max(0.0, 2 * t), 0.0)
    assert corner.kink
    assert corner.numeric == pytest.approx(1.0)
    assert judge(abs, 5.0).kink is False  # a corner of 2 does not explain an error of 5
    assert not judge(lambda t: float("nan") if t else 0.0, 0.0).kink
    assert judge(lambda t: float("nan") if t else 0.0, 0.0).error == np.inf


class Scale(Layer):
    """y = g ⊙ x, with no word of what it takes."""

    def __init__(self, features: int) -> None:
        self.features = features
        self.gain = Parameter("gain", (features,), Constant(1.0))
        self.parameters = (self.gain,)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None:
            self.keep(x=x)
        y: Array = x * self.gain.value
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        np.sum(dy * self.kept("x"), axis=0, out=self.gain.grad)
        return dy * self.gain.value if need_dx else None


def test_a_layer_that_says_no_shape_and_takes_not_the_usual_one() -> None:
    with pytest.raises(InputError) as caught:
        check(Scale(5))
    expected = "expected the shape it takes"
    assert str(caught.value) == f"input_shape: got none, and Scale(5) fails with samples of shape (6,); {expected}"
    assert caught.value.hint == "write check(layer, input_shape=(5,)), or what one sample is"
    assert isinstance(caught.value.__cause__, ValueError)
    assert check(Scale(5), input_shape=(5,)).ok
    assert check(Scale(6)).ok
    with pytest.raises(ValueError, match="operands could not be broadcast"):
        check(Scale(5), input_shape=(7,))


def test_a_shape_is_not_taken_for_samples() -> None:
    with pytest.raises(InputError) as caught:
        check(Tanh(), (6,))
    assert str(caught.value) == "x: got shape (1,); expected (n, ...), rows of samples"
    assert caught.value.hint == "the shape of one sample goes in by name, as input_shape=(...)"


def test_a_layer_that_returns_nothing() -> None:
    class Silent(Layer):
        def forward(self, x: Array, *, step: Step | None = None) -> Array:
            return None  # type: ignore[return-value]

        def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
            return dy

    assert check(Silent()).problem == "layers.1 (Silent): forward gives NoneType; expected an array of shape (6, 6)"


def test_in_a_notebook_a_report_is_its_table() -> None:
    report = check(Tanh())
    assert repr(report) == str(report)
