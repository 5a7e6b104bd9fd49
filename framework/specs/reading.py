"""The only door for spec files: size, encoding, JSON, duplicate keys, then the spec classes themselves."""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from framework.errors import SpecError, printable
from framework.files import read_file
from framework.specs.complaints import Json, translated
from framework.specs.components import checked_extra
from framework.specs.extra import Extra
from framework.specs.limits import MAX_BYTES, MAX_DEPTH
from framework.specs.model import ModelSpec
from framework.specs.run import RunSpec


def read_spec(path: str | os.PathLike[str], *, extra: Extra = ()) -> ModelSpec | RunSpec:
    """The spec in the JSON file at `path`: a RunSpec where it has a "model", else a ModelSpec.

    `extra` are spec classes of your own components. Raises SpecError that names file, JSON pointer, what came and what
    was expected.
    """
    return parse_spec(read_file(Path(path), MAX_BYTES, SpecError), source=str(path), extra=extra)


def parse_spec(text: str | bytes, *, source: str = "spec", extra: Extra = ()) -> ModelSpec | RunSpec:
    """As read_spec, from JSON in memory; `source` is what messages call it."""
    extra = checked_extra(extra)
    tree = _json_object(text, source)
    tree.pop("$schema", None)  # says to an editor where the JSON Schema is
    if "format" not in tree:
        raise SpecError(f"{source}: /format: got nothing; expected 1", hint='add "format": 1')
    kind: type[ModelSpec] | type[RunSpec] = RunSpec if "model" in tree else ModelSpec
    try:
        return kind.model_validate(tree, context={"extra": extra})
    except ValidationError as error:
        raise translated(error, kind, tree, source, extra) from None


def _json_object(text: str | bytes, source: str) -> dict[str, Json]:
    # a lone surrogate is refused below, like any other bytes that are no UTF-8
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(content) > MAX_BYTES:
        raise SpecError(f"{source}: got more than {MAX_BYTES:,} bytes; expected a spec of at most that")
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(f"{source}: byte {error.start}: got no UTF-8; expected a JSON object in UTF-8") from None
    _check_depth(decoded, source)
    try:
        tree: Json = json.loads(decoded, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        raise SpecError(
            f"{source}: line {error.lineno}, column {error.colno}: expected a JSON object: {error.msg}"
        ) from None
    except ValueError:
        raise SpecError(
            f"{source}: got an integer of thousands of digits; expected a number that can be meant"
        ) from None
    if not isinstance(tree, dict):
        raise SpecError(f"{source}: got a JSON {type(tree).__name__}; expected an object")
    _check_keys(tree, source, "")
    return tree


STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def _check_depth(text: str, source: str) -> None:
    """Count the brackets outside strings before the parser recurses into them."""
    depth = 0
    for character in STRING.sub("", text):
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise SpecError(f"{source}: got brackets nested over {MAX_DEPTH} deep; expected at most that")
        elif character in "]}":
            depth -= 1


class _Object(dict[str, Json]):
    """A JSON object that remembers a key it was given twice: json itself would keep the last and say nothing."""

    def __init__(self, pairs: Sequence[tuple[str, Json]]) -> None:
        super().__init__(pairs)
        keys = [key for key, _ in pairs]
        self.doubled = None if len(self) == len(keys) else next(key for key in keys if keys.count(key) > 1)


def _check_keys(node: Json, source: str, pointer: str) -> None:
    if isinstance(node, _Object):
        if node.doubled is not None:
            place = f"{pointer}/{printable(node.doubled)}"
            raise SpecError(f"{source}: {place}: got this key twice; expected each key once")
        for key, child in node.items():
            _check_keys(child, source, f"{pointer}/{printable(key)}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            _check_keys(child, source, f"{pointer}/{index}")
