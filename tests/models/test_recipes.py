"""Recipes: what is committed is what the functions say, and each is the run its name promises."""

import csv
import gzip
import hashlib

import numpy as np
import pytest

from framework import InputError, RunSpec, read_spec
from models import digits
from models.measured import MEASURED, measured
from models.recipes import FOLDER, RECIPES, recipe, recipe_path, summary

NAMES = sorted(RECIPES)


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_json_is_what_the_function_says(name: str) -> None:
    spec = RECIPES[name]()
    assert read_spec(recipe_path(name)) == spec == recipe(name)
    written = recipe_path(name).read_text(encoding="utf-8")
    assert written == spec.model_dump_json(indent=2) + "\n"


def test_every_committed_recipe_has_a_function() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} - {"schema"} == set(RECIPES)
    assert "plain-128" in RECIPES


@pytest.mark.parametrize(("name", "parameters"), [("six-steps", 784 * 10 + 10 + 10 * 10 + 10), ("plain-128", 101_770)])
def test_the_size_is_as_announced(name: str, parameters: int) -> None:
    model = recipe(name).build()
    assert model.parameters.values.size == parameters
    assert model.input_shape == (784,)
    assert model.output_shape == (10,)


@pytest.mark.parametrize("name", NAMES)
def test_it_builds_and_eats_raw_pixels(name: str) -> None:
    spec = recipe(name)
    x = np.random.default_rng(0).integers(0, 256, (3, 784), dtype=np.uint8)
    probabilities = spec.build().predict_proba(x)
    assert probabilities.shape == (3, 10)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)  # float32, ten terms
    np.testing.assert_array_equal(spec.build(5).parameters.values, spec.model.build(5).parameters.values)
    spec.loss.build()
    spec.optimizer.build()
    spec.schedule.build()
    spec.training.build()


def test_the_lesson_is_the_lesson() -> None:
    spec = recipe("six-steps")
    assert spec.training.epochs == 500
    assert spec.training.batch_size is None
    assert repr(spec.optimizer.build()) == "SGD()"
    assert spec.optimizer.build().learning_rate == 0.1
    values = spec.build().parameters.values
    assert -0.5 <= values.min() < -0.49
    assert 0.49 < values.max() < 0.5


def test_the_first_tutorial_is_what_everybody_trains() -> None:
    spec = recipe("plain-128")
    assert (spec.training.epochs, spec.training.batch_size) == (10, 128)
    assert repr(spec.optimizer.build()) == "Adam()"
    assert spec.optimizer.build().learning_rate == 0.001


def test_an_unknown_recipe_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"recipe: got 'plain'; expected one of .*plain-128"):
        recipe("plain")


@pytest.mark.parametrize("name", ["../models/plain-128", "schema", ""])
def test_a_recipe_is_no_path(name: str) -> None:
    with pytest.raises(InputError, match="recipe: got"):
        recipe(name)


def test_the_table_of_the_digits() -> None:
    table = digits.digit_table(validation_split=0.25).table_format()
    assert digits.digit_table(validation_split=0.25).validation_split == 0.25
    assert len(table.feature_columns) == 784
    assert (table.feature_columns[0], table.feature_columns[-1]) == ("pixel0", "pixel783")
    assert table.label_column == "label"
    assert (table.minimum, table.maximum, table.classes) == (0, 255, 10)
    assert isinstance(recipe("plain-128"), RunSpec)


@pytest.mark.skipif(not digits.TRAIN.exists(), reason="the embedded digits lie beside the source tree only")
def test_the_embedded_digits_have_that_table() -> None:
    columns = digits.digit_table().table_format().feature_columns
    for path in (digits.TRAIN, digits.TEST):
        with gzip.open(path, "rt", encoding="ascii") as file:
            assert tuple(file.readline().rstrip("\r\n").split(",")) == ("label", *columns)


@pytest.mark.skipif(not digits.TRAIN.exists(), reason="the embedded digits lie beside the source tree only")
def test_the_digest_of_the_embedded_training_digits_is_that_of_the_file() -> None:
    assert hashlib.sha256(digits.TRAIN.read_bytes()).hexdigest() == digits.TRAIN_SHA256


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_was_measured(name: str) -> None:
    figures = measured(name)
    assert figures is not None
    assert all(0.5 < accuracy < 1 for accuracy in figures.accuracies)
    assert min(figures.accuracies) <= figures.accuracy <= max(figures.accuracies)
    assert figures.seconds is not None
    assert figures.seconds > 0


def test_every_figure_is_that_of_one_run_of_a_recipe() -> None:
    with MEASURED.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["recipe"] for row in rows} == set(RECIPES)
    for name in RECIPES:
        seeds = [int(row["seed"]) for row in rows if row["recipe"] == name]
        assert seeds == list(range(len(seeds)))


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_says_in_a_line_what_it_is(name: str) -> None:
    assert 10 < len(summary(name)) < 45
    assert summary(name).endswith(".")
