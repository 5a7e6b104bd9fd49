"""A run folder: spec.json and job.json from the start, the states of Checkpoints while the training runs, and after it
model.safetensors, history.csv and report.json.
"""

import csv
import difflib
import io
import json
import os
import shutil
from pathlib import Path
from typing import TypeAlias, final

from framework.errors import EnvironmentFault, InputError, SpecError, quoted, shown_path
from framework.files import publish, read_file
from framework.history import COLUMNS, History
from framework.saving.checkpoints import BEST, LATEST, PREVIOUS
from framework.saving.resuming import JOB
from framework.sequential import Sequential
from framework.specs import ModelSpec, RunSpec, read_spec
from models import digits
from scripts.job_file import Job

SPEC, MODEL, HISTORY, REPORT = "spec.json", "model.safetensors", "history.csv", "report.json"
RUNS = Path("runs")
MAX_BYTES = 10_000_000
"""No history and no report comes near it."""

Report: TypeAlias = "dict[str, str | int | float | Report | None]"


@final
class RunFolder:
    """The folder at `path`, as a writer claims it and as a reader finds it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @staticmethod
    def found(name: str) -> "RunFolder | None":
        """The folder called `name`, or None where there is no folder of that name."""
        return RunFolder(Path(name)) if os.path.isdir(name) else None

    @staticmethod
    def claim(path: Path | None, name: str) -> "RunFolder":
        """Make the folder: `path`, or the next free runs/NAME-1, -2 ... Raises InputError where `path` exists."""
        try:
            if path is not None:
                path.mkdir(parents=True)
                return RunFolder(path)
            number = 1
            while True:
                free = RUNS / f"{name}-{number}"
                try:
                    free.mkdir(parents=True)
                except FileExistsError:
                    number += 1
                else:
                    return RunFolder(free)
        except FileExistsError:
            raise InputError(f"{path}: got a name that exists; expected a new one", hint=_way_on(path)) from None
        except OSError as error:
            raise EnvironmentFault(f"{path or RUNS}: cannot be made: {error.strerror or error}") from error

    def has_model(self) -> bool:
        return os.path.isfile(self.path / MODEL)

    def has_work(self) -> bool:
        """Whether anything that was learnt is in it, finished or not."""
        return self.has_model() or self.can_go_on()

    def can_go_on(self) -> bool:
        """Whether a state of its training is in it."""
        return any(os.path.lexists(self.path / name) for name in (LATEST, PREVIOUS))

    def is_unfinished(self) -> bool:
        """Whether a run was begun in it that did not come to its report."""
        begun = self.can_go_on() or os.path.exists(self.path / JOB)
        return begun and not os.path.exists(self.path / REPORT)

    def best(self) -> Path | None:
        """The best model of a run that is not finished, if there is one."""
        return self.path / BEST if os.path.isfile(self.path / BEST) else None

    def abandon(self) -> None:
        """Remove the folder again: nothing came of its run."""
        shutil.rmtree(self.path, ignore_errors=True)

    def write_spec(self, spec: RunSpec) -> None:
        publish(self.path / SPEC, (spec.model_dump_json(indent=2) + "\n").encode())

    def write_job(self, job: Job) -> None:
        publish(self.path / JOB, (job.model_dump_json(indent=2) + "\n").encode())

    def read_job(self) -> Job:
        return Job.read(read_file(self.path / JOB, MAX_BYTES, InputError), self.path / JOB)

    def write_model(self, model: Sequential) -> None:
        model.save(self.path / MODEL)

    def write_history(self, history: History) -> None:
        """A row per epoch; numbers in full, so that equal runs give equal bytes."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([getattr(report, column) for column in COLUMNS] for report in history)
        publish(self.path / HISTORY, text.getvalue().encode())

    def write_report(self, report: Report) -> None:
        publish(self.path / REPORT, (json.dumps(report, indent=2) + "\n").encode())

    def read_spec(self) -> RunSpec:
        if not os.path.isfile(self.path / SPEC):
            got = f"no {SPEC} in it" if os.path.isdir(self.path) else "no such folder"
            raise InputError(f"{shown_path(self.path)}: got {got}; expected the folder of a run", hint=self._meant())
        spec = read_spec(self.path / SPEC)
        if not isinstance(spec, RunSpec):
            raise SpecError(f"{self.path / SPEC}: got a model; expected a run")
        return spec

    def read_history(self) -> dict[str, list[float | None]]:
        """The figures of every epoch by name, as in History.history; empty for a run that did not come to that."""
        path = self.path / HISTORY
        if not os.path.exists(path):
            return {}
        text = read_file(path, MAX_BYTES, InputError).decode("utf-8", "replace")
        header, *lines = text.splitlines() or [""]
        if header != ",".join(COLUMNS):
            raise InputError(f"{shown_path(path)}: line 1: expected the columns {', '.join(COLUMNS)}")
        rows = []
        for number, line in enumerate(lines, start=2):
            try:
                rows.append([float(cell) if cell else None for cell in line.split(",")])
                if len(rows[-1]) != len(COLUMNS):
                    raise ValueError
            except ValueError:
                expected = f"expected {len(COLUMNS)} numbers, with commas between them"
                raise InputError(f"{shown_path(path)}: line {number}: got {quoted(line)}; {expected}") from None
        return {name: [row[place] for row in rows] for place, name in enumerate(COLUMNS)}

    def read_report(self) -> dict[str, object]:
        """What was measured; empty for a run that did not come to that."""
        path = self.path / REPORT
        if not os.path.exists(path):
            return {}
        try:
            report: object = json.loads(read_file(path, MAX_BYTES, InputError))
        except (ValueError, RecursionError) as error:
            raise InputError(f"{shown_path(path)}: expected a JSON object: {error}") from None
        if not isinstance(report, dict):
            raise InputError(f"{shown_path(path)}: got a JSON {type(report).__name__}; expected an object")
        return report

    def _meant(self) -> str | None:
        """The run under runs/ that has a name like this one's, or the folder that this is a file of."""
        if self.path.name in (SPEC, HISTORY, REPORT):
            return f"did you mean {shown_path(self.path.parent)}?"
        runs = sorted(os.listdir(RUNS)) if os.path.isdir(RUNS) else []
        near = difflib.get_close_matches(self.path.name, [name for name in runs if (RUNS / name / SPEC).exists()], 1)
        return f"did you mean {shown_path(RUNS / near[0])}?" if near else None

    def learnt_from(self) -> str | None:
        """The SHA-256 of the table the run has learnt from, or learns from; None where nothing says so."""
        digest = self.read_report().get("data_sha256")
        if isinstance(digest, str):
            return digest
        return digits.TRAIN_SHA256 if os.path.exists(self.path / JOB) and self.read_job().embedded else None

    def read_trained(self, name: str = MODEL) -> tuple[RunSpec, Sequential]:
        """The recipe and the trained model, or that in the file `name`. Raises InputError where the spec is no longer
        the one that was trained.
        """
        spec, model = self.read_spec(), self.read_model(name)
        if ModelSpec.of(model) != spec.model:
            raise InputError(
                f"{shown_path(self.path / SPEC)}: got another network than the trained one; expected it as it was",
                hint="a changed spec is trained from a copy: chalknet train COPY.json",
            )
        return spec, model

    def read_model(self, name: str) -> Sequential:
        if name == MODEL and not self.has_model() and self.is_unfinished():
            hint = f"chalknet resume {shown_path(self.path)} goes on with it"
            if best := self.best():
                hint += f"; {shown_path(best)}, the best model so far, may stand in its place"
            raise InputError(
                f"{shown_path(self.path)}: got a run that is not finished; expected one with its {MODEL}", hint=hint
            )
        return Sequential.load(self.path / name)


def _way_on(path: Path | None) -> str:
    if path is not None and RunFolder(path).is_unfinished() and os.path.exists(path / SPEC):  # else it is a script's
        return f"chalknet resume {shown_path(path)} goes on with the run in it"
    return "choose another --run, or leave it out"
