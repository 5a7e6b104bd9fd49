"""resume: a training from the folder it was kept in, ready to go on where it stopped."""

from __future__ import annotations

import json
import os
from pathlib import Path

from numpy.typing import ArrayLike

from framework.data.dataset import Dataset
from framework.data.table import read_table
from framework.errors import InputError, shown_path
from framework.files import read_file
from framework.saving.checkpoints import SECONDS, Checkpoints
from framework.saving.model_file import MODEL_FILE
from framework.specs.extra import Extra
from framework.specs.limits import MAX_BYTES
from framework.specs.run import RunSpec
from framework.training import Training

JOB = "job.json"
"""Where `chalknet train` notes the table it learns from, as "train"."""


def resume(
    run: str | os.PathLike[str],
    data: Dataset | tuple[ArrayLike, ArrayLike] | None = None,
    *,
    validation_data: Dataset | tuple[ArrayLike, ArrayLike] | None = None,
    extra: Extra = (),
    seconds: float = SECONDS,
    every: int | None = None,
    accept_drift: bool = False,
) -> Training:
    """The training kept in the folder `run`, where it was when it was last saved; iterate it, or `watch` it, to go on.

    The weights, the history and all that follows are the same bits as if it had never stopped. `data` are the rows it
    had; a run that `chalknet train` began finds its table itself. `extra` names the specs of parts of your own.
    Raises InputError where nothing was saved yet, or where the data are others, and what Checkpoints raises.
    """
    if not os.path.isdir(run):  # Checkpoints would make it
        raise InputError(f"{shown_path(Path(run))}: got no such folder; expected the folder of a run that was kept")
    checkpoints = Checkpoints(run, resume=True, seconds=seconds, every=every, extra=extra, accept_drift=accept_drift)
    try:
        plan = checkpoints.stored_plan
        if plan is None:
            raise _nothing_to_resume(Path(run))
        checkpoints.plan = plan
        if isinstance(plan, RunSpec):
            if validation_data is not None:
                raise InputError("validation_data: got some; expected none, as this run holds out rows of its own")
            return plan.prepare(_rows(Path(run), plan) if data is None else Dataset.of(data), checkpoints=checkpoints)
        if data is None:
            raise InputError(
                f"data: got none, and {shown_path(run)} says of no table; expected the rows it was trained on",
                hint="resume(run, (x, y))",
            )
        return plan.train_on(Dataset.of(data), validation_data, checkpoints=checkpoints)
    except BaseException:
        checkpoints.close()
        raise


def _nothing_to_resume(run: Path) -> InputError:
    """What is wrong with a folder without a state: a finished run has left none but its model."""
    model = run / MODEL_FILE
    if not model.is_file():
        return InputError(f"{shown_path(run)}: got no saved state; expected the folder of a run that was kept")
    return InputError(
        f"{shown_path(run)}: got a run that is finished; expected one that was stopped",
        hint=f"its model is Sequential.load({str(model)!r})",
    )


def _rows(run: Path, plan: RunSpec) -> Dataset:
    """The table the run was begun on."""
    path = run / JOB
    try:
        job = json.loads(read_file(path, MAX_BYTES, InputError))
        table = Path(job["train"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(
            f"{shown_path(path)}: got no word of a table; expected where its rows are", hint="resume(run, (x, y))"
        ) from None
    return read_table(table, plan.data.table_format()).dataset()
