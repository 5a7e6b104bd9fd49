"""For the tests of a layer of your own: a class to inherit from, and pytest finds what every layer promises as tests.

    from framework.testing import LayerBattery

    class TestScale(LayerBattery):
        layer, input_shape, spec = Scale(6), (6,), ScaleSpec

Nothing here needs pytest: a test is a method, and what fails raises.
"""

import copy
import math
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from framework.gradcheck import check, unsettle
from framework.gradcheck.subject import sample_shape
from framework.layers import Dense, Flatten, Layer
from framework.randomness import Step, stream
from framework.sequential import Sequential
from framework.types import Array, Shape

if TYPE_CHECKING:
    from framework.specs import LayerSpec

STEP = Step(seed=5, index=2)
ROWS = 5
SAME = {np.dtype(np.float32): 1e-4, np.dtype(np.float64): 1e-10}
"""Relative to the largest number: sums in another order are rounded otherwise, and nothing more may differ."""
THREAD_ROWS, ROUNDS = 200, 25
"""Two threads meet often, not surely: what they share on the layer is found by `test_inference_stores_nothing`."""
LARGE = 1e4
"""Inputs a layer has to bear; e to the power of it is beyond float64."""


class LayerBattery:
    """Every promise of `Layer`, tested on `layer`, of which each test takes copies.

    `input_shape` is needed where the layer fixes none. `spec` adds the way to JSON and to a file. Where training
    computes something else than inference, as dropout and batch normalisation do, say `trains_differently = True`.
    What fails raises AssertionError, or CheckFailed for a gradient, with a sentence that says what was expected.
    """

    layer: ClassVar[Layer]
    input_shape: ClassVar[Shape | None] = None
    spec: ClassVar["type[LayerSpec] | None"] = None
    trains_differently: ClassVar[bool] = False

    def test_gradients_are_the_slopes_of_forward(self) -> None:
        for seed in (0, 1):
            check(self.layer, input_shape=self.input_shape, seed=seed).raise_if_wrong()

    def test_output_shape_is_what_forward_gives(self) -> None:
        for n in (self._fewest_rows, ROWS):
            model = self._model()
            x, expected = self._x(model, n), (n, *model.output_shape)
            shapes = {
                "forward": (model.forward(x).shape, expected),
                "forward with step": (model.forward(x, step=STEP).shape, expected),
                "backward": (self._backward(model, n).shape, x.shape),
            }
            for what, (got, right) in shapes.items():
                _expect(got == right, f"{what} gives shape {got}; expected {right}")

    def test_x_stays_as_it_is(self) -> None:
        model = self._model()
        (layer,) = model.layers
        x = self._x(model)
        for step in (None, STEP):
            given = x.copy()
            layer.forward(given, step=step)
            _expect(np.array_equal(given, x), "forward changed x; expected it to stay as it is")

    def test_inference_stores_nothing(self) -> None:
        model = self._model()
        (layer,) = model.layers
        for before in ("a new layer", "a layer that has trained"):
            memory = _memory(layer)
            model.forward(self._x(model, 3, seed=9))
            _expect(_memory(layer) == memory, f"forward without step changed {before}; expected nothing kept")
            model.forward(self._x(model), step=STEP)

    def test_training_computes_what_inference_does(self) -> None:
        if not self.trains_differently:
            model = self._model()
            x = self._x(model)
            _same("forward with step", model.forward(x, step=STEP), model.forward(x))

    def test_the_same_step_gives_the_same_numbers(self) -> None:
        model = self._model()
        x = self._x(model)
        first = model.forward(x, step=STEP).copy()
        model.forward(x, step=Step(STEP.seed, STEP.index + 1))
        _same("forward of the same step", model.forward(x, step=STEP), first)

    def test_a_batch_of_one_is_a_row_of_a_larger_one(self) -> None:
        model = self._model()
        x = self._x(model)
        _same("forward of one row", model.forward(x[:1]), model.forward(x)[:1])

    def test_batches_of_any_size_follow_each_other(self) -> None:
        reused = self._model()
        for n in (ROWS, 2, 2 * ROWS, self._fewest_rows, ROWS):
            fresh = self._model()
            x = self._x(fresh, n)
            what = f"of {n} rows after other batches"
            _same(f"forward {what}", reused.forward(x, step=STEP), fresh.forward(x, step=STEP))
            _same(f"dx {what}", self._backward(reused, n), self._backward(fresh, n))
            _same(f"the gradients {what}", reused.parameters.grads, fresh.parameters.grads)

    def test_arrays_may_lie_in_memory_as_they_like(self) -> None:
        model = self._model()
        (layer,) = model.layers
        x, dy = self._x(model), self._dy(model)
        outcomes = []
        for arranged in (np.ascontiguousarray, np.asfortranarray, _every_second):
            y = layer.forward(arranged(x), step=STEP).copy()
            dx = layer.backward(arranged(dy.copy()))
            outcomes.append((y, np.copy(_given(dx)), model.parameters.grads.copy()))
        for outcome in outcomes[1:]:
            for what, got, expected in zip(("forward", "dx", "the gradients"), outcome, outcomes[0], strict=True):
                _same(f"{what} of arrays that are not contiguous", got, expected)

    def test_both_dtypes_stay_what_they_are_and_agree(self) -> None:
        single, double = self._model(np.float32), self._model(np.float64)
        double.parameters.values[...] = single.parameters.values
        x, dy, outcomes = self._x(single), self._dy(single), []
        for model in (single, double):
            y = model.forward(x, step=STEP).copy()
            dx = np.copy(_given(model.backward(dy.astype(model.dtype), need_dx=True)))
            for what, array in (("forward", y), ("forward without step", model.forward(x)), ("dx", dx)):
                _expect(array.dtype == model.dtype, f"{what} gives {array.dtype} in a model of {model.dtype}")
            outcomes.append((y, dx, model.parameters.grads))
        for what, got, expected in zip(("forward", "dx", "the gradients"), *outcomes, strict=True):
            _same(f"{what} in float32", got, expected)

    def test_gradients_are_overwritten(self) -> None:
        model = self._model()
        outcomes = []
        for left_over in (0, 7):
            model.forward(self._x(model), step=STEP)
            model.parameters.grads[...] = left_over
            self._backward(model)
            outcomes.append(model.parameters.grads.copy())
        _same("a gradient where another had been", outcomes[1], outcomes[0])

    def test_without_need_dx_there_are_only_gradients(self) -> None:
        model = self._model()
        (layer,) = model.layers
        model.forward(self._x(model), step=STEP)
        self._backward(model)
        expected = model.parameters.grads.copy()
        model.forward(self._x(model), step=STEP)
        model.parameters.grads[...] = 7
        dx = layer.backward(self._dy(model), need_dx=False)
        _expect(dx is None, "backward with need_dx=False returned an array; expected None")
        _same("a gradient without dx", model.parameters.grads, expected)

    def test_a_copy_is_a_layer_of_its_own(self) -> None:
        model = self._model()
        x = self._x(model)
        model.forward(x, step=STEP)
        before = model.forward(x)
        twin = copy.deepcopy(model)
        _same("forward of a copy", twin.forward(x), before)
        _same("a training forward of a copy", twin.forward(x, step=STEP), self._model().forward(x, step=STEP))
        twin.parameters.values[...] = 0
        twin.forward(self._x(model, seed=9), step=STEP)
        _same("forward, once its copy was changed,", model.forward(x), before)

    def test_large_inputs_give_finite_numbers(self) -> None:
        for dtype in (np.float32, np.float64):
            model = self._model(dtype)
            x = (self._x(model) * LARGE).astype(dtype)
            with np.errstate(all="ignore"):
                found = {"forward": model.forward(x), "forward with step": model.forward(x, step=STEP)}
                found |= {"dx": self._backward(model), "the gradients": model.parameters.grads}
            for what, array in found.items():
                finite = bool(np.isfinite(array).all())
                _expect(finite, f"{what} of inputs near {LARGE:.0e} is not finite in {dtype.__name__}")

    def test_two_threads_may_infer_with_one_model(self) -> None:
        model = self._model()
        batches = [self._x(model, THREAD_ROWS, seed=seed) for seed in range(8)] * ROUNDS
        expected = [model.forward(x).copy() for x in batches]
        with ThreadPoolExecutor(2) as pool:
            for got, alone in zip(list(pool.map(model.forward, batches)), expected, strict=True):
                _same("forward beside another thread", got, alone)

    def test_there_and_back_through_json_and_a_file(self) -> None:
        if self.spec is None:
            return
        from framework.specs import ModelSpec, parse_spec  # here, as numerics know no specs
        from framework.specs.components import BUILT_IN

        extra = [] if self.spec in BUILT_IN else [self.spec]
        model = self._model(np.float32, above=True)
        spec = ModelSpec.of(model, extra=extra)
        again = parse_spec(spec.model_dump_json(), extra=extra)
        _expect(again == spec, "JSON and back gives another spec; expected an equal one")
        _expect(repr(spec.build(0)) == repr(model), f"its spec builds {spec.build(0)!r}; expected {model!r}")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            model.save(path, extra=extra)
            loaded = Sequential.load(path, extra=extra)
        x = self._x(model)
        _same("forward of a model that was saved and loaded", loaded.forward(x), model.forward(x))

    @property
    def _fewest_rows(self) -> int:
        """Of a training batch: statistics of the batch need two."""
        return 1 if self.layer.rows_are_independent else 2

    def _model(self, dtype: type[np.floating] = np.float64, *, above: bool = False) -> Sequential:
        """The layer alone, or with a Dense above, at weights near those it starts from."""
        layer = copy.deepcopy(self.layer)
        shape = sample_shape(layer) if self.input_shape is None else self.input_shape
        output = layer.output_shape(shape)
        layers = [layer, Flatten(), Dense(math.prod(output), 2)] if above else [layer]
        model = Sequential(layers, input_shape=shape, seed=STEP.seed, dtype=dtype)
        unsettle(model, STEP.seed)
        return model

    def _x(self, model: Sequential, n: int = ROWS, *, seed: int = 1) -> Array:
        return _normal((n, *model.input_shape), seed).astype(model.dtype)

    def _dy(self, model: Sequential, n: int = ROWS) -> Array:
        return _normal((n, *model.output_shape), 2).astype(model.dtype)

    def _backward(self, model: Sequential, n: int = ROWS) -> Array:
        return _given(model.backward(self._dy(model, n), need_dx=True))


def _normal(shape: Shape, seed: int) -> Array:
    return stream(seed, "testing").standard_normal(shape)


def _every_second(array: Array) -> Array:
    """The same numbers, with others in between in memory."""
    return np.repeat(array, 2, axis=0)[::2]


def _given(dx: Array | None) -> Array:
    if dx is None:
        raise AssertionError("backward with need_dx=True returned None; expected dx")
    return dx


def _expect(promise: bool, message: str) -> None:
    if not promise:
        raise AssertionError(message)


def _same(what: str, got: Array, expected: Array) -> None:
    """Equal but for the rounding of another order of sums."""
    _expect(got.shape == expected.shape, f"{what} gives shape {got.shape}; expected {expected.shape}")
    largest = float(np.abs(expected).max(initial=0))
    apart = float(np.abs(got - expected).max(initial=0))
    close = apart <= SAME[got.dtype] * largest  # not so for nan either
    _expect(close, f"{what} gives numbers {apart:.1e} from what was expected, of which the largest is {largest:.1e}")


def _memory(value: object) -> object:
    """All that hangs on an object, scratch and kept arrays included, as something that can be compared."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, dict):
        return {key: _memory(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_memory(item) for item in value]
    return _memory(vars(value)) if hasattr(value, "__dict__") and not isinstance(value, type) else value
