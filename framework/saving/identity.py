"""What makes a run the same run: the rows it learns from, by their SHA-256, and its plan, compared place by place."""

import hashlib

from framework.specs.complaints import Json
from framework.training import Training


def fingerprint(training: Training) -> str:
    """SHA-256 over the rows a training learns from and those it is validated on."""
    digest = hashlib.sha256()
    for data in (training.data, training.validation):
        arrays = (None,) if data is None else (data.x, data.y, data.sample_weight)
        for array in arrays:
            digest.update(b"none|" if array is None else f"{array.dtype.str}|{array.shape}|".encode())
            if array is not None:
                digest.update(array.data)
    return digest.hexdigest()


def difference(was: Json, now: Json, pointer: str = "") -> tuple[str, Json, Json] | None:
    """The first place where two JSON trees differ, and what stands there in each."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in (*was, *(key for key in now if key not in was)):
            if found := difference(was.get(key), now.get(key), f"{pointer}/{key}"):
                return found
        return None
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for index, (old, new) in enumerate(zip(was, now, strict=True)):
            if found := difference(old, new, f"{pointer}/{index}"):
                return found
        return None
    if isinstance(was, list) and isinstance(now, list):
        return pointer, f"{len(was)} of them", f"{len(now)} of them"
    return None if was == now else (pointer, was, now)
