"""A component of one's own: it joins by a spec class handed over in code, and never through a file."""

import json
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from framework import (
    Dense,
    InputError,
    Layer,
    Loss,
    ModelSpec,
    Optimizer,
    Parameter,
    RunSpec,
    Schedule,
    Sequential,
    SoftmaxCrossEntropy,
    SpecError,
    Step,
    parse_spec,
    read_spec,
)
from framework.initializers import Constant, Initializer
from framework.specs import (
    ComponentSpec,
    ConstantSpec,
    Count,
    Fraction,
    InitializerSpec,
    LayerSpec,
    LossSpec,
    Number,
    OptimizerSpec,
    Positive,
    ScheduleSpec,
)
from framework.specs.initializers import AnyInitializer
from framework.types import Array, Shape


class Gain(Layer):
    """y = g ⊙ x with a learnt gain for each feature, how many it infers from the shape that comes in."""

    def __init__(self, features: int, *, start: Initializer = Constant(1.0)) -> None:
        self.features = features
        self.start = start
        self.input_shape = (features,)
        self.gain = Parameter("gain", (features,), start)
        self.parameters = (self.gain,)

    @classmethod
    def inferred(cls, input_shape: Shape) -> dict[str, int]:
        if len(input_shape) != 1:
            raise InputError(f"Gain: got samples of shape {input_shape}; expected one dimension")
        return {"features": input_shape[0]}

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if step is not None:
            self.keep(x=x)
        y: Array = x * self.gain.value
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        np.sum(dy * self.kept("x"), axis=0, out=self.gain.grad)
        return dy * self.gain.value if need_dx else None


class GainSpec(LayerSpec):
    type: Literal["gain"] = "gain"
    component = Gain
    start: AnyInitializer = ConstantSpec(value=1.0)


class Ramp(Initializer):
    """0, step, 2·step, ... in the order of memory."""

    def __init__(self, step: float) -> None:
        self.step = step

    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        return np.arange(int(np.prod(shape))).reshape(shape) * self.step


class RampSpec(InitializerSpec):
    type: Literal["ramp"] = "ramp"
    component = Ramp
    step: Number


class SignDescent(Optimizer):
    def __init__(self, learning_rate: float = 0.01) -> None:
        super().__init__()
        self.learning_rate = learning_rate

    def slot_names(self) -> tuple[str, ...]:
        return ()

    def step(self, values: Array, grads: Array, learning_rate: float, index: int) -> None:
        values -= learning_rate * np.sign(grads)


class SignDescentSpec(OptimizerSpec):
    type: Literal["sign_descent"] = "sign_descent"
    component = SignDescent
    learning_rate: Positive = 0.01


class Staircase(Schedule):
    def __init__(self, steps: int, down: float) -> None:
        self.steps = steps
        self.down = down

    def __call__(self, progress: float) -> float:
        return self.down ** int(progress * self.steps)


class StaircaseSpec(ScheduleSpec):
    type: Literal["staircase"] = "staircase"
    component = Staircase
    steps: Count
    down: Fraction


class Doubled(Loss):
    def value(self, outputs: Array, targets: object, sample_weight: object = None) -> float:
        return self.value_and_grad(outputs, targets)[0]

    def value_and_grad(self, outputs: Array, targets: object, sample_weight: object = None) -> tuple[float, Array]:
        value, grad = SoftmaxCrossEntropy().value_and_grad(outputs, np.asarray(targets))
        return 2 * value, 2 * grad


class DoubledSpec(LossSpec):
    type: Literal["doubled"] = "doubled"
    component = Doubled


TEXT = json.dumps(
    {
        "format": 1,
        "input_shape": [3],
        "layers": [
            {"type": "gain", "start": {"type": "ramp", "step": 0.5}},
            {"type": "dense", "out_features": 2, "weight_initializer": {"type": "ramp", "step": 0.25}},
        ],
    }
)


def _composed() -> Sequential:
    return Sequential([Gain(3, start=Ramp(0.5)), Dense(3, 2, weight_initializer=Ramp(0.25))], seed=0)


def test_json_and_script_and_file_make_the_same_model(tmp_path: Path) -> None:
    extra: list[type[ComponentSpec]] = [GainSpec, RampSpec]
    composed = _composed()
    path = tmp_path / "model.json"
    path.write_text(TEXT)
    for spec in (parse_spec(TEXT, extra=extra), read_spec(path, extra=extra), ModelSpec.of(composed, extra=extra)):
        assert isinstance(spec, ModelSpec)
        model = spec.build(seed=0)
        np.testing.assert_array_equal(model.get_weights()["layers.0.gain"], [0, 0.5, 1])
        np.testing.assert_array_equal(model.get_weights()["layers.1.weight"], [[0, 0.25], [0.5, 0.75], [1, 1.25]])
        assert parse_spec(spec.model_dump_json(), extra=extra) == spec
        layers = json.loads(spec.model_dump_json())["layers"]
        assert layers[0] == {"type": "gain", "start": {"type": "ramp", "step": 0.5}}
        assert layers[1]["weight_initializer"] == {"type": "ramp", "step": 0.25}
    layer = model.layers[0]
    assert isinstance(layer, Gain)
    assert layer.features == 3


def test_an_inferred_argument_is_never_in_the_file() -> None:
    text = json.dumps({"format": 1, "input_shape": [3], "layers": [{"type": "gain", "features": 3}]})
    with pytest.raises(
        SpecError, match="/layers/0/features: got a field that does not belong here; expected type, start"
    ):
        parse_spec(text, extra=[GainSpec])


def test_a_shape_it_cannot_infer_from_is_refused_in_place() -> None:
    text = json.dumps({"format": 1, "input_shape": [3, 3], "layers": [{"type": "relu"}, {"type": "gain"}]})
    with pytest.raises(SpecError, match=r"/layers/1: Gain: got samples of shape \(3, 3\)"):
        parse_spec(text, extra=[GainSpec])


def test_a_spec_has_the_arguments_of_its_class() -> None:
    class GenerousSpec(GainSpec):
        factor: Number = 2.0

    with pytest.raises(InputError) as caught:
        GenerousSpec().build_for((3,))
    assert str(caught.value) == (
        "Gain: Gain.__init__() got an unexpected keyword argument 'factor'; "
        "expected all arguments in GenerousSpec or inferred()"
    )
    assert caught.value.hint == "inferred(input_shape) returns the arguments that follow from it, such as in_features"


def test_its_fields_are_checked_as_any_other() -> None:
    text = TEXT.replace("0.5", '"0.5"')
    with pytest.raises(SpecError, match=r"/layers/0/start/step: got '0.5'; expected a number"):
        parse_spec(text, extra=[GainSpec, RampSpec])


def test_saved_and_loaded(tmp_path: Path) -> None:
    path, composed = tmp_path / "model", _composed()
    composed.save(path, extra=[GainSpec, RampSpec])
    loaded = Sequential.load(path, extra=[GainSpec, RampSpec])
    x = np.eye(3, dtype=np.float32)
    assert loaded.forward(x).tobytes() == composed.forward(x).tobytes()


def test_every_family_takes_one(tmp_path: Path) -> None:
    run = {
        "format": 1,
        "model": {"input_shape": [2], "layers": [{"type": "dense", "out_features": 2}]},
        "loss": {"type": "doubled"},
        "optimizer": {"type": "sign_descent", "learning_rate": 0.5},
        "schedule": {"type": "staircase", "steps": 4, "down": 0.5},
        "data": {"feature_columns": ["a", "b"], "classes": 2},
    }
    extra: list[type[ComponentSpec]] = [DoubledSpec, SignDescentSpec, StaircaseSpec]
    spec = parse_spec(json.dumps(run), extra=extra)
    assert isinstance(spec, RunSpec)
    assert isinstance(spec.loss.build(), Doubled)
    assert spec.optimizer.build().learning_rate == 0.5
    assert [spec.schedule.build()(progress) for progress in (0.1, 0.3, 0.9)] == [1, 0.5, 0.125]
    assert parse_spec(spec.model_dump_json(), extra=extra) == spec


def test_without_its_spec_it_is_unknown() -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(TEXT)
    assert "/layers/0/type: got 'gain'; expected one of rescale, dense" in str(caught.value)
    with pytest.raises(SpecError, match=r"layers\.0: got a Gain; expected a component with a spec") as caught:
        ModelSpec.of(_composed())
    assert caught.value.hint == "hand over its spec class: extra=[GainSpec]"


def test_the_known_names_include_it() -> None:
    text = TEXT.replace('"gain"', '"gian"')
    with pytest.raises(SpecError, match=r"expected one of rescale, .*, gain") as caught:
        parse_spec(text, extra=[GainSpec, RampSpec])
    assert caught.value.hint == "did you mean 'gain'?"


def test_it_stays_in_its_family() -> None:
    """An optimizer's spec does not become a layer because it is at hand."""
    text = json.dumps({"format": 1, "input_shape": [3], "layers": [{"type": "sign_descent"}]})
    with pytest.raises(SpecError, match="/layers/0/type: got 'sign_descent'"):
        parse_spec(text, extra=[SignDescentSpec])


def test_it_is_forgotten_after_the_call() -> None:
    parse_spec(TEXT, extra=[GainSpec, RampSpec])
    with pytest.raises(SpecError):
        parse_spec(TEXT)


class ShadowSpec(LayerSpec):
    type: Literal["dense"] = "dense"
    component = Gain


def test_a_built_in_name_is_taken(tmp_path: Path) -> None:
    message = "extra: ShadowSpec: got type 'dense'; expected a name not in use"
    path = tmp_path / "model"
    Sequential([Dense(2, 2)], seed=0).save(path)
    text = '{"format": 1, "input_shape": [3], "layers": [{"type": "dense"}]}'
    (tmp_path / "spec.json").write_text(text)
    with pytest.raises(SpecError, match=message):
        parse_spec(text, extra=[ShadowSpec])
    with pytest.raises(SpecError, match=message):
        read_spec(tmp_path / "spec.json", extra=[ShadowSpec])
    with pytest.raises(InputError, match=message):
        Sequential.load(path, extra=[ShadowSpec])


def test_a_model_is_not_saved_under_a_name_it_could_not_be_loaded_by(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="expected a name not in use"):
        Sequential([Gain(2), Dense(2, 2)], seed=0).save(tmp_path / "model", extra=[ShadowSpec])
