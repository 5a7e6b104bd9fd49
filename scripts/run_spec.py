"""From what was typed to a RunSpec: a recipe's name or a spec file, and `--set` on top."""

import difflib
import json
import os
from collections.abc import Sequence

from framework.errors import InputError, SpecError, quoted
from framework.specs import RunSpec, parse_spec, read_spec
from framework.specs.complaints import Json
from models.digits import digit_table
from models.recipes import RECIPES, recipe


def find_run_spec(name: str, settings: Sequence[str] = ()) -> RunSpec:
    """The recipe called `name`, or the spec in the file of that name, changed by settings such as 'training.epochs=3'.

    A file that holds only a model is trained on digits with the defaults. Raises InputError or SpecError.
    """
    if name in RECIPES:
        spec = recipe(name)
    elif os.path.exists(name) or name.endswith(".json"):
        found = read_spec(name)
        if isinstance(found, RunSpec):
            spec = found
        else:
            data = digit_table().model_dump(mode="json")
            spec = _run_spec({"format": 1, "model": found.model_dump(mode="json"), "data": data}, name)
    else:
        near = difflib.get_close_matches(name, RECIPES, 1)
        raise InputError(
            f"recipe: got {quoted(name)}; expected {', '.join(RECIPES)} or a spec file",
            hint=f"did you mean {near[0]}?" if near else None,
        )
    if not settings:
        return spec
    tree: dict[str, Json] = spec.model_dump(mode="json")
    for setting in sorted(settings, key=lambda setting: not _names_a_type(setting)):
        _apply(setting, tree)
    return _run_spec(tree, f"{name} with your settings")


def _names_a_type(setting: str) -> bool:
    return setting.partition("=")[0].endswith(".type")


def _apply(setting: str, tree: dict[str, Json]) -> None:
    """Set one field. A new `type`, always set first, clears the component's other fields: they were the old type's."""
    path, equals, text = setting.partition("=")
    if not equals:
        raise InputError(f"--set {setting}: expected PATH=VALUE, such as training.batch_size=64")
    *parents, last = path.split(".")
    node: Json = tree
    for number, key in enumerate(parents):
        node = _child(node, key, ".".join(parents[:number]), setting)
    if isinstance(node, dict) and "type" in node:
        if last == "type":
            node.clear()  # the spec class itself knows which fields go with the new type
    else:
        _child(node, last, ".".join(parents), setting)
    try:
        value: Json = json.loads(text)
    except ValueError:
        value = text
    if isinstance(node, dict):
        node[last] = value
    elif isinstance(node, list):
        node[int(last)] = value


def _child(node: Json, key: str, place: str, setting: str) -> Json:
    if isinstance(node, dict) and key in node:
        return node[key]
    if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
        return node[int(key)]
    names = (
        list(node) if isinstance(node, dict) else [str(n) for n in range(len(node))] if isinstance(node, list) else []
    )
    near = difflib.get_close_matches(key, names, 1)
    known = f"one of {', '.join(names)}" if names else "nothing below it"
    raise InputError(
        f"--set {setting}: {place or 'the spec'} has no {quoted(key)}; expected {known}",
        hint=f"did you mean {near[0]}?" if near else None,
    )


def _run_spec(tree: dict[str, Json], source: str) -> RunSpec:
    spec = parse_spec(json.dumps(tree), source=source)
    if not isinstance(spec, RunSpec):
        raise SpecError(f"{source}: got a model; expected a run")
    return spec
