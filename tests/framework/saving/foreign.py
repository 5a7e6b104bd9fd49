"""Files of other programs, and what has been done by way of those, as it would look in ours."""

import gzip
import io
import json
import pickle
import zipfile
from collections.abc import Iterator

import numpy as np

from framework.saving.container import Kind

Faults = Iterator[tuple[str, bytes, str]]


class Bomb:
    """Says so when it goes off."""

    def __reduce__(self) -> tuple[object, ...]:
        return exec, ("raise RuntimeError('a pickle was read')",)


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, bytes(1 << 20))
    return buffer.getvalue()


def foreign_files(good: bytes, kind: Kind) -> Faults:
    """Files of other programs, by content: a name decides nothing."""
    for protocol in range(6):
        named = "got a pickle" if protocol >= 2 else "got something else"  # the older ones have no mark
        yield f"pickle {protocol}", pickle.dumps(Bomb(), protocol), named
    objects, numbers = io.BytesIO(), io.BytesIO()
    np.save(objects, np.array([Bomb()], dtype=object), allow_pickle=True)
    np.savez(numbers, a=np.zeros(3))
    yield "npy of objects", objects.getvalue(), "got a NumPy array"
    yield "npz", numbers.getvalue(), "got a zip archive"
    yield "torch", archive("archive/data.pkl", "archive/data/0"), "got a zip archive"
    yield "keras", archive("config.json", "model.weights.h5"), "got a zip archive"
    yield "zip that leaves its folder", archive("../../etc/passwd", "/etc/passwd"), "got a zip archive"
    yield "zip bomb", archive(*map(str, range(50))), "got a zip archive"
    yield "hdf5", b"\x89HDF\r\n\x1a\n" + bytes(500), "got an HDF5 file"
    yield "gzip", gzip.compress(good), "got a gzip file"
    yield "joblib", gzip.compress(pickle.dumps(Bomb(), 4)), "got a gzip file"
    yield "onnx", b"\x08\x07\x12\x07pytorch\x1a\x03\x32\x2e\x30:\x10\n\x0e\n\x01x" + bytes(99), "got something else"
    yield "json", json.dumps({"class_name": "Sequential"}).encode(), "got a JSON file"
    yield "empty", b"", "got an empty file"
    yield "zeros", bytes(5000), "got something else"
    yield "text", b"label,pixel0\n" * 100, "got something else"
