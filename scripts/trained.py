"""A trained model as a command is given it: the folder of a run, or a model file by itself.

A file in the folder of a run, such as the best model of one that goes on, has that run's table. One that lies
elsewhere, as `Sequential.save` leaves it, says nothing of tables; it is taken to read digits, if it fits them.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self, final

from framework.errors import InputError, shown_path
from framework.sequential import Sequential
from framework.specs import ModelSpec, RunSpec
from models.digits import CLASSES, FEATURES
from scripts.run_folder import SPEC, RunFolder
from scripts.run_spec import on_digits

SUFFIX = ".safetensors"


def is_model_file(path: Path) -> bool:
    """Whether `path` is the name of a model, and not of a folder."""
    return path.suffix == SUFFIX and not os.path.isdir(path)


@final
@dataclass(frozen=True)
class Trained:
    """A model with its recipe, and the SHA-256 of the table it learnt from where that is known."""

    name: str
    spec: RunSpec
    model: Sequential
    learnt_from: str | None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises InputError where a run is not finished, and for a model alone that is not one for digits."""
        name = shown_path(path)
        if not is_model_file(path):
            run = RunFolder(path)
            return cls(name, *run.read_trained(), run.learnt_from())
        if os.path.isfile(path.parent / SPEC):
            run = RunFolder(path.parent)
            return cls(name, *run.read_trained(path.name), run.learnt_from())
        model = Sequential.load(path)
        if (model.input_shape, model.output_shape) != ((FEATURES,), (CLASSES,)):
            raise InputError(
                f"{name}: got a model of inputs {model.input_shape} and outputs {model.output_shape}; expected one for "
                f"digits, ({FEATURES},) and ({CLASSES},), or one in the folder of its run",
                hint=f"put it beside a {SPEC} that says what its table looks like",
            )
        return cls(name, on_digits(ModelSpec.of(model), name), model, None)
