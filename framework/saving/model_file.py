"""A saved model: its weights by path, its spec, and in a word what the weights are.

Loading builds the model from the spec, then fills it, strictly: every tensor, no other, each with its shape and dtype.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import numpy as np

from framework.arguments import check_minimum
from framework.errors import InputError, ModelFileError, SpecError, quoted, shown_path
from framework.files import publish, read_file
from framework.saving.container import MODEL, check_tensors, pack, unpack
from framework.sequential import Sequential, WeightsAre
from framework.specs import ModelSpec, parse_spec
from framework.specs.complaints import UnknownType
from framework.specs.extra import Extra
from framework.types import Array

MODEL_FILE = "model.safetensors"
"""What the trained model is called in the folder of a run."""


def save_model(model: Sequential, path: Path, *, extra: Extra = ()) -> None:
    """Publish `model` at `path`. Raises ModelFileError for weights no file may hold, EnvironmentFault if it can't."""
    publish(path, model_bytes(model, model.get_weights(), model.weights_are, path, extra=extra))


def model_bytes(
    model: Sequential, weights: Mapping[str, Array], weights_are: WeightsAre, path: Path, *, extra: Extra = ()
) -> bytes:
    """The file that `model` would be with `weights`. Raises ModelFileError for numbers that loading would refuse."""
    place = shown_path(path)
    for name, array in weights.items():
        if not np.isfinite(array).all():
            message = f"{place}: tensor {quoted(name)}: got a number that is not finite; expected finite ones"
            raise ModelFileError(message, hint="nothing was written")
    for buffer in model.buffers:
        try:
            check_minimum(f"{place}: tensor {quoted(buffer.path)}", weights[buffer.path], buffer.minimum)
        except InputError as error:
            raise ModelFileError(str(error), hint="nothing was written") from None
    spec = ModelSpec.of(model, extra=extra).model_dump(mode="json")
    return pack(MODEL, {"spec": spec, "weights_are": weights_are}, weights)


def load_model(path: Path, *, extra: Extra = ()) -> Sequential:
    """The model saved at `path`. Raises ModelFileError where the file is damaged, foreign or does not fit its spec."""
    if path.is_dir():
        inside = path / MODEL_FILE
        hint = f"the model in it is {shown_path(inside)}" if inside.is_file() else None
        raise ModelFileError(f"{shown_path(path)}: got a folder; expected the file of a model", hint=hint)
    return model_from(read_file(path, MODEL.max_bytes, ModelFileError), path, extra=extra)


def model_from(content: bytes, path: Path, *, extra: Extra = ()) -> Sequential:
    """As load_model, from the bytes of the file; `path` is for messages."""
    text, weights = unpack(MODEL, content, path)
    place, weights_are = shown_path(path), text.pop("weights_are", "unknown")
    if weights_are not in get_args(WeightsAre):
        raise ModelFileError(
            f"{place}: weights_are: got {quoted(weights_are)}; expected {', '.join(get_args(WeightsAre))}"
        )
    try:
        spec = parse_spec(json.dumps(text.pop("spec", None)), source=f"{place}: spec", extra=extra)
    except UnknownType as error:
        hint = "a layer of your own needs its spec class here as well: extra=[...]"
        raise ModelFileError(str(error), hint=hint) from None
    except SpecError as error:
        raise ModelFileError(str(error), hint=error.hint) from None
    if not isinstance(spec, ModelSpec):
        raise ModelFileError(f"{place}: spec: got a run; expected a model")
    if text:
        raise ModelFileError(f"{place}: got {', '.join(map(quoted, text))} as well; expected spec and weights_are")
    check_tensors(weights, spec.weight_shapes(), np.dtype(spec.dtype), path)  # all is there before anything is made
    model = spec.build(seed=0)
    try:
        model.set_weights(weights)
    except InputError as error:  # a number its layer cannot have
        raise ModelFileError(f"{place}: {error}") from None
    model.weights_are = weights_are
    return model
