"""The only door for spec files: size, encoding, JSON, duplicate keys, then the spec classes themselves."""

import json
import os

from pydantic import ValidationError

from framework.errors import SpecError, quoted
from framework.specs.complaints import Json, translated
from framework.specs.components import BUILT_IN, Extra
from framework.specs.limits import MAX_BYTES, MAX_DEPTH
from framework.specs.model import ModelSpec
from framework.specs.run import RunSpec


def read_spec(path: str | os.PathLike[str], *, extra: Extra = ()) -> ModelSpec | RunSpec:
    """The spec in the JSON file at `path`: a RunSpec where it has a "model", else a ModelSpec.

    `extra` are spec classes of your own components. Raises SpecError that names file, JSON pointer, what came and what
    was expected.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror or error}") from None
    return parse_spec(content, source=str(path), extra=extra)


def parse_spec(text: str | bytes, *, source: str = "spec", extra: Extra = ()) -> ModelSpec | RunSpec:
    """As read_spec, from JSON in memory; `source` is what messages call it."""
    extra = tuple(extra)
    taken = {spec.type_name() for spec in BUILT_IN}
    for spec in extra:
        if spec.type_name() in taken:
            raise SpecError(f"extra: {spec.__name__}: got type {quoted(spec.type_name())}; expected a name not in use")
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
    content = text.encode() if isinstance(text, str) else text
    if len(content) > MAX_BYTES:
        raise SpecError(f"{source}: got more than {MAX_BYTES:,} bytes; expected a spec of at most that")
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(f"{source}: byte {error.start}: got no UTF-8; expected a JSON object in UTF-8") from None
    _check_depth(decoded, source)
    try:
        tree: Json = json.loads(decoded, object_pairs_hook=_each_key_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise SpecError(
            f"{source}: line {error.lineno}, column {error.colno}: expected a JSON object: {error.msg}"
        ) from None
    except ValueError as error:  # a key twice, NaN, an integer of thousands of digits
        raise SpecError(f"{source}: {str(error)[:200]}") from None
    if not isinstance(tree, dict):
        raise SpecError(f"{source}: got a JSON {type(tree).__name__}; expected an object")
    return tree


def _check_depth(text: str, source: str) -> None:
    """Count brackets before the parser recurses into them; one inside a string only makes the count stricter."""
    depth = 0
    for character in text:
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise SpecError(f"{source}: got brackets nested over {MAX_DEPTH} deep; expected at most that")
        elif character in "]}":
            depth -= 1


def _each_key_once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"got the key {quoted(twice)} twice; expected each key once")
    return tree


def _no_constant(token: str) -> Json:
    raise ValueError(f"got {token}; expected a finite number")
