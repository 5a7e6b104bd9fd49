"""Specs: from Python to JSON and back without losing a bit, for every member of every union."""

import inspect
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import framework.specs
from framework import (
    ELU,
    GELU,
    Augmentation,
    AveragePool2D,
    BatchNorm,
    Constant,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePool2D,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    InputError,
    LayerNorm,
    LeakyReLU,
    LeCunNormal,
    LeCunUniform,
    MaxPool2D,
    ModelSpec,
    Normal,
    Orthogonal,
    ReLU,
    Rescale,
    Reshape,
    Residual,
    RunSpec,
    Sequential,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
    TrainingSettings,
    Uniform,
    parse_spec,
    read_spec,
)
from framework.data.augmentation import FARTHEST
from framework.initializers import LARGEST, Initializer
from framework.layers.base import Layer
from framework.losses import Loss
from framework.optimizers import Optimizer
from framework.schedules import Schedule
from framework.specs import (
    AffineSpec,
    AugmentationSpec,
    AveragePool2DSpec,
    BatchNormSpec,
    ComponentSpec,
    Conv2DSpec,
    DataSpec,
    DenseSpec,
    DropoutSpec,
    ElasticSpec,
    FlattenSpec,
    GlobalAveragePool2DSpec,
    InitializerSpec,
    LayerNormSpec,
    LayerSpec,
    LossSpec,
    MaxPool2DSpec,
    NumberedColumns,
    OptimizerSpec,
    RescaleSpec,
    ReshapeSpec,
    ResidualSpec,
    ScheduleSpec,
    SGDSpec,
    TanhSpec,
    TrainingSpec,
    UniformSpec,
)
from framework.specs.augmentations import AugmentationUnion
from framework.specs.components import BUILT_IN, describe
from framework.specs.initializers import InitializerUnion
from framework.specs.layers import LayerUnion
from framework.specs.losses import LossUnion
from framework.specs.optimizers import OptimizerUnion
from framework.specs.schedules import ScheduleUnion
from framework.types import Shape
from tests.cases.layers import LAYERS, STAND_INS, LayerCase
from tests.cases.losses import LOSSES
from tests.cases.optimizers import OPTIMIZERS
from tests.cases.specs import ANYWHERE, specs

UNIONS: Mapping[type[ComponentSpec], object] = {
    InitializerSpec: InitializerUnion,
    LayerSpec: LayerUnion,
    LossSpec: LossUnion,
    OptimizerSpec: OptimizerUnion,
    ScheduleSpec: ScheduleUnion,
    AugmentationSpec: AugmentationUnion,
}


def _members(union: object) -> tuple[type[ComponentSpec], ...]:
    """The spec classes of a union."""
    return get_args(union)


sides = st.integers(1, 5)
far = st.floats(0, FARTHEST)
initializers = st.one_of(*(ANYWHERE.get(spec, specs(spec)) for spec in _members(InitializerUnion)))

shape_keepers: st.SearchStrategy[ComponentSpec] = st.recursive(
    st.one_of(specs(BatchNormSpec), specs(LayerNormSpec), specs(DropoutSpec), specs(TanhSpec)),
    lambda inner: specs(ResidualSpec, layers=st.lists(inner, min_size=1, max_size=3).map(tuple)),
    max_leaves=4,
)
"""Layers that leave shapes alone, some of them made of others."""

SPECIAL: Mapping[type[ComponentSpec], st.SearchStrategy[ComponentSpec]] = {
    UniformSpec: specs(UniformSpec, low=st.floats(-LARGEST, 0), high=st.floats(0, LARGEST)),
    RescaleSpec: specs(RescaleSpec, scale=st.floats(1e-6, 1e6) | st.floats(-1e6, -1e-6)),
    DenseSpec: specs(DenseSpec, out_features=st.integers(1, 100), weight_initializer=initializers),
    Conv2DSpec: specs(
        Conv2DSpec,
        out_channels=st.integers(1, 8),
        kernel_size=sides,
        stride=sides,
        weight_initializer=initializers,
    ),
    ResidualSpec: specs(ResidualSpec, layers=st.lists(shape_keepers, min_size=1, max_size=3).map(tuple)),
    SGDSpec: specs(SGDSpec, momentum=st.floats(0.1, 0.99)),
    AffineSpec: specs(AffineSpec, shear=far, shift=far),
    ElasticSpec: specs(ElasticSpec, strength=far, shear=far, shift=far),
}
"""Where not all that the fields allow goes together, or more than a test can bear."""

STRATEGIES = {spec: SPECIAL[spec] if spec in SPECIAL else specs(spec) for spec in BUILT_IN}

IMAGE_SHAPE = (4, 5)
SAMPLE_SHAPES = {type(case.make()): case.shape for case in LAYERS}


def _family(family: type[ComponentSpec]) -> st.SearchStrategy[ComponentSpec]:
    return st.one_of(*(strategy for spec, strategy in STRATEGIES.items() if issubclass(spec, family)))


@st.composite
def image_layers(draw: st.DrawFn, features: int) -> list[LayerSpec]:
    """From a row of numbers to images, through layers, and back to a row."""
    same = st.builds(Conv2DSpec, out_channels=st.integers(1, 4), kernel_size=sides, padding=st.just("same"))
    single = st.just(1)
    pools = st.builds(MaxPool2DSpec, pool_size=single, stride=sides) | st.builds(AveragePool2DSpec, pool_size=single)
    between = draw(st.lists(same | pools, max_size=3))
    end = draw(st.builds(FlattenSpec) | st.builds(GlobalAveragePool2DSpec))
    return [ReshapeSpec(shape=(features, 1, 1)), *between, end]


@st.composite
def model_specs(draw: st.DrawFn, outputs: int | None = None) -> ModelSpec:
    features = draw(st.integers(1, 50))
    drawn = draw(st.just([]) | image_layers(features)) + draw(st.lists(_family(LayerSpec), max_size=6))
    layers: list[LayerSpec] = []
    shape: Shape = (features,)
    for layer in drawn:
        assert isinstance(layer, LayerSpec)
        try:
            shape = layer.build_for(shape).output_shape(shape)
        except InputError:
            continue  # it fits elsewhere
        layers.append(layer)
    if len(shape) > 1:
        layers.append(FlattenSpec())
    layers.append(DenseSpec(out_features=outputs or draw(st.integers(1, 20))))
    dtype = draw(st.sampled_from(["float32", "float64"]))
    return ModelSpec.model_validate({"input_shape": [features], "dtype": dtype, "layers": layers})


def _weighs_each(loss: object, classes: int) -> bool:
    """Whether there is a weight for each of so many classes, if there are weights."""
    weights = getattr(loss, "class_weights", None)
    return weights is None or len(weights) == classes


@st.composite
def run_specs(draw: st.DrawFn) -> RunSpec:
    classes = draw(st.integers(2, 20))
    model = draw(model_specs(classes))
    (features,) = model.input_shape
    names = st.lists(
        st.text("abc[]/~é \t", min_size=1, max_size=9), min_size=features, max_size=features, unique=True
    ).map(tuple)
    columns = draw(st.builds(NumberedColumns, prefix=st.sampled_from(["pixel", "x"]), count=st.just(features)) | names)
    heights = [height for height in range(1, features + 1) if features % height == 0]
    image_shape = draw(st.none() | st.sampled_from([(height, features // height) for height in heights]))
    seeds = st.integers(0, 2**64 - 1)
    counts = st.integers(1, 10**6)
    data = {
        "label_column": draw(st.sampled_from(["label", "y"])),
        "feature_columns": columns,
        "image_shape": image_shape,
        "minimum": draw(st.integers(-5, 0)),
        "maximum": draw(st.integers(0, 2**31 - 1)),
        "classes": classes,
        "validation_split": draw(st.floats(0.01, 0.99)),
        "split_seed": draw(seeds),
    }
    training = {
        "epochs": draw(counts),
        "batch_size": draw(counts | st.none()),
        "seed": draw(seeds),
        "patience": draw(counts | st.none()),
        "monitor": draw(st.sampled_from(["validation_loss", "validation_accuracy"])),
        "restore_best": draw(st.booleans()),
        "threads": draw(st.integers(1, 1024) | st.just("auto")),
    }
    parts = {
        "loss": draw(_family(LossSpec).filter(lambda loss: _weighs_each(loss, classes))),
        "optimizer": draw(_family(OptimizerSpec)),
        "schedule": draw(_family(ScheduleSpec)),
        "augmentation": None if image_shape is None else draw(st.none() | _family(AugmentationSpec)),
    }
    return RunSpec.model_validate({"model": model, "data": data, "training": training, **parts})


def test_the_unions_are_the_vocabulary() -> None:
    members = [spec for union in UNIONS.values() for spec in _members(union)]
    assert set(members) == set(BUILT_IN)
    assert len(members) == len(BUILT_IN)
    for family, union in UNIONS.items():
        assert all(issubclass(spec, family) for spec in _members(union))


@pytest.mark.parametrize("spec", BUILT_IN, ids=lambda spec: spec.__name__)
def test_every_spec_class_is_reachable_from_the_top(spec: type[ComponentSpec]) -> None:
    assert spec.__name__ in framework.specs.__all__
    assert getattr(framework.specs, spec.__name__) is spec


@pytest.mark.parametrize("family", UNIONS, ids=lambda family: family.__name__)
def test_every_concrete_component_is_in_its_union(family: type[ComponentSpec]) -> None:
    bases: Mapping[type[ComponentSpec], type] = {
        InitializerSpec: Initializer,
        LayerSpec: Layer,
        LossSpec: Loss,
        OptimizerSpec: Optimizer,
        ScheduleSpec: Schedule,
        AugmentationSpec: Augmentation,
    }

    def concrete(kind: type) -> set[type]:
        children: list[type] = kind.__subclasses__()
        below = {found for child in children for found in concrete(child)}
        return below if inspect.isabstract(kind) else below | {kind}

    ours = {kind for kind in concrete(bases[family]) if kind.__module__.startswith("framework.")}
    assert {spec.component for spec in _members(UNIONS[family])} == ours - STAND_INS


def test_type_names_are_permanent_and_unambiguous() -> None:
    """They are what files say by hand, in the cases and here."""
    names = {family.__name__: sorted(spec.type_name() for spec in _members(union)) for family, union in UNIONS.items()}
    assert names == {
        "InitializerSpec": [
            "constant",
            "glorot_normal",
            "glorot_uniform",
            "he_normal",
            "he_uniform",
            "lecun_normal",
            "lecun_uniform",
            "normal",
            "orthogonal",
            "uniform",
        ],
        "LayerSpec": sorted({str(case.json["type"]) for case in LAYERS}),
        "LossSpec": sorted({str(case.json["type"]) for case in LOSSES.values()}),
        "OptimizerSpec": sorted({str(case.json["type"]) for case in OPTIMIZERS.values()}),
        "ScheduleSpec": ["constant", "cosine", "exponential", "one_cycle", "step"],
        "AugmentationSpec": ["affine", "elastic"],
    }


@pytest.mark.parametrize("spec", BUILT_IN, ids=lambda spec: spec.__name__)
def test_fields_are_the_constructor_arguments_with_the_same_defaults(spec: type[ComponentSpec]) -> None:
    arguments = dict(inspect.signature(spec.component).parameters)
    if issubclass(spec, LayerSpec):
        for name in spec.component.inferred(SAMPLE_SHAPES[spec.component]):
            del arguments[name]
    if issubclass(spec, AugmentationSpec):
        for name in spec.component.inferred(IMAGE_SHAPE):
            del arguments[name]
    fields = {name: field for name, field in spec.model_fields.items() if name != "type"}
    assert list(fields) == list(arguments)
    for name, field in fields.items():
        default = field.get_default()
        if isinstance(default, ComponentSpec):
            assert default == describe(arguments[name].default)
        elif field.is_required():
            assert arguments[name].default is inspect.Parameter.empty
        else:
            assert default == arguments[name].default
            assert type(default) is type(arguments[name].default)


def test_training_spec_has_the_fields_and_defaults_of_the_settings() -> None:
    arguments = inspect.signature(TrainingSettings).parameters
    fields = TrainingSpec.model_fields
    assert {name: field.default for name, field in fields.items()} == {
        name: argument.default for name, argument in arguments.items()
    }
    assert TrainingSpec().build() == TrainingSettings()


def _built(spec: ComponentSpec) -> object:
    if isinstance(spec, AugmentationSpec):
        return spec.build_for(IMAGE_SHAPE)
    return spec.build_for(SAMPLE_SHAPES[spec.component]) if isinstance(spec, LayerSpec) else spec.build()


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.__name__)
def test_build_and_describe_undo_each_other(kind: type[ComponentSpec]) -> None:
    @given(STRATEGIES[kind])
    @settings(derandomize=True, deadline=None, max_examples=25)
    def check(spec: ComponentSpec) -> None:
        component = _built(spec)
        assert type(component) is kind.component
        assert describe(component) == spec
        for name in kind.model_fields:
            value = getattr(spec, name)
            if name not in ("type", "layers") and not isinstance(value, ComponentSpec):
                assert getattr(component, name) == value

    check()


@given(model_specs())
@settings(derandomize=True, deadline=None, max_examples=100)
def test_a_model_spec_survives_json(spec: ModelSpec) -> None:
    text = spec.model_dump_json()
    assert parse_spec(text) == spec
    assert parse_spec(text).model_dump_json() == text
    assert parse_spec(json.dumps(json.loads(text), indent=2)) == spec
    assert parse_spec(text.encode()) == spec


@given(run_specs())
@settings(derandomize=True, deadline=None, max_examples=100)
def test_a_run_spec_survives_json(spec: RunSpec) -> None:
    text = spec.model_dump_json()
    assert parse_spec(text) == spec
    assert parse_spec(text).model_dump_json() == text


@given(model_specs(), st.integers(0, 2**64 - 1))
@settings(derandomize=True, deadline=None, max_examples=50)
def test_a_built_model_is_described_by_its_spec(spec: ModelSpec, seed: int) -> None:
    model = spec.build(seed)
    assert ModelSpec.of(model) == spec
    assert model.input_shape == spec.input_shape
    assert model.output_shape == spec.output_shape()
    assert model.dtype.name == spec.dtype


def _everything() -> Sequential:
    """A model with layers and initializers of every kind."""
    return Sequential(
        [
            Rescale(1 / 255),
            Dense(6, 5, weight_initializer=HeNormal(), bias_initializer=Constant(0.1)),
            ReLU(),
            Dense(5, 5, weight_initializer=HeUniform(), bias_initializer=Normal(0.1, 0.2)),
            LeakyReLU(0.3),
            Dense(5, 4, weight_initializer=GlorotNormal(), bias_initializer=Uniform(-0.3, 0.1)),
            Tanh(),
            Dropout(0.4),
            LayerNorm(4),
            Residual([Dense(4, 2), BatchNorm(2, momentum=0.5), Residual([ReLU()]), Dense(2, 4)]),
            BatchNorm(4, epsilon=0.01),
            GaussianNoise(0.2),
            Reshape((2, 2, 1)),
            Conv2D(1, 4, kernel_size=2, padding="same"),
            MaxPool2D(1),
            AveragePool2D(2, stride=1),
            Flatten(),
            Reshape((1, 1, 4)),
            GlobalAveragePool2D(),
            Dense(4, 4, weight_initializer=GlorotUniform(), use_bias=False),
            Sigmoid(),
            Dense(4, 4, weight_initializer=LeCunNormal()),
            ELU(0.5),
            Dense(4, 5, weight_initializer=LeCunUniform()),
            Softplus(),
            SiLU(),
            Dense(5, 4, weight_initializer=Orthogonal()),
            GELU(),
            Dense(4, 3, weight_initializer=Uniform(-0.5, 0.5)),
        ],
        seed=3,
    )


BY_HAND = """{
  "format": 1,
  "input_shape": [6],
  "layers": [
    {"type": "rescale", "scale": 0.00392156862745098},
    {"type": "dense", "out_features": 5, "bias_initializer": {"type": "constant", "value": 0.1}},
    {"type": "relu"},
    {"type": "dense", "out_features": 5, "weight_initializer": {"type": "he_uniform"},
     "bias_initializer": {"type": "normal", "mean": 0.1, "deviation": 0.2}},
    {"type": "leaky_relu", "negative_slope": 0.3},
    {"type": "dense", "out_features": 4, "weight_initializer": {"type": "glorot_normal"},
     "bias_initializer": {"type": "uniform", "low": -0.3, "high": 0.1}},
    {"type": "tanh"},
    {"type": "dropout", "rate": 0.4},
    {"type": "layer_norm"},
    {"type": "residual", "layers": [
      {"type": "dense", "out_features": 2},
      {"type": "batch_norm", "momentum": 0.5},
      {"type": "residual", "layers": [{"type": "relu"}]},
      {"type": "dense", "out_features": 4}
    ]},
    {"type": "batch_norm", "epsilon": 0.01},
    {"type": "gaussian_noise", "deviation": 0.2},
    {"type": "reshape", "shape": [2, 2, 1]},
    {"type": "conv2d", "out_channels": 4, "kernel_size": 2, "padding": "same"},
    {"type": "max_pool2d", "pool_size": 1},
    {"type": "average_pool2d", "stride": 1},
    {"type": "flatten"},
    {"type": "reshape", "shape": [1, 1, 4]},
    {"type": "global_average_pool2d"},
    {"type": "dense", "out_features": 4, "weight_initializer": {"type": "glorot_uniform"}, "use_bias": false},
    {"type": "sigmoid"},
    {"type": "dense", "out_features": 4, "weight_initializer": {"type": "lecun_normal"}},
    {"type": "elu", "alpha": 0.5},
    {"type": "dense", "out_features": 5, "weight_initializer": {"type": "lecun_uniform"}},
    {"type": "softplus"},
    {"type": "silu"},
    {"type": "dense", "out_features": 4, "weight_initializer": {"type": "orthogonal"}},
    {"type": "gelu"},
    {"type": "dense", "out_features": 3, "weight_initializer": {"type": "uniform", "low": -0.5, "high": 0.5}}
  ]
}"""


def test_everything_has_every_initializer() -> None:
    drawn = {type(parameter.initializer) for parameter in _everything().parameters}
    assert drawn == {spec.component for spec in get_args(InitializerUnion)}


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
def test_three_ways_to_every_layer(case: LayerCase, tmp_path: Path) -> None:
    layer = case.make()
    above = Dense(math.prod(layer.output_shape(case.shape)), 2)
    tree = {
        "format": 1,
        "input_shape": case.shape,
        "layers": [case.json, {"type": "flatten"}, {"type": "dense", "out_features": 2}],
    }
    _compare_three_ways(
        Sequential([layer, Flatten(), above], input_shape=case.shape, seed=3), json.dumps(tree), tmp_path
    )


def test_three_ways_to_one_model(tmp_path: Path) -> None:
    composed = _everything()
    _compare_three_ways(composed, BY_HAND, tmp_path)
    assert not np.array_equal(ModelSpec.of(composed).build(seed=4).parameters.values, composed.parameters.values)


def _compare_three_ways(composed: Sequential, text: str, folder: Path) -> None:
    """JSON by hand, composed in a script, and the script's model exported: the same weights and the same answers."""
    exported = folder / "exported.json"
    exported.write_text(ModelSpec.of(composed).model_dump_json(indent=2))
    by_hand = folder / "by hand.json"
    by_hand.write_text(text)
    x = np.random.default_rng(0).integers(0, 256, (9, *composed.input_shape), dtype=np.uint8)
    for path in (exported, by_hand):
        spec = read_spec(path)
        assert isinstance(spec, ModelSpec)
        model = spec.build(seed=3)
        assert repr(model) == repr(composed)
        assert {name: array.tobytes() for name, array in model.get_weights().items()} == {
            name: array.tobytes() for name, array in composed.get_weights().items()
        }
        assert model.predict_proba(x).tobytes() == composed.predict_proba(x).tobytes()
    assert read_spec(exported) == read_spec(by_hand)


def test_export_writes_the_defaults_out() -> None:
    exported = ModelSpec.of(Sequential([Dense(2, 3)], seed=0)).model_dump(mode="json")
    assert exported == {
        "format": 1,
        "input_shape": [2],
        "dtype": "float32",
        "layers": [
            {
                "type": "dense",
                "out_features": 3,
                "use_bias": True,
                "weight_initializer": {"type": "he_normal"},
                "bias_initializer": {"type": "constant", "value": 0.0},
            }
        ],
    }


def test_float64_survives() -> None:
    model = Sequential([Dense(4, 3, bias_initializer=Constant(0.1))], seed=3, dtype=np.float64)
    again = parse_spec(ModelSpec.of(model).model_dump_json()).build(seed=3)
    assert again.dtype == np.float64
    assert again.parameters.values.tobytes() == model.parameters.values.tobytes()
    assert again.get_weights()["layers.0.bias"][0] == 0.1


def test_whole_numbers_may_stand_for_decimal_ones() -> None:
    layers = '{"type": "rescale", "scale": 2}, {"type": "dense", "out_features": 1}'
    spec = parse_spec('{"format": 1, "input_shape": [2], "layers": [' + layers + "]}")
    assert isinstance(spec, ModelSpec)
    assert isinstance(spec.layers[0], RescaleSpec)
    assert isinstance(spec.layers[0].scale, float)


def test_a_run_is_drawn_from_its_own_seed_unless_told() -> None:
    run = RunSpec(
        model=ModelSpec(input_shape=(2,), layers=(DenseSpec(out_features=2),)),
        data=DataSpec(feature_columns=("a", "b"), classes=2),
        training=TrainingSpec(seed=7),
    )
    np.testing.assert_array_equal(run.build().parameters.values, run.model.build(7).parameters.values)
    np.testing.assert_array_equal(run.build(8).parameters.values, run.model.build(8).parameters.values)
    assert run.data.table_format().feature_columns == ("a", "b")
    assert math.isclose(run.optimizer.build().learning_rate, 0.001)


def test_numbered_columns() -> None:
    assert NumberedColumns(prefix="pixel", count=3).names() == ("pixel0", "pixel1", "pixel2")
    assert NumberedColumns(prefix="x", count=2, start=9).names() == ("x9", "x10")


def test_specs_are_frozen() -> None:
    spec = DenseSpec(out_features=2)
    with pytest.raises(ValueError, match="frozen"):
        spec.out_features = 3
