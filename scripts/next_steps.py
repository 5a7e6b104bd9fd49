"""What to type next: after a run, the commands that make something of it."""

import re
from pathlib import Path

from rich.console import Console
from rich.text import Text

from framework.console import say
from framework.console.text import QUIET, TITLE, words
from framework.errors import ChalknetError
from framework.specs import RunSpec
from models import digits
from models.recipes import TABLES
from scripts.options import Options
from scripts.run_folder import SPEC
from scripts.run_spec import find_run_spec
from scripts.words import word


def print_next_steps(console: Console, recipe: str, run: Path, spec: RunSpec, options: Options) -> None:
    """A few commands with their reasons, ready to be pasted, for a run that had these `options`."""
    folder, seed = word(run), spec.training.seed + 1
    train, measured, tables = options.train, options.test_table(), TABLES.get(recipe)
    as_it_is = _is_all_of(recipe, spec)
    again = f"chalknet train {word(recipe if as_it_is else run / SPEC)}"
    if train is not None and not (as_it_is and tables is not None and train == tables.train):
        again += f" --train {word(train)}"
    if measured not in (None, digits.TEST):
        again += f" --test {word(measured)}"
    again += f" --seed {seed}"
    if options.predict is not None and options.out is not None:
        if not (as_it_is and tables is not None and options.predict == tables.predict):
            again += f" --predict {word(options.predict)}"
        again += f" --out {word(_numbered(options.out, seed))}"
    steps = [(f"chalknet show {folder}", "its layers and result")]
    if tables is not None and options.out is not None:
        submit = f"kaggle competitions submit -c digit-recognizer -f {word(options.out)} -m chalknet"
        steps.append((submit, "with Kaggle's own command"))
    elif measured is None:
        steps.append((f"chalknet evaluate {folder} LABELLED.csv", "on other rows"))
    if tables is None:
        steps.append((f"chalknet predict {folder} TEST.csv --out predicted.csv", "its labels"))
    steps.append((again, "from other weights"))
    for number, (command, reason) in enumerate(steps):
        name, remark = f"{'next' if number == 0 else '':<6}", f"  # {reason}"
        fits = len(name + command + remark) <= console.width
        say(console, Text.assemble((name, TITLE), words(command), (remark if fits else "", QUIET)))


def _numbered(out: Path, seed: int) -> Path:
    """The name of another submission beside it."""
    return out.with_name(f"{re.sub('-[0-9]+$', '', out.stem)}-{seed}{out.suffix}")


def _is_all_of(recipe: str, spec: RunSpec) -> bool:
    """Whether `spec` is the recipe as it stands, whatever its seed; not so if the file is no longer there."""
    try:
        named = find_run_spec(recipe)
    except ChalknetError:
        return False
    training = named.training.model_copy(update={"seed": spec.training.seed})
    return named.model_copy(update={"training": training}) == spec
