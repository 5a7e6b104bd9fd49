"""A saved model: its weights by path, its spec, and in a word what the weights are.

Loading builds the model from the spec, then fills it, strictly: every tensor, no other, each with its shape and dtype.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import numpy as np

from framework.arguments import check_minimum
from framework.errors import InputError, ModelFileError, SpecError, quoted
from framework.files import publish, read_file
from framework.saving.container import MODEL, check_tensors, pack, unpack
from framework.sequential import Sequential, WeightsAre
from framework.specs import ModelSpec, parse_spec
from framework.specs.extra import Extra
from framework.types import Array


def save_model(model: Sequential, path: Path, *, extra: Extra = ()) -> None:
    """Publish `model` at `path`. Raises InputError for weights no file may hold, EnvironmentFault if it can't."""
    for buffer in model.buffers:  # what loading refuses must not be saved either
        check_minimum(f"{path}: tensor {quoted(buffer.path)}", buffer.value, buffer.minimum)
    publish(path, model_bytes(model, model.get_weights(), model.weights_are, path, extra=extra))


def model_bytes(
    model: Sequential, weights: Mapping[str, Array], weights_are: WeightsAre, path: Path, *, extra: Extra = ()
) -> bytes:
    """The file that `model` would be with `weights`. Raises ModelFileError for numbers that are not finite."""
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise ModelFileError(f"{path}: tensor {quoted(name)}: got a number that is not finite; nothing was written")
    spec = ModelSpec.of(model, extra=extra).model_dump(mode="json")
    return pack(MODEL, {"spec": spec, "weights_are": weights_are}, weights)


def load_model(path: Path, *, extra: Extra = ()) -> Sequential:
    """The model saved at `path`. Raises ModelFileError where the file is damaged, foreign or does not fit its spec."""
    text, weights = unpack(MODEL, read_file(path, MODEL.max_bytes, ModelFileError), path)
    weights_are = text.get("weights_are", "unknown")
    if weights_are not in get_args(WeightsAre):
        raise ModelFileError(
            f"{path}: weights_are: got {quoted(weights_are)}; expected {', '.join(get_args(WeightsAre))}"
        )
    try:
        spec = parse_spec(json.dumps(text.get("spec")), source=f"{path}: spec", extra=extra)
    except SpecError as error:
        raise ModelFileError(str(error), hint=error.hint) from None
    if not isinstance(spec, ModelSpec):
        raise ModelFileError(f"{path}: spec: got a run; expected a model")
    check_tensors(weights, spec.weight_shapes(), np.dtype(spec.dtype), path)
    model = spec.build(seed=0)
    try:
        model.set_weights(weights)
    except InputError as error:  # a number its layer cannot have
        raise ModelFileError(f"{path}: {error}") from None
    model.weights_are = weights_are
    return model
