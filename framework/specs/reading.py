"""The only door for spec files: JSON, strictly, then the spec classes themselves."""

import os
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from framework.errors import SpecError, shown_path
from framework.files import read_file
from framework.specs.base import Spec
from framework.specs.complaints import Json, translated
from framework.specs.components import checked_extra
from framework.specs.extra import Extra
from framework.specs.limits import MAX_BYTES
from framework.specs.model import ModelSpec
from framework.specs.run import PartsSpec, PlanSpec, RunSpec
from framework.specs.strict_json import json_object

AnySpec = TypeVar("AnySpec", bound=Spec)


def read_spec(path: str | os.PathLike[str], *, extra: Extra = ()) -> ModelSpec | RunSpec:
    """The spec in the JSON file at `path`: a RunSpec where it has a "model", else a ModelSpec.

    `extra` are spec classes of your own components. Raises SpecError that names file, JSON pointer, what came and what
    was expected.
    """
    return parse_spec(read_file(Path(path), MAX_BYTES, SpecError), source=shown_path(path), extra=extra)


def parse_spec(text: str | bytes, *, source: str = "spec", extra: Extra = ()) -> ModelSpec | RunSpec:
    """As read_spec, from JSON in memory; `source` is what messages call it."""
    tree = _tree(text, source)
    return _validated(tree, RunSpec, source, extra) if "model" in tree else _validated(tree, ModelSpec, source, extra)


def parse_plan(text: str | bytes, *, source: str = "spec", extra: Extra = ()) -> PartsSpec:
    """A RunSpec where it says what the data look like, or else a PlanSpec, from JSON in memory."""
    tree = _tree(text, source)
    return _validated(tree, RunSpec, source, extra) if "data" in tree else _validated(tree, PlanSpec, source, extra)


def _tree(text: str | bytes, source: str) -> dict[str, Json]:
    tree = json_object(text, source)
    tree.pop("$schema", None)  # says to an editor where the JSON Schema is
    if "format" not in tree:
        raise SpecError(f"{source}: /format: got nothing; expected 1", hint='add "format": 1')
    return tree


def _validated(tree: dict[str, Json], kind: type[AnySpec], source: str, extra: Extra) -> AnySpec:
    extra = checked_extra(extra)
    try:
        spec = kind.model_validate(tree, context={"extra": extra})
    except ValidationError as error:
        raise translated(error, kind, tree, source, extra) from None
    written = len(spec.model_dump_json(indent=2).encode()) + 1  # and the end of the last line
    if written > MAX_BYTES:  # a run writes its spec, and has to be able to read it
        raise SpecError(f"{source}: got a spec of {written:,} bytes, as it is written; expected at most {MAX_BYTES:,}")
    return spec
