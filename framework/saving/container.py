"""Arrays by name and one JSON text in a file, in safetensors layout, with a SHA-256 over both.

The digest finds any damage before a single array is handed out; it is no signature. No code is ever run from a file.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from framework.errors import ModelFileError, quoted
from framework.specs.limits import MAX_BYTES, MAX_PARAMETERS
from framework.types import Array, Shape

FORMAT = 1
MAX_HEADER = 2 * MAX_BYTES
FOREIGN = {
    b"\x80": "a pickle",
    b"PK": "a zip archive (.npz, .pt or .keras)",
    b"\x93NUMPY": "a NumPy array",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "a gzip file",
    b"{": "a JSON file",
}


@final
@dataclass(frozen=True)
class Kind:
    """What a file is: the name of its text in the header, its name in messages, and how many vectors of numbers, each
    as long as the largest model, it may hold.
    """

    entry: str
    name: str
    vectors: int

    @property
    def max_bytes(self) -> int:
        return MAX_HEADER + 8 * MAX_PARAMETERS * self.vectors


MODEL = Kind("chalknet", "a model", 1)
CHECKPOINT = Kind("chalknet-checkpoint", "a checkpoint", 7)
"""Weights, three slots of the optimizer at most, the best epoch's weights, their average, and one to spare."""


def pack(kind: Kind, text: Mapping[str, Any], tensors: Mapping[str, Array]) -> bytes:
    """The file's bytes; equal contents give equal bytes."""
    from safetensors.numpy import save

    whole = {"format": FORMAT, **text}
    return save(dict(tensors), metadata={kind.entry: _canonical({**whole, "sha256": _digest(whole, tensors)})})


def unpack(kind: Kind, content: bytes, path: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """The text, without format and digest, and the tensors. Raises ModelFileError, naming `path`, for anything else
    than what `pack` wrote; what text and tensors say is for the caller to judge.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    text = _entry(kind, content, path)
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path}: got a damaged file; expected {kind.name} of this program: {error}") from None
    if type(text.get("format")) is not int or text["format"] != FORMAT:
        raise ModelFileError(f"{path}: got format {quoted(text.get('format'))}; expected {FORMAT}")
    if text.pop("sha256", None) != _digest(text, tensors):
        raise ModelFileError(
            f"{path}: got other bytes than were saved; expected contents that match the file's SHA-256"
        )
    del text["format"]
    return text, tensors


def check_tensors(
    tensors: Mapping[str, Array], shapes: Mapping[str, Shape], dtype: np.dtype[np.floating], path: Path
) -> None:
    """Raise ModelFileError unless `tensors` are exactly these, each of its shape and the dtype, and finite."""
    for name in sorted(shapes.keys() ^ tensors.keys()):
        state = "got nothing; expected a tensor" if name in shapes else "expected no such tensor"
        raise ModelFileError(f"{path}: tensor {quoted(name)}: {state}, by the file's own spec")
    for name, shape in shapes.items():
        array = tensors[name]
        if array.shape != shape or array.dtype != dtype:
            raise ModelFileError(
                f"{path}: tensor {quoted(name)}: got {array.dtype} of shape {array.shape}; "
                f"expected {dtype} of shape {shape}"
            )
        if not np.isfinite(array).all():
            raise ModelFileError(
                f"{path}: tensor {quoted(name)}: got a number that is not finite; expected finite ones"
            )


def _entry(kind: Kind, content: bytes, path: Path) -> dict[str, Any]:
    """Our JSON text in the header of a safetensors file: 8 bytes of length, little-endian, then JSON."""
    length = int.from_bytes(content[:8], "little")
    if not 2 <= length <= min(MAX_HEADER, len(content) - 8) or content[8:9] != b"{":
        foreign = next((name for magic, name in FOREIGN.items() if content.startswith(magic)), None)
        got = foreign or ("an empty file" if not content else "something else, or a part of a file")
        raise ModelFileError(f"{path}: got {got}; expected {kind.name} of this program (pickles are never read)")
    try:
        header = json.loads(content[8 : 8 + length])
        entries = header["__metadata__"]
        other = next((other for other in (MODEL, CHECKPOINT) if other != kind and other.entry in entries), None)
        if other is not None:
            raise ModelFileError(f"{path}: got {other.name}; expected {kind.name}")
        raw = entries[kind.entry]
        entry: dict[str, Any] = json.loads(raw)
        # the digest is over the canonical text, so no other spelling of the same contents may stand in the file
        canonical = isinstance(entry, dict) and _canonical(entry) == raw
    except (KeyError, TypeError, RecursionError):
        canonical = False
    except ModelFileError:
        raise
    except ValueError:
        canonical = False
    if not canonical:
        raise ModelFileError(
            f"{path}: got no proper {quoted(kind.entry)} entry in the header; expected one as it was saved"
        )
    return entry


def _digest(text: Mapping[str, Any], tensors: Mapping[str, Array]) -> str:
    """SHA-256 over the text and every tensor's name, dtype, shape and bytes."""
    digest = hashlib.sha256(_canonical(text).encode())
    for name, array in sorted(tensors.items()):
        digest.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
