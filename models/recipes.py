"""Recipes: complete runs with a name. Each is a function, with its JSON beside this file; a test keeps them equal."""

from collections.abc import Callable
from pathlib import Path

from framework.errors import InputError
from framework.specs import (
    AdamSpec,
    DenseSpec,
    ModelSpec,
    ReLUSpec,
    RescaleSpec,
    RunSpec,
    SGDSpec,
    TrainingSpec,
    UniformSpec,
    read_spec,
)
from models.digits import CLASSES, DARKEST, FEATURES, digit_table

FOLDER = Path(__file__).resolve().parent


def six_steps() -> RunSpec:
    """The classic lesson: 784-10-10, plain gradient descent on all rows at once, rate 0.1, 500 iterations."""
    half = UniformSpec(low=-0.5, high=0.5)
    return RunSpec(
        model=ModelSpec(
            input_shape=(FEATURES,),
            layers=(
                RescaleSpec(scale=1 / DARKEST),
                DenseSpec(out_features=10, weight_initializer=half, bias_initializer=half),
                ReLUSpec(),
                DenseSpec(out_features=CLASSES, weight_initializer=half, bias_initializer=half),
            ),
        ),
        optimizer=SGDSpec(learning_rate=0.1),
        data=digit_table(),
        training=TrainingSpec(epochs=500, batch_size=None),
    )


def plain_128() -> RunSpec:
    """What every framework's first tutorial trains: 784-128-10, Adam at 0.001, batches of 128, ten epochs."""
    return RunSpec(
        model=ModelSpec(
            input_shape=(FEATURES,),
            layers=(
                RescaleSpec(scale=1 / DARKEST),
                DenseSpec(out_features=128),
                ReLUSpec(),
                DenseSpec(out_features=CLASSES),
            ),
        ),
        optimizer=AdamSpec(learning_rate=0.001),
        data=digit_table(),
        training=TrainingSpec(epochs=10, batch_size=128),
    )


RECIPES: dict[str, Callable[[], RunSpec]] = {"six-steps": six_steps, "plain-128": plain_128}


def recipe(name: str) -> RunSpec:
    """The recipe called `name`, read from its committed JSON."""
    if name not in RECIPES:
        raise InputError(f"recipe: got '{name}'; expected one of {', '.join(RECIPES)}")
    spec = read_spec(recipe_path(name))
    if not isinstance(spec, RunSpec):
        raise InputError(f"recipe: {recipe_path(name).name} holds a model; expected a run")
    return spec


def recipe_path(name: str) -> Path:
    return FOLDER / f"{name}.json"
