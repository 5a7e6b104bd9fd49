"""The layout of safetensors: 8 bytes of length, a header in JSON, then the numbers of one tensor after the other.

Stricter than the library that writes it: no key is there twice, no byte belongs to two tensors or to none. Nothing is
allocated by a number that stands in a file, as its tensors are views of the bytes that were read.
"""

import json
import math
from dataclasses import dataclass
from typing import final

import numpy as np

from framework.errors import ModelFileError, quoted
from framework.specs.complaints import Json, shown
from framework.specs.limits import MAX_BRACKETS, MAX_BYTES
from framework.types import Array

LENGTH = 8
MAX_HEADER = 2 * MAX_BYTES
MAX_TENSORS = 4_096
MOST_BRACKETS = 3 * MAX_TENSORS + 2 * MAX_BRACKETS
"""An object and two lists for each tensor, and those of the text: a million of them would take 64 MB in Python."""
MAX_DIMENSIONS = 8
METADATA = "__metadata__"
DTYPES: dict[str, np.dtype[np.floating]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
FOREIGN = {
    b"\x80": "a pickle",
    b"PK": "a zip archive (.npz, .pt or .keras)",
    b"\x93NUMPY": "a NumPy array",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "a gzip file",
    b"{": "a JSON file",
}


def tensors_and_texts(content: bytes, place: str, expected: str) -> tuple[dict[str, Array], dict[str, Json]]:
    """The tensors by name, read-only, and the header's `__metadata__`.

    Raises ModelFileError, which begins with `place`, for anything that is not laid out so; `expected` is what a file of
    another kind should have been.
    """
    header = _header(content, place, expected)
    texts = header.pop(METADATA, None)
    if not isinstance(texts, dict):
        raise ModelFileError(f"{place}: {METADATA}: got {shown(texts)}; expected an object")
    if len(header) > MAX_TENSORS:
        raise ModelFileError(f"{place}: got {len(header):,} tensors; expected at most {MAX_TENSORS:,}")
    start = LENGTH + int.from_bytes(content[:LENGTH], "little")
    tensors = []
    for name, entry in header.items():
        try:
            tensors.append(_Tensor.read(name, entry, len(content) - start))
        except ValueError as error:
            raise ModelFileError(f"{place}: tensor {quoted(name)}: {error}") from None
    end, before = 0, "the header"
    for tensor in sorted(tensors, key=lambda tensor: tensor.begin):
        if tensor.begin != end:
            what = "a hole between them" if tensor.begin > end else "both on the same bytes"
            raise ModelFileError(
                f"{place}: tensor {quoted(tensor.name)}: got data from byte {tensor.begin:,} on, {what}; "
                f"expected them from byte {end:,}, after {quoted(before)}"
            )
        end, before = tensor.end, tensor.name
    if more := len(content) - start - end:
        raise ModelFileError(f"{place}: got {more:,} bytes after the last tensor; expected the end of the file")
    return {tensor.name: tensor.view(content, start) for tensor in tensors}, texts


def _header(content: bytes, place: str, expected: str) -> dict[str, Json]:
    """The JSON object at the beginning."""
    length = int.from_bytes(content[:LENGTH], "little")
    room = min(MAX_HEADER, len(content) - LENGTH)
    if not 2 <= length <= room or content[LENGTH : LENGTH + 1] != b"{":
        got = next((name for magic, name in FOREIGN.items() if content.startswith(magic)), None)
        if got is None and content[LENGTH : LENGTH + 1] == b"{":
            got = f"a header length of {length:,} bytes in a file of {len(content):,}"
            raise ModelFileError(f"{place}: got {got}; expected one from 2 to {room:,}")
        got = got or ("an empty file" if not content else "something else, or a part of a file")
        raise ModelFileError(f"{place}: got {got}; expected {expected} of this program (pickles are never read)")
    raw = content[LENGTH : LENGTH + length]
    if raw.count(b"{") + raw.count(b"[") > MOST_BRACKETS:
        raise ModelFileError(f"{place}: header: got over {MOST_BRACKETS:,} lists and objects; expected at most that")

    def once_each(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        made: dict[str, Json] = {}
        for name, value in pairs:
            if name in made:
                raise ModelFileError(f"{place}: header: got the key {quoted(name)} twice; expected each key once")
            made[name] = value
        return made

    try:
        header: dict[str, Json] = json.loads(raw.decode(), object_pairs_hook=once_each)
    except UnicodeDecodeError as error:
        raise ModelFileError(f"{place}: byte {LENGTH + error.start}: got no UTF-8; expected a JSON object") from None
    except json.JSONDecodeError as error:
        byte = LENGTH + len(error.doc[: error.pos].encode())
        raise ModelFileError(f"{place}: byte {byte}: got no JSON ({error.msg}); expected a JSON object") from None
    except RecursionError:
        raise ModelFileError(f"{place}: header: got brackets nested far too deep; expected a JSON object") from None
    except ValueError as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(f"{place}: header: got an integer of thousands of digits; expected a size") from None
    return header


@final
@dataclass(frozen=True)
class _Tensor:
    """What the header says of a tensor. `begin` and `end` count bytes from the end of the header."""

    name: str
    dtype: np.dtype[np.floating]
    shape: tuple[int, ...]
    begin: int
    end: int

    @classmethod
    def read(cls, name: str, entry: Json, room: int) -> "_Tensor":
        """Raises ValueError unless dtype, shape and offsets fit each other and the `room` bytes there are."""
        if not name.isprintable():
            raise ValueError("got a sign in the name that cannot be printed; expected a name")
        if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
            raise ValueError(f"got {shown(entry)}; expected an object with dtype, shape and data_offsets only")
        word, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(word, str) or word not in DTYPES:
            raise ValueError(f"dtype: got {shown(word)}; expected {' or '.join(DTYPES)}")
        sizes, bounds = _integers(shape, 1, room), _integers(offsets, 0, room)
        if sizes is None or len(sizes) > MAX_DIMENSIONS:
            expected = f"at most {MAX_DIMENSIONS} integers from 1 to {room:,}, as there are so many bytes"
            raise ValueError(f"shape: got {quoted(shape)}; expected {expected}")
        if bounds is None or len(bounds) != 2 or bounds[0] > bounds[1]:
            raise ValueError(
                f"data_offsets: got {quoted(offsets)}; expected two integers, begin and end, from 0 to {room:,}"
            )
        begin, end = bounds
        size = math.prod(sizes) * DTYPES[word].itemsize
        if end - begin != size:
            raise ValueError(f"got {end - begin:,} bytes; expected {size:,} by its dtype and shape")
        return cls(name, DTYPES[word], sizes, begin, end)

    def view(self, content: bytes, start: int) -> Array:
        """The numbers, where they lie in `content` after `start` bytes."""
        array: Array = np.frombuffer(content, self.dtype, math.prod(self.shape), start + self.begin)
        return array.reshape(self.shape)


def _integers(value: Json, least: int, most: int) -> tuple[int, ...] | None:
    """`value` if it is a list of integers from `least` to `most`; true is none, nor is 1.0."""
    if not isinstance(value, list):
        return None
    numbers = tuple(number for number in value if type(number) is int and least <= number <= most)
    return numbers if len(numbers) == len(value) else None
