"""What holds for any bytes at all: the readers of models and checkpoints refuse them in one harmless line and change
nothing, or read what the stock library reads and go on with it. All of the model fuzzer that needs no fuzzer.
"""

import json
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import numpy as np
from safetensors.numpy import load as stock_load

from framework import ChalknetError, Diverged
from framework.saving.checkpoints import Found
from framework.saving.container import CHECKPOINT, FORMAT, MODEL, Kind, canonical, digest, unpack
from framework.saving.model_file import model_from
from framework.saving.progress import restore
from framework.types import Array
from tests.framework.saving.forging import (
    Parts,
    data_of,
    everything,
    framed,
    good_checkpoint,
    good_model,
    header_of,
    training,
)
from tests.fuzz.json_trees import NUMBERS, OTHERS, Damager

PATH = Path("file")
LONGEST_MESSAGE = 2000
"""Characters: a whole vocabulary may be listed, no value is."""
GOES_ON = 8
"""One training in so many: its steps take the time of a hundred refusals."""
ODD = (np.nan, np.inf, -np.inf, -1.0, -0.0, 0.0, 1e-45, 3e38, 0.5, 2.0)


def check(content: bytes) -> set[str]:
    """As what the content could be read. What is wrong with that is an AssertionError."""
    wanted = (CHECKPOINT,) if CHECKPOINT.entry.encode() in content else (MODEL,)
    return {kind.name for kind in wanted if _is_read(content, kind)}


def _is_read(content: bytes, kind: Kind) -> bool:
    try:
        tensors = unpack(kind, content, PATH)[1]
        _same_as_stock(content, tensors)
        if kind == MODEL:
            model = model_from(content, PATH)
            assert model.get_weights().keys() == tensors.keys()
        else:
            _restored(Found.of(content, PATH, ()), go_on=crc32(content) % GOES_ON == 0)
    except ChalknetError as error:
        message = f"{error} {error.hint or ''}"
        assert message.isascii(), message
        assert message.isprintable(), message
        assert message.startswith("file: "), message
        assert "expected " in message, message
        assert len(message) < LONGEST_MESSAGE, message
        return False
    return True


def _same_as_stock(content: bytes, tensors: dict[str, Array]) -> None:
    """What we take the stock library takes as well, and for the same."""
    stock = stock_load(content)
    assert stock.keys() == tensors.keys()
    for name, array in tensors.items():
        assert (stock[name].dtype, stock[name].shape) == (array.dtype, array.shape)
        assert stock[name].tobytes() == array.tobytes()


def _restored(found: Found, *, go_on: bool) -> None:
    """A training from a checkpoint, if it is one of ours; after a refusal it is as it was before."""
    plan = found.plan.model_dump(mode="json")
    if (plan["model"], plan["optimizer"], plan["training"]) != OURS:
        return
    new = training()
    before = everything(new)
    try:
        restore(new, found.progress, found.tensors, found.path)
    except ChalknetError:
        assert everything(new) == before
        raise
    if go_on:
        with np.errstate(all="ignore"), suppress(Diverged):  # finite numbers may be as large as they like
            for number, _ in enumerate(new):
                if number == 1:  # what was let in can go on
                    break


def _ours() -> tuple[Any, Any, Any]:
    plan = Parts.of(CHECKPOINT, good_checkpoint()).text["plan"]
    return plan["model"], plan["optimizer"], plan["training"]


OURS = _ours()


def seeds() -> list[bytes]:
    """A model, and checkpoints before, inside and after an epoch, and of the end."""
    return [good_model(), *(good_checkpoint(step) for step in (1, 3, 5, 9)), good_checkpoint(5, None)]


class FileDamager:
    """Makes another file of one: of its header, its text or its tensors, mostly sealed again with the right digest."""

    def __init__(self) -> None:
        words = ["dtype", "shape", "data_offsets", "F32", "F64", "I8", "__metadata__", "os.system", "../x", "\x1b[2J"]
        parts = [Parts.of(kind, content) for kind, content in ((MODEL, good_model()), (CHECKPOINT, good_checkpoint()))]
        words += [name for part in parts for name in (*part.tensors, *part.text, *part.text.get("progress", ()))]
        self.trees = Damager(sorted(set(words)), [part.text for part in parts] + list(NUMBERS) + list(OTHERS))

    def damaged(self, content: bytes, seed: int) -> bytes | None:
        """`content` changed, the same for the same seed; None where it is no such file to begin with."""
        random = Random(seed)
        try:
            kind = MODEL if MODEL.entry in header_of(content)["__metadata__"] else CHECKPOINT
            part = Parts.of(kind, content)
        except Exception:
            return None
        if random.random() < 0.25:
            return self._header(content, random)
        change = random.choice((self._text, self._text, self._tensors))
        change(part, random)
        return sealed(part)

    def _header(self, content: bytes, random: Random) -> bytes | None:
        text = self.trees.damaged(json.dumps(header_of(content)).encode(), random.getrandbits(32))
        return None if text is None else framed(text, data_of(content))

    def _text(self, part: Parts, random: Random) -> None:
        """A change in any place, or in the numbers of the progress, which are few among those of the plan."""
        name = random.choice(("progress", "progress", "plan")) if "progress" in part.text else "spec"
        place = part.text if random.random() < 0.2 or name not in part.text else part.text[name]
        new = self.trees.damaged(json.dumps(place).encode(), random.getrandbits(32))
        if new is not None and isinstance(tree := json.loads(new), dict):
            part.text = tree if place is part.text else {**part.text, name: tree}

    def _tensors(self, part: Parts, random: Random) -> None:
        for _ in range(random.choice((1, 1, 2))):
            if not part.tensors:
                return
            name, other = random.choice(list(part.tensors)), random.choice(list(part.tensors))
            array = part.tensors[name]
            with np.errstate(all="ignore"):
                number = np.array(random.choice(ODD)).astype(array.dtype)
            action = random.randrange(8)
            if action <= 1 and array.size:
                array.reshape(-1)[random.randrange(array.size)] = number
            elif action == 2:
                part.tensors[name], part.tensors[other] = part.tensors[other], part.tensors[name]
            elif action == 3:
                part.tensors[random.choice((other, f"{name}x", "best.", "history.", f"best.{name}"))] = (
                    part.tensors.pop(name)
                )
            elif action == 4:
                part.tensors[name] = array.T.copy() if array.ndim > 1 else array[..., np.newaxis]
            elif action == 5:
                part.tensors[name] = array.astype(random.choice(("f4", "f8", "f2", "i4")))
            elif action == 6:
                part.tensors[name] = np.resize(array, random.choice((0, 1, array.size + 1, 300)))
            else:
                del part.tensors[name]


def sealed(part: Parts) -> bytes:
    """As Parts.sealed, but of anything: `pack` would refuse to write some of it."""
    from safetensors.numpy import save

    whole = {"format": FORMAT, **deepcopy(part.text)}
    try:
        entry = canonical({**whole, "sha256": digest(whole, part.tensors)})
    except ValueError:  # NaN has no place in JSON
        entry = json.dumps(whole)
    return save(part.tensors, metadata={part.kind.entry: entry})
