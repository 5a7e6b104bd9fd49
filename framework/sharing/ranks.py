"""Ranks: the processes of a training that is shared out, and the steps they make together."""

import os
import platform
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NoReturn, Self, final

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
NOT_FINITE = 4
"""Its exit code where a gradient was not finite."""
ALONE = "threads=1 needs only one"

NextStep = tuple[Batch, int, float]
"""A batch, the index of its step, and the learning rate."""


def can_share(task: Task, ranks: int) -> bool:
    """Whether so many processes could train it, and it would be worth it.

    Needs a core for each, as they wait for one another by looking; fork; memory that keeps the order of writes (see
    Meeting); and layers that hide nothing: those of this framework, as one of somebody's own may note what it sees, and
    would do so in a process that nobody asks.
    """
    return (
        1 < ranks <= usable_cores()
        and sys.platform == "linux"
        and platform.machine() == "x86_64"
        and len(task.model.output_shape) == 1
        and all(type(layer).__module__.startswith("framework.") for _, layer in every_layer(task.model.layers))
        and (has_units_enough(task, ranks) or has_work_enough(task, ranks))
    )


@final
class Ranks:
    """The steps of a training that several processes make, one core each.

    This one is rank 0; the others follow `upcoming` by themselves. Between steps the numbers are with the ranks; after
    `settle` model and optimizer have them again.
    """

    blas_threads = 1

    def __init__(self, task: Task, ranks: int, upcoming: Callable[[], Iterable[NextStep]]) -> None:
        """`upcoming` gives all steps from now on, the same ones in every process, their batches not yet augmented."""
        self.task, self.upcoming = task, upcoming
        self._make_shares = unit_shares if has_units_enough(task, ranks) else row_shares
        self._ranks = ranks
        self._meeting = Meeting(ranks)
        self._shares: list[Share] = []
        self._others: list[int] = []
        """The processes of the other ranks, while there are any."""
        self._failure: NotFinite | EnvironmentFault | None = None
        """Why one of them has come to its end before the training has."""
        self._settled = ""
        """The optimizer as it was when the weights were copied back, if no step has been made since."""

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
        """As Update's; where another rank's gradient is not finite, it is raised at the step after."""
        if self._settled:
            self._notice_changes()
        if not self._shares:
            self._start()
        return self._shares[0].update(batch, index, rate)

    def settle(self, *, weights_only: bool = False) -> None:
        """Let model and optimizer be those after the last step, or only the model's weights, which takes less time."""
        if not self._shares:
            return
        if not self._settled:
            with suppress(NotFinite):
                self._meeting.wait_for_next()
            for share in self._shares:
                share.give_weights()
            self.task.optimizer.steps = self._shares[0].update.optimizer.steps
            self._settled = repr(self.task.optimizer)
        if not weights_only:
            for share in self._shares:
                share.give_rest()

    def _notice_changes(self) -> None:
        """If somebody has changed the weights or the optimizer since `settle`, begin anew with them."""
        changed = any(not share.has_weights() for share in self._shares)
        if changed or repr(self.task.optimizer) != self._settled:
            for share in self._shares:
                share.give_rest()
            self._stop()
        self._settled = ""

    def _start(self) -> None:
        self._meeting = Meeting(self._ranks)
        self._meeting.watch = self._look_after
        self._shares = self._make_shares(self.task, self._meeting)
        for rank in range(1, self._ranks):
            here = os.getpid()
            with warnings.catch_warnings():
                # Python warns that another thread may hold a lock for ever; what runs here takes none of theirs
                warnings.simplefilter("ignore", DeprecationWarning)
                try:
                    process = os.fork()
                except OSError as error:
                    reason = error.strerror or error
                    raise EnvironmentFault(f"a process cannot be started: {reason}", hint=ALONE) from error
            if not process:
                self._work(rank, parent=here)
            self._others.append(process)

    def _work(self, rank: int, parent: int) -> NoReturn:
        """The life of another process."""
        code = 1
        try:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # the first process decides
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # a folder's lock is its as well

            def watch() -> None:
                if os.getppid() != parent:
                    raise Over

            self._meeting.rank, self._meeting.watch = rank, watch
            for batch, index, rate in self.upcoming():
                self._shares[rank].update(batch, index, rate)
            self._meeting.leave()
            code = 0
        except Over:
            code = 0
        except NotFinite:
            code = NOT_FINITE
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
                self._failure = NotFinite("a gradient is not finite")
                if code != NOT_FINITE:
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


def _exit_code(process: int) -> int | None:
    """How it has ended; None while it has not. -1 where the system, asked to by somebody, does not keep it for us."""
    try:
        ended, status = os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        return -1
    return os.waitstatus_to_exitcode(status) if ended else None
