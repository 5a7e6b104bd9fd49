"""A saved model is one file: tensors by name in safetensors layout, and beside them the spec and a digest, as JSON.

Loading builds the model from the spec, then fills it, strictly: every tensor, no other, each with its shape and dtype.
No code is ever run from a file. The digest finds damage; it is no signature.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from framework.errors import ModelFileError, SpecError, quoted
from framework.files import publish, read_file
from framework.sequential import Sequential
from framework.specs import ModelSpec, parse_spec
from framework.specs.extra import Extra
from framework.specs.limits import MAX_BYTES, MAX_PARAMETERS
from framework.types import Array

FORMAT = 1
MAX_HEADER = 2 * MAX_BYTES
MAX_FILE = MAX_HEADER + 8 * MAX_PARAMETERS
ENTRY = "chalknet"
FOREIGN = {
    b"\x80": "a pickle",
    b"PK": "a zip archive (.npz, .pt or .keras)",
    b"\x93NUMPY": "a NumPy array",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "a gzip file",
    b"{": "a JSON file",
}


def save_model(model: Sequential, path: Path, *, extra: Extra = ()) -> None:
    """Publish `model` at `path`. Raises InputError for weights that are not finite, EnvironmentFault if it can't."""
    from safetensors.numpy import save

    weights = model.get_weights()
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise ModelFileError(f"{path}: tensor {quoted(name)}: got a number that is not finite; nothing was written")
    spec = ModelSpec.of(model, extra=extra).model_dump(mode="json")
    text = {"format": FORMAT, "spec": spec}
    entry = _canonical({**text, "sha256": _digest(text, weights)})
    publish(path, save(weights, metadata={ENTRY: entry}))


def load_model(path: Path, *, extra: Extra = ()) -> Sequential:
    """The model saved at `path`. Raises ModelFileError where the file is damaged, foreign or does not fit its spec."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    content = read_file(path, MAX_FILE, ModelFileError)
    text = _entry(content, path)
    try:
        weights = load(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path}: got a damaged file; expected a model of this program: {error}") from None
    if type(text.get("format")) is not int or text["format"] != FORMAT:
        raise ModelFileError(f"{path}: got format {quoted(text.get('format'))}; expected {FORMAT}")
    if text.pop("sha256", None) != _digest(text, weights):
        raise ModelFileError(
            f"{path}: got other bytes than were saved; expected contents that match the file's SHA-256"
        )
    try:
        spec = parse_spec(json.dumps(text.get("spec")), source=f"{path}: spec", extra=extra)
    except SpecError as error:
        raise ModelFileError(str(error), hint=error.hint) from None
    if not isinstance(spec, ModelSpec):
        raise ModelFileError(f"{path}: spec: got a run; expected a model")
    _check_weights(weights, spec, path)
    model = spec.build(seed=0)
    model.set_weights(weights)
    return model


def _entry(content: bytes, path: Path) -> dict[str, Any]:
    """Our JSON text in the header of a safetensors file: 8 bytes of length, little-endian, then JSON."""
    length = int.from_bytes(content[:8], "little")
    if not 2 <= length <= min(MAX_HEADER, len(content) - 8) or content[8:9] != b"{":
        kind = next((name for magic, name in FOREIGN.items() if content.startswith(magic)), None)
        got = kind or ("an empty file" if not content else "something else, or a part of a file")
        raise ModelFileError(f"{path}: got {got}; expected a model of this program (pickles are never read)")
    try:
        header = json.loads(content[8 : 8 + length])
        raw = header["__metadata__"][ENTRY]
        entry: dict[str, Any] = json.loads(raw)
        # the digest is over the canonical text, so no other spelling of the same contents may stand in the file
        canonical = isinstance(entry, dict) and _canonical(entry) == raw
    except (ValueError, KeyError, TypeError, RecursionError):
        canonical = False
    if not canonical:
        raise ModelFileError(f"{path}: got no proper {quoted(ENTRY)} entry in the header; expected one as it was saved")
    return entry


def _check_weights(weights: Mapping[str, Array], spec: ModelSpec, path: Path) -> None:
    expected, dtype = spec.weight_shapes(), np.dtype(spec.dtype)
    for name in sorted(expected.keys() ^ weights.keys()):
        state = "got nothing; expected a tensor" if name in expected else "expected no such tensor"
        raise ModelFileError(f"{path}: tensor {quoted(name)}: {state}, by the file's own spec")
    for name, shape in expected.items():
        array = weights[name]
        if array.shape != shape or array.dtype != dtype:
            raise ModelFileError(
                f"{path}: tensor {quoted(name)}: got {array.dtype} of shape {array.shape}; "
                f"expected {dtype} of shape {shape}"
            )
        if not np.isfinite(array).all():
            raise ModelFileError(
                f"{path}: tensor {quoted(name)}: got a number that is not finite; expected finite ones"
            )


def _digest(text: Mapping[str, Any], weights: Mapping[str, Array]) -> str:
    """SHA-256 over the text and every tensor's name, dtype, shape and bytes."""
    digest = hashlib.sha256(_canonical(text).encode())
    for name, array in sorted(weights.items()):
        digest.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
