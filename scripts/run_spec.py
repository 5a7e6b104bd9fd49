"""From what was typed to a RunSpec: a recipe's name or a spec file, and settings on top."""

import difflib
import json
import os
import shlex
from collections.abc import Sequence

from framework.errors import InputError, SpecError, printable, quoted
from framework.nearest import nearest
from framework.specs import ModelSpec, RunSpec, parse_spec, read_spec
from framework.specs.complaints import Json
from models.digits import digit_table
from models.recipes import RECIPES, recipe
from scripts.settings import Setting, changed
from scripts.tables import TABLES


def find_run_spec(name: str, settings: Sequence[str] = ()) -> RunSpec:
    """The recipe called `name`, or the spec in the file of that name, changed by settings such as 'training.epochs=3'.

    A file that holds only a model is trained on digits with the defaults. Raises InputError or SpecError.
    """
    changes = [Setting.read(words) for words in settings]
    if name in RECIPES:
        spec = recipe(name)
    elif not name.endswith(TABLES) and not os.path.isdir(name) and (os.path.exists(name) or name.endswith(".json")):
        if not os.path.exists(name):
            raise InputError(f"{printable(name, 4096)}: no such file", hint=_file_meant(name))
        found = read_spec(name)
        spec = found if isinstance(found, RunSpec) else on_digits(found, name)
    else:
        raise InputError(
            f"recipe: got {quoted(name)}; expected {', '.join(RECIPES)} or a spec file", hint=_meant(name, changes)
        )
    return changed(spec, changes, name) if changes else spec


def on_digits(model: ModelSpec, source: str) -> RunSpec:
    """The recipe that trains `model` on digits with the defaults. Raises SpecError where it is not one for digits."""
    tree: dict[str, Json] = {
        "format": 1,
        "model": model.model_dump(mode="json"),
        "data": digit_table().model_dump(mode="json"),
    }
    try:
        spec = parse_spec(json.dumps(tree), source=source)
    except SpecError as error:  # the model in the file is all there is in it
        message = str(error).replace(f"{source}: /model/", f"{source}: /", 1)
        raise SpecError(message, hint=error.hint or "a model alone is trained on digits") from None
    if not isinstance(spec, RunSpec):
        raise SpecError(f"{source}: got a model; expected a run")
    return spec


def _meant(name: str, changes: Sequence[Setting]) -> str | None:
    """What somebody wanted whose words ended up where a recipe's name is read."""
    cut = next((change for change in changes if not change.text), None)
    if cut is not None:  # --set training.epochs 3
        meant = cut.with_text(name)
    elif "=" in name:
        meant = f"--set {shlex.quote(name)}"
    elif name.endswith(TABLES):
        meant = f"--train {shlex.quote(name)}"
    elif os.path.isdir(name):
        meant = shlex.quote(os.path.join(name, "spec.json"))
    else:
        meant = nearest(name, RECIPES) or _nearest_file(name) or ""
    return f"did you mean {meant}?" if meant else None


def _file_meant(name: str) -> str | None:
    """The spec file, or else the recipe, that was meant by the name of a file that is not there."""
    stem = os.path.basename(name).removesuffix(".json")
    meant = _nearest_file(name) or nearest(stem, RECIPES)
    return f"did you mean {meant}?" if meant else None


def _nearest_file(name: str) -> str | None:
    """The spec file or the run beside which `name` would be, and which is called most like it."""
    folder = os.path.dirname(name)
    beside = sorted(os.listdir(folder or ".")) if os.path.isdir(folder or ".") else []
    fitting = [one for one in beside if one.endswith(".json") or (folder and os.path.isdir(os.path.join(folder, one)))]
    near = difflib.get_close_matches(os.path.basename(name), fitting, 1, cutoff=0.75)
    return shlex.quote(os.path.join(folder, near[0])) if near else None
