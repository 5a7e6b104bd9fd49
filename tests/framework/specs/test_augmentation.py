"""Augmentations in a RunSpec: there and back through JSON, sized by the shape of the images, and what is refused."""

import json
from typing import Literal, TypeAlias

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from framework import Affine, Augmentation, Elastic, InputError, RunSpec, SpecError, parse_spec
from framework.specs import (
    AffineSpec,
    AugmentationSpec,
    ComponentSpec,
    DataSpec,
    DenseSpec,
    ElasticSpec,
    ModelSpec,
    NumberedColumns,
    Positive,
    json_schema,
)
from framework.specs.components import describe
from framework.types import Array, Numbers

Tree: TypeAlias = dict[str, object]

VALIDATOR = Draft202012Validator(json_schema())
MODEL = {"format": 1, "input_shape": [6], "layers": [{"type": "dense", "out_features": 2}]}
AFFINE = {"type": "affine"}
ELASTIC = {"type": "elastic"}
FIELDS = "type, rotation, scale, shear, shift"


def _run(augmentation: object = AFFINE, image_shape: object = (2, 3)) -> Tree:
    """A run on images of six pixels."""
    data = {"feature_columns": {"prefix": "pixel", "count": 6}, "image_shape": image_shape, "classes": 2}
    return {"format": 1, "model": MODEL, "augmentation": augmentation, "data": data}


def _without(tree: Tree, key: str) -> Tree:
    return {name: value for name, value in tree.items() if name != key}


def _parsed(tree: Tree, *extra: type[ComponentSpec]) -> RunSpec:
    spec = parse_spec(json.dumps(tree), extra=extra)
    assert isinstance(spec, RunSpec)
    return spec


def _message(tree: Tree, *extra: type[ComponentSpec]) -> str:
    with pytest.raises(SpecError) as caught:
        parse_spec(json.dumps(tree), source="run.json", extra=extra)
    return str(caught.value)


# There and back


@pytest.mark.parametrize("image_shape", [(2, 3), (3, 2), (1, 6)])
@pytest.mark.parametrize(
    ("spec", "written"),
    [
        (AffineSpec(), {**AFFINE, "rotation": 10.0, "scale": 0.1, "shear": 0.1, "shift": 1.0}),
        (
            AffineSpec(rotation=5.0, scale=0.25, shear=0.0, shift=2.5),
            {**AFFINE, "rotation": 5.0, "scale": 0.25, "shear": 0.0, "shift": 2.5},
        ),
        (
            ElasticSpec(),
            {
                **ELASTIC,
                "strength": 1.2,
                "smoothness": 4.0,
                "rotation": 10.0,
                "scale": 0.1,
                "shear": 0.1,
                "shift": 1.0,
            },
        ),
        (
            ElasticSpec(strength=0.0, smoothness=1.0, rotation=5.0, scale=0.25, shear=0.0, shift=2.5),
            {
                **ELASTIC,
                "strength": 0.0,
                "smoothness": 1.0,
                "rotation": 5.0,
                "scale": 0.25,
                "shear": 0.0,
                "shift": 2.5,
            },
        ),
    ],
)
def test_python_and_json_say_the_same(
    spec: AffineSpec | ElasticSpec, written: Tree, image_shape: tuple[int, int]
) -> None:
    run = RunSpec(
        model=ModelSpec(input_shape=(6,), layers=(DenseSpec(out_features=2),)),
        augmentation=spec,
        data=DataSpec(feature_columns=NumberedColumns(prefix="pixel", count=6), image_shape=image_shape, classes=2),
    )
    text = run.model_dump_json()
    assert parse_spec(text) == run == _parsed(_run(written, image_shape))
    assert parse_spec(text).model_dump_json() == text
    tree = json.loads(text)
    assert tree["data"]["image_shape"] == list(image_shape)
    assert tree["augmentation"] == written
    VALIDATOR.validate(tree)


def test_it_builds_what_it_describes() -> None:
    spec = _parsed(_run({**AFFINE, "rotation": 5, "shift": 2.5}))
    assert repr(spec.build_augmentation()) == "Affine((2, 3), rotation=5.0, shift=2.5)"
    assert repr(AffineSpec(shear=0.5).build_for((28, 20))) == "Affine((28, 20), shear=0.5)"
    assert describe(Affine((28, 20), scale=0.5)) == AffineSpec(scale=0.5)
    spec = _parsed(_run({**ELASTIC, "strength": 2, "shift": 2.5}))
    assert repr(spec.build_augmentation()) == "Elastic((2, 3), strength=2.0, shift=2.5)"
    assert repr(ElasticSpec(smoothness=6.0).build_for((28, 20))) == "Elastic((28, 20), smoothness=6.0)"
    assert describe(Elastic((28, 20), strength=3)) == ElasticSpec(strength=3.0)


@pytest.mark.parametrize("tree", [_run(None), _run(None, None), _without(_run(None), "augmentation")])
def test_none_is_none(tree: Tree) -> None:
    spec = _parsed(tree)
    assert spec.augmentation is None
    assert spec.build_augmentation() is None
    assert parse_spec(spec.model_dump_json()) == spec
    assert VALIDATOR.is_valid(json.loads(json.dumps(tree)))


def test_images_need_no_augmentation_and_a_shape_may_be_left_out() -> None:
    assert _parsed(_run(None, (3, 2))).data.image_shape == (3, 2)
    assert _parsed(_run(None, None)).data.image_shape is None
    tree = _run(None)
    data = {"feature_columns": ["a", "b", "c", "d", "e", "f"], "classes": 2}
    assert _parsed({**tree, "data": data}).data.image_shape is None
    assert _parsed({**tree, "data": {**data, "image_shape": [2, 3]}}).data.image_shape == (2, 3)


# What is refused


REFUSED: list[tuple[str, Tree, str]] = [
    ("unknown type", _run({"type": "rotate"}), "/augmentation/type: got 'rotate'; expected one of affine, elastic"),
    ("a layer", _run({"type": "dense"}), "/augmentation/type: got 'dense'; expected one of affine, elastic"),
    ("type a number", _run({"type": 5}), "/augmentation/type: got 5; expected one of affine, elastic"),
    ("no type", _run({"rotation": 5.0}), "/augmentation/type: got nothing; expected one of affine, elastic"),
    ("empty", _run({}), "/augmentation/type: got nothing; expected one of affine, elastic"),
    ("a name", _run("affine"), "/augmentation: got 'affine'; expected an object"),
    ("a number", _run(5), "/augmentation: got 5; expected an object"),
    ("true", _run(True), "/augmentation: got true; expected an object"),
    ("several", _run([AFFINE]), "/augmentation: got a list of 1; expected an object"),
    (
        "extra field",
        _run({**AFFINE, "flip": 0.5}),
        f"/augmentation/flip: got a field that does not belong here; expected {FIELDS}",
    ),
    (
        "image_shape in the wrong place",
        _run({**AFFINE, "image_shape": [2, 3]}),
        f"/augmentation/image_shape: got a field that does not belong here; expected {FIELDS}",
    ),
    ("rotation below 0", _run({**AFFINE, "rotation": -1}), "/augmentation/rotation: got -1; expected 0 or more"),
    ("rotation a text", _run({**AFFINE, "rotation": "5"}), "/augmentation/rotation: got '5'; expected a number"),
    ("rotation true", _run({**AFFINE, "rotation": True}), "/augmentation/rotation: got true; expected a number"),
    ("scale 1", _run({**AFFINE, "scale": 1.0}), "/augmentation/scale: got 1.0; expected less than 1"),
    ("scale below 0", _run({**AFFINE, "scale": -0.1}), "/augmentation/scale: got -0.1; expected 0 or more"),
    ("shear below 0", _run({**AFFINE, "shear": -0.5}), "/augmentation/shear: got -0.5; expected 0 or more"),
    ("shift null", _run({**AFFINE, "shift": None}), "/augmentation/shift: got null; expected a number"),
    ("shift below 0", _run({**AFFINE, "shift": -2.0}), "/augmentation/shift: got -2.0; expected 0 or more"),
    (
        "elastic, extra field",
        _run({**ELASTIC, "sigma": 4.0}),
        "/augmentation/sigma: got a field that does not belong here; "
        "expected type, strength, smoothness, rotation, scale, shear, shift",
    ),
    ("strength below 0", _run({**ELASTIC, "strength": -1}), "/augmentation/strength: got -1; expected 0 or more"),
    ("strength a text", _run({**ELASTIC, "strength": "1"}), "/augmentation/strength: got '1'; expected a number"),
    ("too rough", _run({**ELASTIC, "smoothness": 0.5}), "/augmentation/smoothness: got 0.5; expected 1 or more"),
    ("too smooth", _run({**ELASTIC, "smoothness": 1001}), "/augmentation/smoothness: got 1001; expected at most 1000"),
    ("smoothness null", _run({**ELASTIC, "smoothness": None}), "/augmentation/smoothness: got null; expected a number"),
    ("elastic, scale 1", _run({**ELASTIC, "scale": 1.0}), "/augmentation/scale: got 1.0; expected less than 1"),
    ("three sizes", _run(image_shape=[2, 3, 1]), "/data/image_shape: got a list of 3; expected at most 2 of them"),
    (
        "one size",
        _run(image_shape=[6]),
        "/data/image_shape/1: got nothing; expected a value, this field has no default",
    ),
    ("a size true", _run(image_shape=[6, True]), "/data/image_shape/1: got true; expected an integer"),
    ("a size a text", _run(image_shape=[2, "3"]), "/data/image_shape/1: got '3'; expected an integer"),
    ("a size null", _run(image_shape=[2, None]), "/data/image_shape/1: got null; expected an integer"),
    ("a size 0", _run(image_shape=[0, 6]), "/data/image_shape/0: got 0; expected 1 or more"),
    ("sizes below 0", _run(image_shape=[-2, -3]), "/data/image_shape/0: got -2; expected 1 or more"),
    ("a size too large", _run(image_shape=[1, 65_537]), "/data/image_shape/1: got 65537; expected at most 65,536"),
    ("a side alone", _run(image_shape=6), "/data/image_shape: got 6; expected a list"),
    ("a shape as text", _run(image_shape="2x3"), "/data/image_shape: got '2x3'; expected a list"),
]
"""What a JSON Schema refuses as well."""

REFUSED_IN_PYTHON: list[tuple[str, Tree, str]] = [
    ("a size 2.0", _run(image_shape=[2.0, 3]), "/data/image_shape/0: got 2.0; expected an integer"),
    (
        "no shape",
        _run(image_shape=None),
        "/augmentation: Affine: got rows of no known shape; expected data.image_shape, such as [28, 28]",
    ),
    (
        "elastic, no shape",
        _run(ELASTIC, None),
        "/augmentation: Elastic: got rows of no known shape; expected data.image_shape, such as [28, 28]",
    ),
    (
        "strength out of all range",
        _run({**ELASTIC, "strength": 1e300}),
        "/augmentation: Elastic: strength: got 1e+300; expected a number from 0 to 1e+06",
    ),
    (
        "another number of pixels",
        _run(image_shape=[3, 3]),
        "/data: image_shape: got 3 x 3 pixels; expected 6, one per feature",
    ),
    (
        "another number of pixels, and no augmentation",
        _run(None, [2, 2]),
        "/data: image_shape: got 2 x 2 pixels; expected 6, one per feature",
    ),
    (
        "shear out of all range",
        _run({**AFFINE, "shear": 1e300}),
        "/augmentation: Affine: shear: got 1e+300; expected a number from 0 to 1e+06",
    ),
]
"""What a JSON Schema cannot say: 2.0 is an integer to it, and of fields that contradict each other it knows nothing."""


@pytest.mark.parametrize(("tree", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_schema_and_reader_refuse(tree: Tree, message: str) -> None:
    assert _message(tree) == f"run.json: {message}"
    assert not VALIDATOR.is_valid(json.loads(json.dumps(tree)))


@pytest.mark.parametrize(
    ("tree", "message"), [case[1:] for case in REFUSED_IN_PYTHON], ids=[case[0] for case in REFUSED_IN_PYTHON]
)
def test_the_reader_refuses_more(tree: Tree, message: str) -> None:
    assert _message(tree) == f"run.json: {message}"


@pytest.mark.parametrize("kind", [AffineSpec, ElasticSpec])
@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity"])
def test_strengths_are_finite(token: str, kind: type[AugmentationSpec]) -> None:
    for name in [name for name in kind.model_fields if name != "type"]:
        text = json.dumps(_run({"type": kind.type_name(), name: "HERE"})).replace('"HERE"', token)
        with pytest.raises(SpecError) as caught:
            parse_spec(text)
        assert str(caught.value).startswith(f"spec: /augmentation/{name}: got {token}; expected a finite number")


def test_the_nearest_field_is_offered() -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(json.dumps(_run({**AFFINE, "rotations": 5})))
    assert caught.value.hint == "did you mean 'rotation'?"


# One of your own


class Noise(Augmentation):
    """Every pixel a little off. Asks nothing of the shape of its samples."""

    def __init__(self, deviation: float) -> None:
        self.deviation = deviation

    def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
        return (x + rng.normal(0, self.deviation, x.shape)).astype(np.float32)


class NoiseSpec(AugmentationSpec):
    type: Literal["noise"] = "noise"
    component = Noise
    deviation: Positive


class Mirrored(Augmentation):
    """Every image the other way round, for which it has to know how wide one is."""

    def __init__(self, image_shape: tuple[int, int]) -> None:
        self.image_shape = image_shape

    @classmethod
    def inferred(cls, image_shape: tuple[int, int] | None) -> dict[str, tuple[int, int]]:
        return {"image_shape": image_shape or (1, 1)}

    def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
        return x.reshape(len(x), *self.image_shape)[:, :, ::-1].reshape(x.shape).astype(np.float32)


class MirroredSpec(AugmentationSpec):
    type: Literal["mirrored"] = "mirrored"
    component = Mirrored


def test_one_of_your_own_joins_by_its_spec() -> None:
    extra: list[type[ComponentSpec]] = [NoiseSpec, MirroredSpec]
    noise = _parsed(_run({"type": "noise", "deviation": 0.5}, None), *extra)
    assert isinstance(noise.augmentation, NoiseSpec)
    assert repr(noise.build_augmentation()) == "Noise(0.5)"
    mirrored = _parsed(_run({"type": "mirrored"}), *extra)
    assert repr(mirrored.build_augmentation()) == "Mirrored((2, 3))"
    for spec in (noise, mirrored, _parsed(_run(), *extra)):
        assert parse_spec(spec.model_dump_json(), extra=extra) == spec
    assert json.loads(noise.model_dump_json())["augmentation"] == {"type": "noise", "deviation": 0.5}
    assert describe(Noise(0.5), extra) == NoiseSpec(deviation=0.5)
    assert describe(Mirrored((2, 3)), extra) == MirroredSpec()


def test_one_of_your_own_in_python() -> None:
    parts = {"model": MODEL, "data": _run()["data"]}
    run = RunSpec.model_validate({**parts, "augmentation": NoiseSpec(deviation=0.5)})
    assert repr(run.build_augmentation()) == "Noise(0.5)"
    assert parse_spec(run.model_dump_json(), extra=[NoiseSpec]) == run


def test_its_fields_are_checked_as_any_other() -> None:
    noise = {"type": "noise", "deviation": 0.5}
    assert _message(_run({**noise, "deviation": 0}), NoiseSpec) == (
        "run.json: /augmentation/deviation: got 0; expected more than 0"
    )
    assert _message(_run({"type": "noise"}), NoiseSpec) == (
        "run.json: /augmentation/deviation: got nothing; expected a value, this field has no default"
    )
    assert _message(_run({**noise, "mean": 1}), NoiseSpec) == (
        "run.json: /augmentation/mean: got a field that does not belong here; expected type, deviation"
    )


def test_the_known_names_include_it() -> None:
    assert _message(_run({"deviation": 0.5}), NoiseSpec) == (
        "run.json: /augmentation/type: got nothing; expected one of affine, elastic, noise"
    )


def test_without_its_spec_it_is_unknown_and_elsewhere_it_does_not_fit() -> None:
    assert (
        _message(_run({"type": "mirrored"}))
        == "run.json: /augmentation/type: got 'mirrored'; expected one of affine, elastic"
    )
    assert _message(_run({"type": "rotate", "angle": 5})) == (
        "run.json: /augmentation/type: got 'rotate'; expected one of affine, elastic"
    )
    assert _message(_run({"type": "mirored"}), MirroredSpec) == (
        "run.json: /augmentation/type: got 'mirored'; expected one of affine, elastic, mirrored"
    )
    with pytest.raises(SpecError, match="got a Mirrored; expected a component with a spec"):
        describe(Mirrored((2, 3)))
    tree = {**_run(), "schedule": {"type": "mirrored"}}
    assert _message(tree, MirroredSpec) == (
        "run.json: /schedule/type: got 'mirrored'; expected one of constant, cosine, one_cycle, step, exponential"
    )


class ForgetfulSpec(AugmentationSpec):
    """Says nothing of how strong the noise is."""

    type: Literal["forgetful"] = "forgetful"
    component = Noise


class TalkativeSpec(AugmentationSpec):
    type: Literal["talkative"] = "talkative"
    component = Mirrored
    strength: Positive = 1.0


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            ForgetfulSpec(),
            "Noise: Noise.__init__() missing 1 required positional argument: 'deviation'; "
            "expected all arguments in ForgetfulSpec or inferred()",
        ),
        (
            TalkativeSpec(),
            "Mirrored: Mirrored.__init__() got an unexpected keyword argument 'strength'; "
            "expected all arguments in TalkativeSpec or inferred()",
        ),
    ],
    ids=["too few", "too many"],
)
def test_a_spec_has_the_arguments_of_its_class(spec: AugmentationSpec, said: str) -> None:
    with pytest.raises(InputError) as caught:
        spec.build_for((2, 3))
    assert str(caught.value) == said
    assert caught.value.hint == "inferred(image_shape) returns the arguments that follow from it"
    assert _message(_run({"type": spec.type}), type(spec)) == f"run.json: /augmentation: {said}"


class ShadowSpec(AugmentationSpec):
    type: Literal["affine"] = "affine"
    component = Noise


def test_a_built_in_name_is_taken() -> None:
    with pytest.raises(SpecError, match="extra: ShadowSpec: got type 'affine'; expected a name not in use"):
        parse_spec(json.dumps(_run()), extra=[ShadowSpec])
