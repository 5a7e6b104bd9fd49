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

from framework.arguments import check_finite
from framework.errors import InputError, ModelFileError, quoted, shown_path
from framework.saving.layout import MAX_HEADER, tensors_and_texts
from framework.specs.complaints import Json
from framework.specs.limits import MAX_PARAMETERS
from framework.types import Array, Shape

FORMAT = 1


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
    """The file's bytes; equal contents give equal bytes. Raises ModelFileError for what `unpack` would refuse."""
    from safetensors.numpy import save

    whole = {"format": FORMAT, **text}
    content = save(dict(tensors), metadata={kind.entry: canonical({**whole, "sha256": digest(whole, tensors)})})
    tensors_and_texts(content, f"what is to be saved as {kind.name}", kind.name)  # more of them, say, than can be read
    return content


def unpack(kind: Kind, content: bytes, path: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """The text, without format and digest, and the tensors, read-only. Raises ModelFileError, naming `path`, for
    anything else than what `pack` wrote; what text and tensors say is for the caller to judge.
    """
    place = shown_path(path)
    tensors, texts = tensors_and_texts(content, place, kind.name)
    text = _entry(kind, texts, place)
    if type(text.get("format")) is not int or text["format"] != FORMAT:
        raise ModelFileError(f"{place}: got format {quoted(text.get('format'))}; expected format {FORMAT}")
    if text.pop("sha256", None) != digest(text, tensors):
        raise ModelFileError(
            f"{place}: got other bytes than were saved; expected contents that match the file's SHA-256"
        )
    del text["format"]
    return text, tensors


def check_tensors(
    tensors: Mapping[str, Array], shapes: Mapping[str, Shape], dtype: np.dtype[np.floating], path: Path
) -> None:
    """Raise ModelFileError unless `tensors` are exactly these, each of its shape and the dtype, and finite."""
    place = shown_path(path)
    for name in sorted(shapes.keys() ^ tensors.keys()):
        state = "got nothing; expected a tensor" if name in shapes else "got one; expected no such tensor"
        raise ModelFileError(f"{place}: tensor {quoted(name)}: {state}, by the file's own spec")
    for name, shape in shapes.items():
        array = tensors[name]
        if array.shape != shape or array.dtype != dtype:
            raise ModelFileError(
                f"{place}: tensor {quoted(name)}: got {array.dtype} of shape {array.shape}; "
                f"expected {dtype} of shape {shape}"
            )
        try:
            check_finite(f"{place}: tensor {quoted(name)}", array)
        except InputError as error:
            raise ModelFileError(str(error)) from None


def digest(text: Mapping[str, Any], tensors: Mapping[str, Array]) -> str:
    """SHA-256 over the text and every tensor's name, dtype, shape and bytes."""
    sum_of_all = hashlib.sha256(canonical(text).encode())
    for name, array in sorted(tensors.items()):
        sum_of_all.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        sum_of_all.update(np.ascontiguousarray(array).data)
    return sum_of_all.hexdigest()


def canonical(value: Mapping[str, Any]) -> str:
    """The one way in which a text is written."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _entry(kind: Kind, texts: Mapping[str, Json], place: str) -> dict[str, Any]:
    """Our JSON text among those of the header. The digest is over its canonical form, so no other spelling of the same
    contents may stand in the file, and no other text beside it.
    """
    other = next((other for other in (MODEL, CHECKPOINT) if other != kind and other.entry in texts), None)
    if other is not None:
        raise ModelFileError(f"{place}: got {other.name}; expected {kind.name}")
    raw = texts.get(kind.entry)
    if len(texts) == 1 and isinstance(raw, str):
        try:
            entry: dict[str, Any] = json.loads(raw)
            if isinstance(entry, dict) and canonical(entry) == raw:
                return entry
        except (ValueError, RecursionError):
            pass
    expected = "expected one as it was saved, and no other"
    raise ModelFileError(f"{place}: got no proper {quoted(kind.entry)} entry in the header; {expected}")
