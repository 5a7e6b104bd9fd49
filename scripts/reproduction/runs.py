"""The runs a table needs: each is begun, gone on with, or found finished, and looked at whether it is the one."""

import subprocess
import sys
from pathlib import Path

from framework.errors import InputError, shown_path
from models.digits import TRAIN_SHA256
from models.recipes import TABLES, recipe
from scripts.interrupted import Interrupted
from scripts.options import Options
from scripts.run_folder import REPORT, SPEC, RunFolder

ANOTHER = "--runs DIR says where runs are kept; an empty one begins anew"


def check(name: str, seed: int, folder: Path) -> None:
    """Raise InputError if another run than that of this recipe and seed lies in `folder`, or its tables are missing."""
    run, spec = RunFolder(folder), recipe(name)
    if not (folder / SPEC).exists():
        Options(out=_submission(name, folder)).of_recipe(name).check()
        return
    training = spec.training.model_copy(update={"seed": seed})
    if run.read_spec() != spec.model_copy(update={"training": training}):
        expected = f"that of {name} as it is now, with seed {seed}"
        raise InputError(f"{shown_path(folder)}: got another run; expected {expected}", hint=ANOTHER)
    if (folder / REPORT).exists() and name not in TABLES:
        learnt = run.read_report().get("data_sha256")
        if learnt != TRAIN_SHA256:  # it may have learnt the test digits
            raise InputError(f"{shown_path(folder)}: learnt other rows than the embedded digits", hint=ANOTHER)


def make(name: str, seed: int, folder: Path) -> None:
    """Let this run be finished. What it shows goes to stderr; where it fails, we leave with its exit code."""
    if (folder / REPORT).exists():
        return
    words = ["train", name, "--seed", str(seed), "--run", str(folder), "--no-test"]
    submission = _submission(name, folder)
    if submission is not None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        words += ["--out", str(submission)]
    if RunFolder(folder).is_unfinished():
        words = ["resume", str(folder)]
    code = _command(words)
    if code:
        sys.exit(code if code > 0 else 128 - code)  # it has said why


def _command(words: list[str]) -> int:
    """Run `chalknet` with `words`; its exit code. Where we are interrupted, so is it, and saves what it has."""
    process = subprocess.Popen([sys.executable, "-m", "scripts.cli", *words], stdout=sys.stderr)
    try:
        return process.wait()
    except (KeyboardInterrupt, Interrupted) as stop:
        if isinstance(stop, Interrupted):
            process.send_signal(stop.number)  # Ctrl-C has reached it as well
        process.wait()
        raise


def _submission(name: str, folder: Path) -> Path | None:
    """Beside the run, of recipes that make one."""
    return folder.with_suffix(".csv") if name in TABLES else None
