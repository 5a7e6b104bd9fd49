"""The JSON Schema: valid itself, as committed, and of one mind with the reader."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from framework import ModelSpec, Sequential, SpecError, parse_spec
from framework.activations import ReLU
from framework.layers import Dense, Dropout
from framework.specs import json_schema

MODELS = Path(__file__).resolve().parents[3] / "models"
RECIPES = sorted(path for path in MODELS.glob("*.json") if path.name != "schema.json")
VALIDATOR = Draft202012Validator(json_schema())

MODEL = {"format": 1, "input_shape": [4], "layers": [{"type": "dense", "out_features": 2}]}
RUN = {"format": 1, "model": MODEL, "data": {"feature_columns": {"prefix": "pixel", "count": 4}, "classes": 2}}


def test_the_committed_schema_is_the_one_of_the_code() -> None:
    committed = (MODELS / "schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == json_schema()
    assert committed == json.dumps(json_schema(), indent=2) + "\n", (
        "write it anew: chalknet schema > models/schema.json"
    )


def test_is_a_schema_of_its_draft() -> None:
    Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_is_valid(path: Path) -> None:
    VALIDATOR.validate(json.loads(path.read_text(encoding="utf-8")))


def test_there_are_recipes() -> None:
    assert len(RECIPES) >= 2


def test_what_python_writes_is_valid() -> None:
    model = Sequential([Dense(4, 3), ReLU(), Dropout(0.5), Dense(3, 2)], seed=0)
    VALIDATOR.validate(json.loads(ModelSpec.of(model).model_dump_json()))


@pytest.mark.parametrize("tree", [MODEL, RUN, {**RUN, "training": {"batch_size": None, "threads": "auto"}}])
def test_schema_and_reader_accept(tree: dict[str, object]) -> None:
    assert VALIDATOR.is_valid(tree)
    assert parse_spec(json.dumps(tree))


def _layer(**fields: object) -> dict[str, object]:
    return {**MODEL, "layers": [fields]}


BAD = [
    {},
    [],
    {**MODEL, "name": "x"},
    {**MODEL, "format": 2},
    {**MODEL, "layers": []},
    {**MODEL, "input_shape": [0]},
    {**MODEL, "dtype": "float16"},
    _layer(type="dense"),
    _layer(type="dense", out_features="128"),
    _layer(type="dense", out_features=0),
    _layer(type="dense", out_features=65_537),
    _layer(type="dense", out_features=2, units=3),
    _layer(type="lambda"),
    _layer(type="dropout", rate=1.0),
    _layer(type="dense", out_features=2, weight_initializer={"type": "he"}),
    {**RUN, "optimizer": {"type": "adam", "epsilon": 0.0}},
    {**RUN, "loss": {"type": "mean_squared_error", "label_smoothing": 0.1}},
    {**RUN, "schedule": {"type": "cosine", "final": 1}},
    {**RUN, "training": {"epochs": 0}},
    {**RUN, "training": {"seed": 2**64}},
    {**RUN, "training": {"monitor": "loss"}},
    {**RUN, "data": {"classes": 2}},
]


@pytest.mark.parametrize("tree", BAD, ids=range(len(BAD)))
def test_schema_and_reader_refuse(tree: object) -> None:
    assert not VALIDATOR.is_valid(tree)
    with pytest.raises(SpecError):
        parse_spec(json.dumps(tree))


@pytest.mark.parametrize(
    "tree",
    [
        {"input_shape": [4], "layers": [{"type": "dense", "out_features": 2}]},
        _layer(out_features=2),
        {**RUN, "optimizer": {"nesterov": False}},
    ],
)
def test_the_schema_demands_format_and_type(tree: dict[str, object]) -> None:
    with pytest.raises(SpecError):
        parse_spec(json.dumps(tree))
    assert not VALIDATOR.is_valid(tree)
