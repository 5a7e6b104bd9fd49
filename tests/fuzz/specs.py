"""What holds for any bytes: the spec reader refuses them in one harmless line, or reads a spec that can be written,
and read again as the same. With the texts to start from, this is all of the spec fuzzer that needs no fuzzer.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from framework import ChalknetError, parse_spec
from framework.specs import DataSpec, ModelSpec, RunSpec, Spec, TrainingSpec
from framework.specs.complaints import Json
from framework.specs.components import BUILT_IN
from tests.framework.specs.faulty import DENSE, data, every_faulty_spec, model
from tests.fuzz.json_trees import Damager

MODELS = Path(__file__).resolve().parents[2] / "models"
LARGEST_SEED = 8192
"""Bytes: a text of a megabyte takes the time of a thousand small ones."""
LONGEST_MESSAGE = 2000
"""Characters: a whole vocabulary may be listed, no value is."""


def check(text: bytes) -> bool:
    """Whether `text` is a spec. What is wrong with the answer, or becomes of the spec, is an AssertionError."""
    try:
        spec = parse_spec(text)
    except ChalknetError as error:
        message = str(error)
        assert message.isascii(), message
        assert message.isprintable(), message
        assert message.startswith("spec: "), message
        assert "expected " in message, message
        assert len(message) < LONGEST_MESSAGE, message
        return False
    written = spec.model_dump_json(indent=2)  # the longest way there is
    again = parse_spec(written)
    assert again == spec
    assert again.model_dump_json(indent=2) == written
    return True


def seeds() -> Iterator[bytes]:
    """The committed recipes, every fault, and every component in a model or a run."""
    for path in sorted(MODELS.glob("*.json")):
        yield path.read_bytes()
    for _, text in every_faulty_spec():
        yield text
    yield json.dumps(model(dtype="float64")).encode()
    for part in _parts():  # each where it may stand, and where it may not
        yield json.dumps(model(layers=[part, DENSE])).encode()
        yield json.dumps(model(input_shape=[4, 4, 1], layers=[part, {"type": "flatten"}, DENSE])).encode()
        for family in ("loss", "optimizer", "schedule", "augmentation"):
            yield json.dumps(data(image_shape=[2, 2]) | {family: part}).encode()


def damager() -> Damager:
    """Knows every word of the vocabulary."""
    kinds: tuple[type[Spec], ...] = (ModelSpec, RunSpec, DataSpec, TrainingSpec, *BUILT_IN)
    names = {name for kind in kinds for name in kind.model_fields}
    names |= {spec.type_name() for spec in BUILT_IN}
    names |= {"prefix", "count", "start", "float32", "float64", "same", "valid", "$schema", "__class__"}
    return Damager(sorted(names), _parts())


FIELDS: dict[str, Json] = {"rate": 0.5, "shape": [2], "layers": [{"type": "relu"}]}
"""A value for each field that has no default and does not take 2."""


def _parts() -> list[Json]:
    """A component of each type."""
    parts: list[Json] = []
    for spec in BUILT_IN:
        part: dict[str, Json] = {"type": spec.type_name()}
        part |= {name: FIELDS.get(name, 2) for name, field in spec.model_fields.items() if field.is_required()}
        parts.append(part)
    return parts
