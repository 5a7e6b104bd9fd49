"""The battery for a layer of one's own: right layers pass all of it, and each broken promise is found by its test."""

from collections.abc import Callable, Iterator
from typing import ClassVar, Literal, get_args

import numpy as np
import pytest

from framework import ChalknetError, Constant, Dense, Layer, Parameter, ReLU, Rescale, Sigmoid, Step, Tanh
from framework.activations import LeakyReLU
from framework.layers import BatchNorm, Conv2D, Dropout, Flatten, LayerNorm, MaxPool2D, Residual
from framework.randomness import stream
from framework.specs import LayerSpec, Number
from framework.specs.layers import LayerUnion
from framework.testing import LayerBattery
from framework.types import Array, Shape

BUILT_IN = {spec.component: spec for spec in get_args(LayerUnion)}


class Scale(Layer):
    """y = factor · g ⊙ x, with a gain g to learn for each feature."""

    def __init__(self, features: int, factor: float = 2.0) -> None:
        self.features = features
        self.factor = factor
        self.gain = Parameter("gain", (features,), Constant(1.0))
        self.parameters = (self.gain,)

    @classmethod
    def inferred(cls, input_shape: Shape) -> dict[str, int]:
        return {"features": input_shape[-1]}

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None:
            self.keep(x=x)
        y: Array = x * (self.gain.value * self.dtype.type(self.factor))
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        factor = self.dtype.type(self.factor)
        self.gain.grad[...] = factor * (dy * self.kept("x")).reshape(-1, self.features).sum(axis=0)
        return dy * (factor * self.gain.value) if need_dx else None


class ScaleSpec(LayerSpec):
    type: Literal["scale"] = "scale"
    component = Scale
    factor: Number = 2.0


class TestScale(LayerBattery):
    layer, input_shape, spec = Scale(6), (6,), ScaleSpec


class TestScaleOfImages(LayerBattery):
    layer, input_shape = Scale(2, 0.5), (3, 4, 2)


class TestDense(LayerBattery):
    layer, spec = Dense(5, 3), BUILT_IN[Dense]


class TestDropout(LayerBattery):
    layer, spec, trains_differently = Dropout(0.4), BUILT_IN[Dropout], True


class TestBatchNorm(LayerBattery):
    layer, spec, trains_differently = BatchNorm(6), BUILT_IN[BatchNorm], True


class TestBatchNormOfImages(LayerBattery):
    layer, trains_differently = BatchNorm(3), True


class TestLayerNorm(LayerBattery):
    layer, spec = LayerNorm(6), BUILT_IN[LayerNorm]


class TestConv2D(LayerBattery):
    layer, input_shape, spec = Conv2D(2, 3), (6, 7, 2), BUILT_IN[Conv2D]


class TestMaxPool2D(LayerBattery):
    layer, spec = MaxPool2D(), BUILT_IN[MaxPool2D]


class TestFlatten(LayerBattery):
    layer, input_shape = Flatten(), (2, 3)


class TestResidual(LayerBattery):
    layer, spec = Residual([Dense(4, 4), Tanh(), Dense(4, 4)]), BUILT_IN[Residual]


class TestReLU(LayerBattery):
    layer, spec = ReLU(), BUILT_IN[ReLU]


class TestLeakyReLU(LayerBattery):
    layer, spec = LeakyReLU(0.3), BUILT_IN[LeakyReLU]


class TestSigmoid(LayerBattery):
    layer, spec = Sigmoid(), BUILT_IN[Sigmoid]


class TestRescale(LayerBattery):
    layer, spec = Rescale(-3.0), BUILT_IN[Rescale]


# Broken layers, each a Scale but for one promise.


class WritesX(Scale):
    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None:
            self.keep(x=x.copy())
        x *= self.gain.value * self.factor
        return x


class WrongGradient(Scale):
    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        dx = super().backward(dy, need_dx=need_dx)
        self.gain.grad[-1] *= 1.0001
        return dx


class WrongDx(Scale):
    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        super().backward(dy, need_dx=need_dx)
        return dy * self.factor if need_dx else None


class Accumulates(Scale):
    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        before = self.gain.grad.copy()
        dx = super().backward(dy, need_dx=need_dx)
        self.gain.grad[...] += before
        return dx


class AlwaysGivesDx(Scale):
    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return super().backward(dy, need_dx=True)


class LearnsOnlyWithDx(Scale):
    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return super().backward(dy, need_dx=True) if need_dx else None


class AlwaysKeeps(Scale):
    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        self.keep(x=x)
        return super().forward(x, step=step)


class CountsCalls(Scale):
    calls = 0

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        self.calls += 1
        return super().forward(x, step=step)


class TrainsDifferently(Scale):
    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        y = super().forward(x, step=step)
        return y if step is None else y + self.dtype.type(1)


class RollsItsOwnDice(Scale):
    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        y = super().forward(x, step=step)
        return y if step is None else y + np.random.default_rng().standard_normal(x.shape).astype(x.dtype)


class RowsKnowEachOther(Scale):
    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        return super().forward(x - x.mean(axis=0), step=step)


class ForgetsTheShape(Scale):
    def output_shape(self, input_shape: Shape) -> Shape:
        return (1, self.features)


class RemembersTheFirstBatch(Scale):
    largest: Array | None = None

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None and self.largest is None:
            self.largest = np.abs(x).max()
        return super().forward(x, step=step)

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        dx = super().backward(dy, need_dx=need_dx)
        return None if dx is None or self.largest is None else dx * (np.abs(self.kept("x")).max() / self.largest)


class ReadsMemoryAsItLies(Scale):
    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        return super().forward(x.ravel(order="K").reshape(x.shape), step=step)


class ReadsDyAsItLies(Scale):
    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return super().backward(dy.ravel(order="K").reshape(dy.shape), need_dx=need_dx)


class Doubles(Scale):
    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        return super().forward(x, step=step).astype(np.float64)


class Singles(Scale):
    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        return super().forward(x, step=step).astype(np.float32)


class DxInDouble(Scale):
    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        dx = super().backward(dy, need_dx=need_dx)
        return None if dx is None else dx.astype(np.float64)


class HidesAWeight(Scale):
    """Its gain is an array of its own, which a copy shares."""

    shared: ClassVar[Array] = np.ones(6)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None:
            self.shared[...] = x.mean()
        return super().forward(x, step=step) + self.shared.astype(x.dtype)


class Overflows(Scale):
    """y = g log(1 + exp x), as one would write it first."""

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None:
            self.keep(x=x)
        y: Array = self.gain.value * np.log1p(np.exp(x))
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        x = self.kept("x")
        self.gain.grad[...] = (dy * np.log1p(np.exp(x))).sum(axis=0)
        return dy * self.gain.value / (1 + np.exp(-x)) if need_dx else None


class SharesItsRoom(Scale):
    """Inference goes through an array that belongs to the class."""

    room: ClassVar[Array] = np.empty((0, 6))

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None:
            return super().forward(x, step=step)
        if SharesItsRoom.room.shape != x.shape or SharesItsRoom.room.dtype != x.dtype:
            SharesItsRoom.room = np.empty_like(x)
        SharesItsRoom.room[...] = super().forward(x)
        return SharesItsRoom.room


class ForgetsTheFactor(Scale):
    """Its spec does not have it."""


class ForgetsTheFactorSpec(LayerSpec):
    type: Literal["forgets_the_factor"] = "forgets_the_factor"
    component = ForgetsTheFactor


class KeepsANumberToItself(Scale):
    """It is no parameter and no argument, so no file knows it."""

    def __init__(self, features: int, factor: float = 2.0) -> None:
        super().__init__(features, factor)
        self.offset = np.random.default_rng().uniform(1, 2)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        return super().forward(x, step=step) + self.dtype.type(self.offset)


class KeepsANumberToItselfSpec(ScaleSpec):
    type: Literal["keeps_a_number_to_itself"] = "keeps_a_number_to_itself"  # type: ignore[assignment]
    component = KeepsANumberToItself


SPECS: dict[type[Scale], type[LayerSpec]] = {
    ForgetsTheFactor: ForgetsTheFactorSpec,
    KeepsANumberToItself: KeepsANumberToItselfSpec,
}
GRADIENTS = "gradients_are_the_slopes_of_forward"
BROKEN: dict[type[Scale], str] = {
    WrongGradient: GRADIENTS,
    WrongDx: GRADIENTS,
    Accumulates: "gradients_are_overwritten",
    ForgetsTheShape: "output_shape_is_what_forward_gives",
    WritesX: "x_stays_as_it_is",
    AlwaysKeeps: "inference_stores_nothing",
    CountsCalls: "inference_stores_nothing",
    TrainsDifferently: "training_computes_what_inference_does",
    RollsItsOwnDice: "the_same_step_gives_the_same_numbers",
    RowsKnowEachOther: "a_batch_of_one_is_a_row_of_a_larger_one",
    RemembersTheFirstBatch: "batches_of_any_size_follow_each_other",
    ReadsMemoryAsItLies: "arrays_may_lie_in_memory_as_they_like",
    ReadsDyAsItLies: "arrays_may_lie_in_memory_as_they_like",
    Doubles: "both_dtypes_stay_what_they_are_and_agree",
    Singles: "both_dtypes_stay_what_they_are_and_agree",
    DxInDouble: "both_dtypes_stay_what_they_are_and_agree",
    AlwaysGivesDx: "without_need_dx_there_are_only_gradients",
    LearnsOnlyWithDx: "without_need_dx_there_are_only_gradients",
    HidesAWeight: "a_copy_is_a_layer_of_its_own",
    Overflows: "large_inputs_give_finite_numbers",
    SharesItsRoom: "two_threads_may_infer_with_one_model",
    KeepsANumberToItself: "there_and_back_through_json_and_a_file",
    ForgetsTheFactor: "there_and_back_through_json_and_a_file",
}
"""Each with the test that is about what it breaks; others may fail too."""


def failures(battery: LayerBattery) -> Iterator[str]:
    """The tests of the battery that fail."""
    for name in dir(battery):
        if name.startswith("test_"):
            test: Callable[[], None] = getattr(battery, name)
            try:
                test()
            except (AssertionError, ChalknetError, ValueError):  # the last from the layer itself
                yield name.removeprefix("test_")


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_a_broken_promise_is_found_by_its_test(kind: type[Scale]) -> None:
    class Broken(LayerBattery):
        layer = kind(6, 3.0)
        input_shape = (6,)
        spec = SPECS.get(kind)

    assert BROKEN[kind] in list(failures(Broken()))


def test_the_layer_the_broken_ones_are_made_of_is_right() -> None:
    assert not list(failures(TestScale()))


def test_every_test_of_the_battery_finds_something() -> None:
    tests = {name.removeprefix("test_") for name in dir(LayerBattery) if name.startswith("test_")}
    assert tests == set(BROKEN.values())


def test_dropout_fails_where_nobody_says_that_it_trains_differently() -> None:
    class Unsaid(LayerBattery):
        layer = Dropout(0.4)

    assert list(failures(Unsaid())) == ["training_computes_what_inference_does"]


def test_the_layer_handed_over_stays_as_it_is() -> None:
    layer = Scale(6)
    layer.gain.value[...] = stream(0, "gain").standard_normal(6)
    before = layer.gain.value.copy()

    class Given(LayerBattery):
        input_shape = (6,)

    Given.layer = layer
    assert not list(failures(Given()))
    np.testing.assert_array_equal(layer.gain.value, before)
    assert layer.path == ""
