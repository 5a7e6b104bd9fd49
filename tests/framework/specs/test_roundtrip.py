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
from framework.initializers import Initializer
from framework.layers.base import Layer
from framework.losses import Loss
from framework.optimizers import Optimizer
from framework.schedules import Schedule
from framework.specs import (
    AdamSpec,
    AdamWSpec,
    AffineSpec,
    AugmentationSpec,
    AveragePool2DSpec,
    BatchNormSpec,
    BinaryCrossEntropySpec,
    ComponentSpec,
    ConstantScheduleSpec,
    ConstantSpec,
    Conv2DSpec,
    CosineScheduleSpec,
    DataSpec,
    DenseSpec,
    DropoutSpec,
    ELUSpec,
    ExponentialScheduleSpec,
    FlattenSpec,
    GaussianNoiseSpec,
    GELUSpec,
    GlobalAveragePool2DSpec,
    GlorotNormalSpec,
    GlorotUniformSpec,
    HeNormalSpec,
    HeUniformSpec,
    HuberSpec,
    InitializerSpec,
    LayerNormSpec,
    LayerSpec,
    LeakyReLUSpec,
    LeCunNormalSpec,
    LeCunUniformSpec,
    LossSpec,
    MaxPool2DSpec,
    MeanSquaredErrorSpec,
    NormalSpec,
    NumberedColumns,
    OneCycleScheduleSpec,
    OptimizerSpec,
    OrthogonalSpec,
    ReLUSpec,
    RescaleSpec,
    ReshapeSpec,
    ResidualSpec,
    RMSpropSpec,
    ScheduleSpec,
    SGDSpec,
    SigmoidSpec,
    SiLUSpec,
    SoftmaxCrossEntropySpec,
    SoftplusSpec,
    StepScheduleSpec,
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

UNIONS: Mapping[type[ComponentSpec], object] = {
    InitializerSpec: InitializerUnion,
    LayerSpec: LayerUnion,
    LossSpec: LossUnion,
    OptimizerSpec: OptimizerUnion,
    ScheduleSpec: ScheduleUnion,
    AugmentationSpec: AugmentationUnion,
}


def _members(union: object) -> tuple[type[ComponentSpec], ...]:
    """The spec classes of a union; a family with one member is that class itself."""
    return get_args(union) or (union,)


fractions = st.floats(0, 1, exclude_max=True)
numbers = st.floats(allow_nan=False, allow_infinity=False)
small = st.floats(-100, 100)
starts = st.floats(-1e30, 1e30)
not_negative = st.floats(0, allow_nan=False, allow_infinity=False)
positive = st.floats(1e-30, 1)
sides = st.integers(1, 5)
scales = st.floats(1e-6, 1e6) | st.floats(-1e6, -1e-6)

matrix_initializers = st.one_of(
    st.builds(HeNormalSpec),
    st.builds(HeUniformSpec),
    st.builds(GlorotNormalSpec),
    st.builds(GlorotUniformSpec),
    st.builds(LeCunNormalSpec),
    st.builds(LeCunUniformSpec),
    st.builds(OrthogonalSpec),
)
any_initializers = st.one_of(
    st.builds(NormalSpec, mean=small, deviation=st.floats(0, 100)),
    st.builds(UniformSpec, low=st.floats(-100, 0), high=st.floats(0, 100)),
    st.builds(ConstantSpec, value=small),
)
initializers = matrix_initializers | any_initializers

shape_keepers: st.SearchStrategy[LayerSpec] = st.recursive(
    st.one_of(
        st.builds(BatchNormSpec, momentum=fractions, epsilon=positive),
        st.builds(LayerNormSpec, epsilon=positive),
        st.builds(DropoutSpec, rate=fractions),
        st.builds(TanhSpec),
    ),
    lambda inner: st.builds(ResidualSpec, layers=st.lists(inner, min_size=1, max_size=3).map(tuple)),
    max_leaves=4,
)
"""Layers that leave shapes alone, some of them made of others."""

STRATEGIES: Mapping[type[ComponentSpec], st.SearchStrategy[ComponentSpec]] = {
    HeNormalSpec: st.builds(HeNormalSpec),
    HeUniformSpec: st.builds(HeUniformSpec),
    GlorotNormalSpec: st.builds(GlorotNormalSpec),
    GlorotUniformSpec: st.builds(GlorotUniformSpec),
    LeCunNormalSpec: st.builds(LeCunNormalSpec),
    LeCunUniformSpec: st.builds(LeCunUniformSpec),
    OrthogonalSpec: st.builds(OrthogonalSpec),
    NormalSpec: st.builds(NormalSpec, mean=starts, deviation=st.floats(0, 1e30)),
    UniformSpec: st.builds(
        UniformSpec, low=st.floats(-1e30, 0, allow_nan=False), high=st.floats(0, 1e30, allow_nan=False)
    ),
    ConstantSpec: st.builds(ConstantSpec, value=starts),
    RescaleSpec: st.builds(RescaleSpec, scale=scales),
    DenseSpec: st.builds(
        DenseSpec,
        out_features=st.integers(1, 100),
        use_bias=st.booleans(),
        weight_initializer=initializers,
        bias_initializer=any_initializers,
    ),
    DropoutSpec: st.builds(DropoutSpec, rate=fractions),
    GaussianNoiseSpec: st.builds(GaussianNoiseSpec, deviation=st.floats(0, 1e30)),
    ReshapeSpec: st.builds(ReshapeSpec, shape=st.lists(st.integers(1, 100), min_size=1, max_size=4).map(tuple)),
    FlattenSpec: st.builds(FlattenSpec),
    Conv2DSpec: st.builds(
        Conv2DSpec,
        out_channels=st.integers(1, 8),
        kernel_size=sides,
        stride=sides,
        padding=st.sampled_from(["valid", "same"]),
        use_bias=st.booleans(),
        weight_initializer=initializers,
        bias_initializer=any_initializers,
    ),
    MaxPool2DSpec: st.builds(MaxPool2DSpec, pool_size=sides, stride=sides | st.none()),
    AveragePool2DSpec: st.builds(AveragePool2DSpec, pool_size=sides, stride=sides | st.none()),
    GlobalAveragePool2DSpec: st.builds(GlobalAveragePool2DSpec),
    BatchNormSpec: st.builds(BatchNormSpec, momentum=fractions, epsilon=positive),
    LayerNormSpec: st.builds(LayerNormSpec, epsilon=positive),
    ResidualSpec: st.builds(ResidualSpec, layers=st.lists(shape_keepers, min_size=1, max_size=3).map(tuple)),
    ReLUSpec: st.builds(ReLUSpec),
    LeakyReLUSpec: st.builds(LeakyReLUSpec, negative_slope=st.floats(0, 1)),
    SigmoidSpec: st.builds(SigmoidSpec),
    TanhSpec: st.builds(TanhSpec),
    ELUSpec: st.builds(ELUSpec, alpha=st.floats(0, 1e30)),
    SoftplusSpec: st.builds(SoftplusSpec),
    SiLUSpec: st.builds(SiLUSpec),
    GELUSpec: st.builds(GELUSpec),
    SoftmaxCrossEntropySpec: st.builds(
        SoftmaxCrossEntropySpec,
        label_smoothing=fractions,
        class_weights=st.none() | st.lists(st.floats(1e-6, 1e6), min_size=2, max_size=5).map(tuple),
    ),
    MeanSquaredErrorSpec: st.builds(MeanSquaredErrorSpec),
    BinaryCrossEntropySpec: st.builds(BinaryCrossEntropySpec),
    HuberSpec: st.builds(HuberSpec, delta=st.floats(1e-30, 1e30)),
    SGDSpec: st.builds(
        SGDSpec,
        learning_rate=not_negative,
        momentum=st.floats(0.1, 0.99),
        nesterov=st.booleans(),
        weight_decay=not_negative,
    ),
    AdamSpec: st.builds(AdamSpec, learning_rate=not_negative, beta_1=fractions, beta_2=fractions, epsilon=positive),
    AdamWSpec: st.builds(
        AdamWSpec,
        learning_rate=not_negative,
        beta_1=fractions,
        beta_2=fractions,
        epsilon=positive,
        weight_decay=not_negative,
    ),
    RMSpropSpec: st.builds(
        RMSpropSpec, learning_rate=not_negative, decay=fractions, epsilon=positive, momentum=fractions
    ),
    ConstantScheduleSpec: st.builds(ConstantScheduleSpec, warmup=fractions),
    CosineScheduleSpec: st.builds(CosineScheduleSpec, warmup=fractions, final=fractions),
    OneCycleScheduleSpec: st.builds(OneCycleScheduleSpec, warmup=fractions, initial=fractions, final=fractions),
    StepScheduleSpec: st.builds(
        StepScheduleSpec, warmup=fractions, every=st.floats(1e-6, 1, exclude_max=True), factor=fractions
    ),
    ExponentialScheduleSpec: st.builds(
        ExponentialScheduleSpec, warmup=fractions, final=st.floats(0, 1, exclude_min=True, exclude_max=True)
    ),
    AffineSpec: st.builds(
        AffineSpec,
        rotation=not_negative,
        scale=fractions,
        shear=st.floats(0, FARTHEST),
        shift=st.floats(0, FARTHEST),
    ),
}
"""A way to draw each member of the unions; a new one without a way fails the first test below."""


IMAGE_SHAPE = (4, 5)
IMAGE_LAYERS = (ReshapeSpec, Conv2DSpec, MaxPool2DSpec, AveragePool2DSpec, GlobalAveragePool2DSpec)
"""Layers that do not take any row of numbers."""


def _sample_shape(spec: type[ComponentSpec]) -> tuple[int, ...]:
    return (*IMAGE_SHAPE, 2) if spec is Conv2DSpec else (3,)


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
    on_rows = st.one_of(*(STRATEGIES[spec] for spec in _members(LayerUnion) if spec not in IMAGE_LAYERS))
    layers = draw(st.just([]) | image_layers(features)) + draw(st.lists(on_rows, max_size=6))
    layers.append(DenseSpec(out_features=outputs or draw(st.integers(1, 20))))
    dtype = draw(st.sampled_from(["float32", "float64"]))
    return ModelSpec.model_validate({"input_shape": [features], "dtype": dtype, "layers": layers})


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
        "loss": draw(_family(LossSpec)),
        "optimizer": draw(_family(OptimizerSpec)),
        "schedule": draw(_family(ScheduleSpec)),
        "augmentation": None if image_shape is None else draw(st.none() | _family(AugmentationSpec)),
    }
    return RunSpec.model_validate({"model": model, "data": data, "training": training, **parts})


def test_every_member_of_every_union_has_a_case() -> None:
    members = [spec for union in UNIONS.values() for spec in _members(union)]
    assert set(STRATEGIES) == set(members) == set(BUILT_IN)
    assert len(members) == len(BUILT_IN)
    for family, union in UNIONS.items():
        assert all(issubclass(spec, family) for spec in _members(union))


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
    assert {spec.component for spec in _members(UNIONS[family])} == ours


def test_type_names_are_permanent_and_unambiguous() -> None:
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
        "LayerSpec": [
            "average_pool2d",
            "batch_norm",
            "conv2d",
            "dense",
            "dropout",
            "elu",
            "flatten",
            "gaussian_noise",
            "gelu",
            "global_average_pool2d",
            "layer_norm",
            "leaky_relu",
            "max_pool2d",
            "relu",
            "rescale",
            "reshape",
            "residual",
            "sigmoid",
            "silu",
            "softplus",
            "tanh",
        ],
        "LossSpec": ["binary_cross_entropy", "huber", "mean_squared_error", "softmax_cross_entropy"],
        "OptimizerSpec": ["adam", "adamw", "rmsprop", "sgd"],
        "ScheduleSpec": ["constant", "cosine", "exponential", "one_cycle", "step"],
        "AugmentationSpec": ["affine"],
    }


@pytest.mark.parametrize("spec", BUILT_IN, ids=lambda spec: spec.__name__)
def test_fields_are_the_constructor_arguments_with_the_same_defaults(spec: type[ComponentSpec]) -> None:
    arguments = dict(inspect.signature(spec.component).parameters)
    if issubclass(spec, LayerSpec):
        for name in spec.component.inferred(_sample_shape(spec)):
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
    return spec.build_for(_sample_shape(type(spec))) if isinstance(spec, LayerSpec) else spec.build()


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
    """A model with every layer and every initializer there is."""
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


def test_everything_is_everything() -> None:
    model = _everything()
    assert {type(layer) for layer in model.layers} == {spec.component for spec in get_args(LayerUnion)}
    drawn = {type(parameter.initializer) for parameter in model.parameters}
    assert drawn == {spec.component for spec in get_args(InitializerUnion)}


def test_three_ways_to_one_model(tmp_path: Path) -> None:
    """JSON by hand, composed in a script, and the script's model exported: the same weights and the same answers."""
    composed = _everything()
    exported = tmp_path / "exported.json"
    exported.write_text(ModelSpec.of(composed).model_dump_json(indent=2))
    by_hand = tmp_path / "by hand.json"
    by_hand.write_text(BY_HAND)
    x = np.random.default_rng(0).integers(0, 256, (9, 6), dtype=np.uint8)
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
    assert not np.array_equal(ModelSpec.of(composed).build(seed=4).parameters.values, composed.parameters.values)


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
