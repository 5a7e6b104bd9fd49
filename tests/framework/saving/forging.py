"""Model files and checkpoints as somebody would write them who wants to be let in: each lie that a header can tell,
and contents of one's own below a digest that is right. It proves no origin; such a file must be harmless without it.
"""

import json
import struct
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias, final

import numpy as np
from safetensors.numpy import load as stock_load

from framework import Adam, BatchNorm, Dense, ReLU, Sequential, Training, TrainingSettings
from framework.keeper import Keeper
from framework.optimizers import Optimizer
from framework.saving import Checkpoints
from framework.saving.checkpoints import LATEST
from framework.saving.container import MODEL, Kind, pack
from framework.types import Array

Tree: TypeAlias = dict[str, Any]
"""Of JSON."""


@dataclass
class Parts:
    """What is in a file, to be changed and sealed again."""

    kind: Kind
    text: Tree
    tensors: dict[str, Array]

    @classmethod
    def of(cls, kind: Kind, content: bytes) -> "Parts":
        """Taken apart by the library whose layout it is, not by our reader."""
        entry = json.loads(header_of(content)["__metadata__"][kind.entry])
        del entry["format"], entry["sha256"]
        return cls(kind, entry, {name: array.copy() for name, array in sorted(stock_load(content).items())})

    def sealed(self) -> bytes:
        """The file, with the digest over what is in it now."""
        return pack(self.kind, self.text, self.tensors)


def header_of(content: bytes) -> Tree:
    header: Tree = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return header


def data_of(content: bytes) -> bytes:
    return content[8 + int.from_bytes(content[:8], "little") :]


def framed(header: bytes | Tree, data: bytes = b"") -> bytes:
    """A file of this header and data, whatever they are."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def reheaded(good: bytes, change: Callable[[Tree], object]) -> bytes:
    """The file with its header changed by `change`, all else as it was."""
    header = deepcopy(header_of(good))
    change(header)
    return framed(header, data_of(good))


# A training small enough to be made anew for every case, with every kind of array that there is

ROWS, FEATURES, CLASSES, BATCH, EPOCHS = 10, 3, 2, 4, 3
PER_EPOCH = 3
"""Batches: two full ones and one of two rows."""


def rows(seed: int = 0) -> tuple[Array, Array]:
    x: Array = np.random.default_rng(seed).standard_normal((ROWS, FEATURES))
    return x, (x[:, 0] > 0).astype(np.int64)


def training(
    checkpoints: Keeper | None = None,
    *,
    model: Sequential | None = None,
    optimizer: Optimizer | None = None,
    average: float | None = 0.9,
    patience: int | None = None,
) -> Training:
    """Ten rows, three epochs of three steps, with running statistics, Adam's memory, a best epoch and an average."""
    layers = [Dense(FEATURES, 4), BatchNorm(4), ReLU(), Dense(4, CLASSES)]
    return Training(
        model or Sequential(layers, seed=0),
        rows(),
        optimizer=optimizer or Adam(0.01),
        validation_data=rows(1),
        settings=TrainingSettings(EPOCHS, BATCH, seed=0, threads=1, average=average, patience=patience),
        checkpoints=checkpoints,
    )


class Stopped(Exception):
    """That is far enough."""


@final
class StopAfter:
    """Keeps a training as its Checkpoints do, and ends it after so many steps."""

    def __init__(self, checkpoints: Checkpoints, step: int) -> None:
        self.checkpoints, self.step = checkpoints, step

    def attach(self, training: Training) -> None:
        self.training = training
        self.checkpoints.attach(training)

    def after_step(self) -> None:
        if self.training.state.step == self.step:
            self.checkpoints.save()
            raise Stopped

    def after_epoch(self) -> None:
        self.checkpoints.after_epoch()

    def __enter__(self) -> object:
        return self.checkpoints.__enter__()

    def __exit__(self, *error: object) -> None:
        self.checkpoints.__exit__(*error)


@cache
def good_checkpoint(step: int = 5, average: float | None = 0.9) -> bytes:
    """The state after so many steps; 5 are an epoch and two batches."""
    with TemporaryDirectory() as folder:
        checkpoints = Checkpoints(folder)
        with suppress(Stopped):
            list(training(StopAfter(checkpoints, step), average=average))
        return Path(folder, LATEST).read_bytes()


@cache
def good_model() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "model")
        going = training()
        list(going)
        going.model.save(path)
        return path.read_bytes()


def good(kind: Kind) -> bytes:
    return good_model() if kind == MODEL else good_checkpoint()


def everything(training: Training) -> dict[str, object]:
    """All that a training is, in values that can be compared; a refusal leaves it as it is."""
    model, optimizer, state = training.model, training.optimizer, training.state
    average = (None, None) if state.average is None else (state.average.values, state.average.buffers)
    arrays = (
        *(model.parameters.values, model.buffers.values, state.best_values, state.best_buffers),
        *(*average, *optimizer._slots.values()),
    )
    numbers = {name: value for name, value in vars(state).items() if not name.startswith(("best_", "average"))}
    return {
        "arrays": [None if array is None else array.tobytes() for array in arrays],
        "numbers": numbers,
        "weights": model.weights_are,
        "optimizer": (optimizer.steps, id(optimizer._serves), list(optimizer._slots)),
        "history": (tuple(training.history.epochs), training.history.stopped_early),
        "threads": training.threads,
    }
