"""Every fault a model file or a checkpoint can have, and a word of the message that refuses it.

A fault is made in both kinds of file wherever both can have it. What is in `forged` ones stands below a digest that is
right, so that only what it says is left to refuse it for.
"""

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from framework.saving.container import CHECKPOINT, MODEL, Kind
from tests.framework.saving.faulty_contents import changes, forged
from tests.framework.saving.faulty_headers import Faults, first, header_faults
from tests.framework.saving.foreign import Bomb, archive, foreign_files
from tests.framework.saving.forging import Parts, Tree, good, reheaded


@dataclass(frozen=True)
class Fault:
    kind: Kind
    name: str
    content: bytes
    words: str
    """In the message."""

    def __str__(self) -> str:
        return f"{self.kind.name}: {self.name}"


def every_fault() -> Iterator[Fault]:
    for kind in (MODEL, CHECKPOINT):
        for faults in (foreign_files, header_faults, _exploits):
            for name, content, words in faults(good(kind), kind):
                yield Fault(kind, name, content, words)
        for name, change, words in changes(kind):
            parts = Parts.of(kind, good(kind))
            change(parts)
            yield Fault(kind, f"forged: {name}", forged(parts), words)


def _exploits(good: bytes, kind: Kind) -> Faults:
    """Data elsewhere, names that leave the folder, code beside the numbers."""
    name = first(good)
    for place in ("../../etc/passwd", "/etc/passwd", "C:\\\\evil", "file:///etc/passwd", "https://evil.example/x"):
        outside = {"location": place, "offset": 0, "length": 4}
        changed = reheaded(good, _outside(name, outside))
        yield f"external data at {place}", changed, "with dtype, shape and data_offsets only"
        parts = Parts.of(kind, good)
        parts.tensors[place] = np.ones(1, np.float32)
        yield f"a tensor called {place}", forged(parts), "got one; expected no such tensor"
    parts = Parts.of(kind, good)
    parts.tensors[f"{'../' * 20}tmp/evil"] = parts.tensors.pop(name)
    yield "a tensor that leaves its folder", forged(parts), "expected"
    for key in ("hyper_parameters", "_instantiator", "pytorch-lightning_version", "config", "custom_objects"):
        parts = Parts.of(kind, good)
        parts.text[key] = {"class_path": "os.system", "init_args": "id"}
        yield f"{key} beside it", forged(parts), key
    yield "a pickle with our header behind it", pickle.dumps(Bomb(), 4) + good, "got a pickle"
    yield "a zip with our file behind it", archive("data.pkl") + good, "got a zip archive"


def _outside(name: str, place: Tree) -> Callable[[Tree], object]:
    return lambda header: header[name].update(external_data=place)
