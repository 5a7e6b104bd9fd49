"""A run folder: spec.json, model.safetensors, history.csv and report.json of one training run."""

import csv
import io
import json
import os
import shutil
from pathlib import Path
from typing import TypeAlias, final

from framework.errors import EnvironmentFault, InputError, SpecError
from framework.files import publish
from framework.history import COLUMNS, History
from framework.sequential import Sequential
from framework.specs import RunSpec, read_spec

SPEC, MODEL, HISTORY, REPORT = "spec.json", "model.safetensors", "history.csv", "report.json"
RUNS = Path("runs")

Report: TypeAlias = "dict[str, str | int | float | Report | None]"


@final
class RunFolder:
    """The folder at `path`, as a writer claims it and as a reader finds it."""

    def __init__(self, path: Path) -> None:
        self.path = path

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
            raise InputError(
                f"{path}: got a name that exists; expected a new one", hint="choose another --run, or leave it out"
            ) from None
        except OSError as error:
            raise EnvironmentFault(f"{path or RUNS}: cannot be made: {error.strerror or error}") from error

    def has_model(self) -> bool:
        return os.path.isfile(self.path / MODEL)

    def abandon(self) -> None:
        """Remove the folder again: its run did not come to an end."""
        shutil.rmtree(self.path, ignore_errors=True)

    def write_spec(self, spec: RunSpec) -> None:
        publish(self.path / SPEC, (spec.model_dump_json(indent=2) + "\n").encode())

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
            raise InputError(f"{self.path}: got no {SPEC} in it; expected the folder of a run")
        spec = read_spec(self.path / SPEC)
        if not isinstance(spec, RunSpec):
            raise SpecError(f"{self.path / SPEC}: got a model; expected a run")
        return spec

    def read_model(self) -> Sequential:
        return Sequential.load(self.path / MODEL)
