"""Ranks: the processes of a training that is shared out, and the steps they make together."""

import mmap
import os
import platform
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Literal, NoReturn, Self, TypeAlias, final

from framework.chain import every_layer
from framework.data.batches import Batch
from framework.errors import EnvironmentFault
from framework.sharing.meeting import NAP, Meeting, Over
from framework.sharing.rows import has_work_enough, row_shares
from framework.sharing.share import Share
from framework.sharing.units import has_units_enough, unit_shares
from framework.stepper import NotFinite
from framework.task import Task
from framework.threads import usable_cores

FAREWELL = 2.0
"""Seconds a process has for ending by itself."""
ALONE = "threads=1 needs only one"
if sys.platform != "win32":
    SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

NextStep: TypeAlias = tuple[Batch, int]
"""A batch, and the index of its step."""
Sharing: TypeAlias = Literal["none", "units", "rows"]
"""How a training is shared out."""


def sharing_of(task: Task, ranks: int) -> Sharing:
    """How so many processes would share it out; "none" if they cannot, or it would not be worth it.

    Needs a core for each, as they wait for one another by looking; fork; memory that keeps the order of writes (see
    Meeting); and layers that hide nothing: those of this framework, as one of somebody's own may note what it sees, and
    would do so in a process that nobody asks.
    """
    possible = (
        1 < ranks <= usable_cores()
        and sys.platform == "linux"
        and platform.machine() == "x86_64"
        and len(task.model.output_shape) == 1
        and all(type(layer).__module__.startswith("framework.") for _, layer in every_layer(task.model.layers))
    )
    if possible and has_units_enough(task, ranks):
        return "units"
    return "rows" if possible and has_work_enough(task, ranks) else "none"


@final
class Ranks:
    """The steps of a training that several processes make, one core each.

    This one is rank 0; the others follow `upcoming` by themselves, and go by its learning rate. Between steps the
    numbers are with the ranks; after `settle` model and optimizer have them again.
    """

    blas_threads = 1

    def __init__(self, task: Task, sharing: Sharing, ranks: int, upcoming: Callable[[], Iterable[NextStep]]) -> None:
        """`upcoming` gives all steps from now on, the same ones in every process, their batches not yet augmented."""
        self.task, self.upcoming = task, upcoming
        self._make_shares = unit_shares if sharing == "units" else row_shares
        self._ranks = ranks
        self._meeting = Meeting(ranks)
        self._shares: list[Share] = []
        self._others: list[int] = []
        """The processes of the other ranks, while there are any."""
        self._failure: NotFinite | EnvironmentFault | None = None
        """Why one of them has come to its end before the training has."""
        self._settled = ""
        """The optimizer as it was when the numbers were copied back, if no step has been made since."""
        self._rates = memoryview(mmap.mmap(-1, 2 * 8)).cast("d")
        """Of a step and the one before, in turn; rank 0 is never further ahead."""
        self._failures = memoryview(mmap.mmap(-1, ranks * 8)).cast("q")
        """Of each rank the number, from 1, of the step in which it has met what is not finite; else 0."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """However it ended, what was learnt is kept, if all ranks are still there."""
        try:
            if len(self._others) == self._ranks - 1:
                with suppress(Over, NotFinite, EnvironmentFault):
                    self.settle()
        finally:
            self._stop()

    def __call__(self, batch: Batch, index: int, rate: float) -> tuple[float, int]:
        """As Update's; where only another rank's gradient is not finite, at the step after, or in settling.

        The weights are those before the step, or if some rank has made its update those of the last settling.
        """
        if self._settled:
            self._notice_changes()
        if not self._shares:
            self._start()
        self._rates[index % 2] = rate
        try:
            return self._shares[0].update(batch, index, rate)
        except NotFinite:
            if self._nobody_has_made(index):
                self._copy_back()
            self._stop()
            raise

    def settle(self) -> None:
        """Let model and optimizer be those after the last step. Raises NotFinite, late, where it was not one."""
        if not self._shares or self._settled:
            return
        try:
            self._meeting.wait_for_next()
        except NotFinite:
            self._stop()
            raise
        self._copy_back()
        self._settled = repr(self.task.optimizer)

    def _copy_back(self) -> None:
        for share in self._shares:
            share.give()
        self.task.optimizer.steps = self._shares[0].update.optimizer.steps

    def _nobody_has_made(self, index: int) -> bool:
        """Whether all other ranks have stopped at this step, as this one has; waits until that is known."""
        if self._failure is not None:
            return False
        for rank, process in enumerate(self._others, start=1):
            while not self._failures[rank] and not self._meeting.has_left_behind(rank) and _exit_code(process) is None:
                time.sleep(NAP)
        return all(self._failures[rank] == index + 1 for rank in range(1, self._ranks))

    def _notice_changes(self) -> None:
        """If somebody has changed weights, slots or the optimizer since `settle`, begin anew with them."""
        if repr(self.task.optimizer) != self._settled or not all(share.is_as_given() for share in self._shares):
            self._stop()
        self._settled = ""

    def _start(self) -> None:
        self._meeting = Meeting(self._ranks)
        self._meeting.watch = self._look_after
        self._shares = self._make_shares(self.task, self._meeting)
        here = os.getpid()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # Ctrl-C reaches this process or none
        try:
            for rank in range(1, self._ranks):
                process = _fork()
                if not process:
                    self._work(rank, parent=here)
                self._others.append(process)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _work(self, rank: int, parent: int) -> NoReturn:
        """The life of another process."""
        code = 1
        try:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)  # the first process decides
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # a folder's lock is its as well

            def watch() -> None:
                if os.getppid() != parent:
                    raise Over

            self._meeting.rank, self._meeting.watch = rank, watch
            update = self._shares[rank].update
            for batch, index in self.upcoming():
                try:
                    update.find_gradient(batch, index)
                except NotFinite:
                    self._failures[rank] = index + 1
                    break
                update.go(self._rates[index % 2], index)
            else:
                self._meeting.leave()
            code = 0
        except Over:
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def _look_after(self) -> None:
        """Raise where another rank has come to an end, each time anew: nobody will ever meet it again."""
        for process in self._others:
            code = _exit_code(process)
            if code is not None:
                self._others.remove(process)
                if any(self._failures):
                    self._failure = NotFinite("a gradient is not finite")
                    self._failure.late = True
                else:
                    what = f"a process of the training ended with {code}; expected it to go on"
                    self._failure = EnvironmentFault(what, hint=ALONE)
                break
        if self._failure is not None:
            raise self._failure

    def _stop(self) -> None:
        self._meeting.end()
        patience = time.monotonic() + FAREWELL
        for process in self._others:
            while _exit_code(process) is None:
                if time.monotonic() > patience:
                    os.kill(process, signal.SIGKILL)
                time.sleep(NAP)
        self._shares, self._others, self._failure, self._settled = [], [], None, ""
        for rank in range(self._ranks):
            self._failures[rank] = 0


def _fork() -> int:
    """os.fork. Raises EnvironmentFault where the machine allows no more processes."""
    with warnings.catch_warnings():
        # Python warns that another thread may hold a lock for ever; what runs here takes none of theirs
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return os.fork()
        except OSError as error:
            reason = error.strerror or error
            raise EnvironmentFault(f"a process cannot be started: {reason}", hint=ALONE) from error


def _exit_code(process: int) -> int | None:
    """How it has ended; None while it has not. -1 where the system, asked to by somebody, does not keep it for us."""
    try:
        ended, status = os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        return -1
    return os.waitstatus_to_exitcode(status) if ended else None
