"""A training kept in a folder while it runs: the latest state, the one before it, and the best model, one file each.

Whoever kills the process, fills the disk or pulls the plug finds the last state, or else the one before it, complete.
"""

import json
import os
import stat
import time
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self, final

from framework.arguments import real_number, whole_number
from framework.errors import (
    ChalknetError,
    EnvironmentFault,
    InputError,
    ModelFileError,
    SpecError,
    printable,
    quoted,
    shown_path,
)
from framework.files import DIGITS, TEMPORARY, publish, read_file
from framework.saving.container import CHECKPOINT, pack, unpack
from framework.saving.identity import difference, fingerprint
from framework.saving.lock import Lock
from framework.saving.model_file import model_bytes
from framework.saving.progress import Progress, best_weights, check_arrays, restore, tensors_of
from framework.settings import MAX_THREADS
from framework.sharing.ranks import Sharing
from framework.specs.complaints import Json, shown
from framework.specs.extra import Extra
from framework.specs.reading import parse_plan
from framework.specs.run import PartsSpec, PlanSpec
from framework.threads import arithmetic, usable_cores
from framework.training import Training
from framework.types import Array

LATEST, PREVIOUS, BEST = "latest.safetensors", "previous.safetensors", "best.safetensors"
SECONDS = 10.0
WITHIN_AN_EPOCH = 6
"""Inside a long epoch a state is saved after this many times the seconds between two saves at the ends of epochs."""


@final
class Checkpoints:
    """Saves a training to `folder` as it goes: after an epoch, if `seconds` have passed since the last time, and inside
    an epoch after six times as many; with `every` also after each so many steps.

        fit(model, data, checkpoints=Checkpoints("runs/mine"))

    The folder is locked from now until the training ends or is broken off, or until `close`. With `resume` a training
    of the same parts, data and seed goes on from what the folder holds, to the same bits; where nothing is there yet it
    starts from the beginning. `extra` names the specs of parts of your own. `accept_drift` goes on although another
    NumPy, BLAS or processor, or fewer cores, round otherwise. Raises InputError where the folder holds a run already or
    another one, ModelFileError where every state in it is damaged, EnvironmentFault where it is in use or not writable.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        resume: bool = False,
        seconds: float = SECONDS,
        every: int | None = None,
        extra: Extra = (),
        accept_drift: bool = False,
    ) -> None:
        self.folder = Path(folder)
        self.seconds = real_number("seconds", seconds, "a number of 0 or more", fits=lambda number: number >= 0)
        self.every = None if every is None else whole_number("every", every, otherwise=" or None, by the clock")
        self.extra = extra
        self.accept_drift = accept_drift
        self.plan: PartsSpec | None = None
        """What the training is made of, if somebody knows more of it than its objects say, such as the columns."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise InputError(f"{shown_path(self.folder)}: got a file; expected a folder") from None
        except OSError as error:
            raise EnvironmentFault(f"{shown_path(self.folder)}: cannot be made: {error.strerror or error}") from error
        self._lock: Lock | None = Lock(self.folder)
        self._holders = 0
        self._training: Training | None = None
        self._saved_at = time.perf_counter()
        self._best_epoch: int | None = None
        self._latest_is_good = os.path.lexists(self.folder / LATEST)
        try:
            self._remove_temporary()
            if not resume and any(os.path.lexists(self.folder / name) for name in (LATEST, PREVIOUS)):
                raise InputError(
                    f"{shown_path(self.folder)}: got a folder that holds a run; expected a new one",
                    hint="resume=True goes on with it",
                )
            self._found = self._find()
        except BaseException:
            self.close()
            raise

    @property
    def stored_plan(self) -> PartsSpec | None:
        """What the run in the folder is made of; None where there is none yet."""
        return None if self._found is None else self._found.plan

    def attach(self, training: Training) -> None:
        """Save `training` from now on, which is where the folder says it was. Called by Training itself."""
        if self._training is not None:
            raise InputError("checkpoints: got those of another training; expected new ones")
        self._training = training
        self.plan = self.plan or PlanSpec.of(training, extra=self.extra)
        self._plan_tree = self.plan.model_dump(mode="json")
        self._data = fingerprint(training)
        if self._found is not None:
            training.threads = self._found.threads
            try:
                self._found.check(self.plan, self._data, training.sharing, accept_drift=self.accept_drift)
                restore(training, self._found.progress, self._found.tensors, self._found.path)
            except ChalknetError:
                self.close()  # whoever tries again, with other rows say, is not to be told that it is in use
                raise
            self._found = None  # its arrays are in the training now

    def after_step(self) -> None:
        """Save, if so many steps have passed, or so many seconds inside one epoch."""
        step = self._attached.state.step
        due = time.perf_counter() - self._saved_at >= WITHIN_AN_EPOCH * self.seconds
        if due or (self.every is not None and step % self.every == 0):
            self.save()

    def after_epoch(self) -> None:
        """Save, if enough seconds have passed, or if it was the last."""
        training = self._attached
        last = training.state.epoch == training.settings.epochs or training.history.stopped_early
        if last or time.perf_counter() - self._saved_at >= self.seconds:
            self.save()

    def save(self) -> None:
        """Publish the state as it is. Raises Diverged, and leaves what is there, where a number is not finite."""
        training = self._attached
        training.begin()
        training.settle()
        training.check_finite()
        path = self.folder / LATEST
        content = pack(CHECKPOINT, self._text(training), tensors_of(training))
        self._save_best(training)
        publish(path, content, keep=self.folder / PREVIOUS if self._latest_is_good else None)
        self._latest_is_good = True
        self._saved_at = time.perf_counter()

    def clear(self) -> None:
        """Remove what was saved: the run is over, and its result stands elsewhere."""
        for name in (PREVIOUS, LATEST, BEST):
            (self.folder / name).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        """Hold the folder until the matching end; such blocks may be nested."""
        if self._lock is None:
            self._lock = Lock(self.folder)
        self._holders += 1
        return self

    def __exit__(self, *error: object) -> None:
        self._holders -= 1
        if not self._holders:
            self.close()

    def close(self) -> None:
        """Let the folder go. Whoever iterates the training anew takes it again."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @property
    def _attached(self) -> Training:
        if self._training is None:
            raise InputError("checkpoints: got no training to save; hand them to one: Training(..., checkpoints=...)")
        return self._training

    def _text(self, training: Training) -> dict[str, Json]:
        return {
            "plan": self._plan_tree,
            "data": self._data,
            "threads": training.threads,
            "sharing": training.sharing,
            "arithmetic": arithmetic(),
            "progress": Progress.of(training).model_dump(mode="json"),
        }

    def _save_best(self, training: Training) -> None:
        best, weights = training.history.best, best_weights(training)
        if best is None or weights is None or best.epoch == self._best_epoch:
            return
        path, kind = self.folder / BEST, training.best_weights_are
        publish(path, model_bytes(training.model, weights, kind, path, extra=self.extra))
        self._best_epoch = best.epoch

    def _find(self) -> "Found | None":
        """The latest state, or where it is damaged the one before it, with a warning that says so."""
        problem: ModelFileError | None = None
        for path in (self.folder / LATEST, self.folder / PREVIOUS):
            try:
                found = Found.read(path, self.extra) if os.path.lexists(path) else None
            except ModelFileError as error:
                if problem is not None:
                    raise ModelFileError(str(problem), hint=f"nor can the one before it be read: {error}") from None
                problem = error
                self._latest_is_good = False
                continue
            if found is not None:
                if problem is not None:
                    warnings.warn(f"{problem}; going on from {shown_path(path)}, the state before it", stacklevel=2)
                return found
        if problem is not None:
            raise problem
        return None

    def _remove_temporary(self) -> None:
        """What a killed process has left of a file it was writing."""
        for path in self.folder.glob(f"{TEMPORARY}{'[0-9a-f]' * DIGITS}"):
            with suppress(OSError):
                path.unlink()


@final
@dataclass(frozen=True)
class Found:
    """A state as it lies in a file, whole, but not yet held against a training."""

    path: Path
    plan: PartsSpec
    data: str
    threads: int
    sharing: str
    arithmetic: str
    progress: Progress
    tensors: Mapping[str, Array]

    @classmethod
    def read(cls, path: Path, extra: Extra) -> "Found":
        """Raises ModelFileError for anything but a checkpoint without a fault in it."""
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise ModelFileError(f"{shown_path(path)}: got no plain file; expected a checkpoint")
        return cls.of(read_file(path, CHECKPOINT.max_bytes, ModelFileError), path, extra)

    @classmethod
    def of(cls, content: bytes, path: Path, extra: Extra) -> "Found":
        """As `read`, from the bytes of the file; `path` is for messages."""
        text, tensors = unpack(CHECKPOINT, content, path)
        place = shown_path(path)
        try:
            plan = parse_plan(json.dumps(text.pop("plan", None)), source=f"{place}: plan", extra=extra)
        except SpecError as error:
            raise ModelFileError(str(error), hint=error.hint) from None
        kinds = {"data": str, "threads": int, "sharing": str, "arithmetic": str, "progress": dict}
        for name in sorted(text.keys() | kinds.keys()):
            if name not in kinds or type(text.get(name)) is not kinds[name]:
                expected = f"a JSON {kinds[name].__name__}" if name in kinds else f"plan and {', '.join(kinds)} only"
                raise ModelFileError(f"{place}: {printable(name)}: got {shown(text.get(name))}; expected {expected}")
        if not 1 <= text["threads"] <= MAX_THREADS:
            raise ModelFileError(f"{place}: threads: got {text['threads']}; expected 1 to {MAX_THREADS}")
        progress = Progress.read(text.pop("progress"), path)
        check_arrays(plan, progress, tensors, path)
        return cls(path, plan, progress=progress, tensors=tensors, **text)

    def check(self, plan: PartsSpec, data: str, sharing: Sharing, *, accept_drift: bool) -> None:
        """Raise InputError unless the run in the file is the one with this plan and data, and would go on as it was."""
        place = shown_path(self.path)
        stored, given = (spec.model_dump(mode="json") for spec in (self.plan, plan))
        if changed := difference(stored, given):
            pointer, was, now = changed
            raise InputError(
                f"{place}: {pointer}: got {quoted(json.dumps(now))} now, and {quoted(json.dumps(was))} when the run "
                "began; expected the same",
                hint="put it back; a changed run is a new one, in another folder",
            )
        if self.data != data:
            raise InputError(
                f"{place}: data: got rows with the SHA-256 {data} now, and {self.data} when the run began; "
                "expected the same rows",
                hint="rows that were held out are data of their own, and the split has a seed",
            )
        accepted = "--accept-drift, or Checkpoints(..., accept_drift=True), goes on all the same"
        if self.sharing != sharing and not accept_drift:
            few = f"{self.threads} of them need as many cores, here are {usable_cores()}; " if sharing == "none" else ""
            raise InputError(
                f"{place}: sharing: got {quoted(sharing)} now, and {quoted(self.sharing)} before; expected the same",
                hint=f"processes round and draw otherwise than one; {few}{accepted}",
            )
        here = arithmetic()
        if self.arithmetic != here and not accept_drift:
            raise InputError(
                f"{place}: got {quoted(here, 400)} now, and {quoted(self.arithmetic, 400)} when the run began; "
                "expected the same, as another one rounds otherwise",
                hint=accepted,
            )
