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
from functools import partial
from typing import Literal, NoReturn, Self, TypeAlias, final

from framework.chain import every_layer
from framework.data.batches import Batch
from framework.errors import EnvironmentFault
from framework.held_back import held_back
from framework.sharing.inputs import Samples
from framework.sharing.meeting import ALONE, NAP, Meeting, Over, common_integers, common_numbers
from framework.sharing.rows import has_work_enough, row_shares
from framework.sharing.share import Share
from framework.sharing.units import has_units_enough, unit_shares
from framework.stepper import NotFinite
from framework.task import Task
from framework.threads import usable_cores

FAREWELL = 2.0
"""Seconds a process has for ending by itself."""
if sys.platform != "win32":
    SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
NEVER = -1
"""As the number of steps a rank has made: it has met what is not finite, and makes no more."""

NextStep: TypeAlias = tuple[Batch, int]
"""A batch, and the index of its step."""
Sharing: TypeAlias = Literal["none", "units", "rows"]
"""How a training is shared out."""


def sharing_of(task: Task, ranks: int) -> Sharing:
    """How so many processes would share it out; "none" if they cannot, or it would not be worth it.

    Needs a core for each, as they wait for one another by looking; fork; memory that keeps the order of writes (see
    Meeting); and layers, a loss and an optimizer that hide nothing: those of this framework, as one of somebody's own
    may note what it sees, and would do so in a process that nobody asks.
    """
    parts = (task.loss, task.optimizer, *(layer for _, layer in every_layer(task.model.layers)))
    possible = (
        1 < ranks <= usable_cores()
        and sys.platform == "linux"
        and platform.machine() == "x86_64"
        and len(task.model.output_shape) == 1
        and all(type(part).__module__.startswith("framework.") for part in parts)
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
        self._make_shares = partial(unit_shares, Samples(task.data.x)) if sharing == "units" else row_shares
        self._ranks = ranks
        self._meeting = Meeting(ranks)
        self._shares: list[Share] = []
        self._others: dict[int, int] = {}
        """The processes of the other ranks, while there are any."""
        self._home = os.getpid()
        self._inside: Literal["", "gradient", "update"] = ""
        """Which half of a step this rank is in the middle of."""
        self._failure: NotFinite | EnvironmentFault | None = None
        """Why one of the others has come to its end before the training has."""
        self._settled = ""
        """All that is not numbers when they were copied back, if no step has been made since."""
        self._rates = common_numbers(2)
        """Of a step and the one before, in turn; rank 0 is never further ahead."""
        self._made = common_integers(ranks)
        """The index of each rank's next step, or NEVER."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """What was learnt is kept, unless a step has been made by halves: then model and optimizer are as they were
        settled last. In a copy of this process, which a script may have forked, nothing is done.
        """
        if os.getpid() != self._home:
            return
        with held_back():
            try:
                if not self._inside or (self._inside == "gradient" and self._all_stop()):
                    with suppress(NotFinite, EnvironmentFault):
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
            self._start(index)
        self._inside = "gradient"
        self._rates[index % 2] = rate
        update = self._shares[0].update
        try:
            found = update.find_gradient(batch, index)
        except NotFinite as error:
            if not error.late and self._all_stop(NEVER):
                self._inside = ""
                self.settle()
            raise
        self._inside = "update"
        update.go(rate, index)
        self._made[0] = index + 1
        self._inside = ""
        return found

    def settle(self) -> None:
        """Let model and optimizer be those after the last step. Raises NotFinite, late, where it was not one."""
        if not self._shares or self._settled:
            return
        for rank in self._others:
            while self._made[rank] != self._made[0]:
                self._check_on(rank)
                os.sched_yield()
        for share in self._shares:
            share.give()
        self.task.optimizer.steps = self._shares[0].update.optimizer.steps
        self._settled = self._all_but_numbers()

    def _all_stop(self, *others: int) -> bool:
        """Whether no other rank makes the step this one is in either, and so all have the numbers before it.

        `others` are numbers of steps made that say so as well.
        """
        here, made = self._made[0], self._made
        while any(0 <= made[rank] <= here and not self._meeting.is_waiting(rank) for rank in self._others):
            if any(made[rank] not in others and _exit_code(end) is not None for rank, end in self._others.items()):
                return False
            os.sched_yield()
        if any(made[rank] not in (here, *others) for rank in self._others):
            return False
        for rank in self._others:
            made[rank] = here
        return True

    def _all_but_numbers(self) -> str:
        task = self.task
        return repr((task.model, task.loss, task.optimizer, task.augmentation))

    def _notice_changes(self) -> None:
        """If somebody has changed weights, slots or any setting since `settle`, begin anew with them."""
        if self._all_but_numbers() != self._settled or not all(share.is_as_given() for share in self._shares):
            self._stop()
        self._settled = ""

    def _start(self, index: int) -> None:
        self._home = os.getpid()
        self._meeting = Meeting(self._ranks)
        self._meeting.watch = self._look_after
        for rank in range(self._ranks):
            self._made[rank] = index
        shares = self._make_shares(self.task, self._meeting)
        with held_back():
            before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # of the processes that come now
            try:
                for rank in range(1, self._ranks):
                    process = _fork()
                    if not process:
                        self._work(rank, shares[rank])
                    self._others[rank] = process
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._shares = shares

    def _work(self, rank: int, share: Share) -> NoReturn:
        """The life of another process."""
        code = 1
        try:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)  # the first process decides
            _close_files()  # a folder's lock is its as well

            def watch() -> None:
                if os.getppid() != self._home:
                    raise Over

            self._meeting.rank, self._meeting.watch = rank, watch
            for batch, index in self.upcoming():
                try:
                    share.update.find_gradient(batch, index)
                except NotFinite:
                    self._made[rank] = NEVER
                    break
                share.update.go(self._rates[index % 2], index)
                self._made[rank] = index + 1
            code = 0
        except Over:
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def _look_after(self) -> None:
        """Raise where another rank has come to an end, each time anew: nobody will ever meet it again."""
        for rank in self._others:
            self._check_on(rank, inside=True)

    def _check_on(self, rank: int, *, inside: bool = False) -> None:
        """Raise where it has come to an end before the training has; `inside` a step even if it has made as many."""
        code = _exit_code(self._others[rank]) if self._failure is None else None
        if code is not None and (inside or self._made[rank] != self._made[0]):
            if self._made[rank] == NEVER:
                self._failure = NotFinite("a gradient is not finite")
                self._failure.late = True
            else:
                what = f"a process of the training ended with {code}; expected it to go on"
                self._failure = EnvironmentFault(what, hint=ALONE)
        if self._failure is not None:
            raise self._failure

    def _stop(self) -> None:
        others = self._others
        self._shares, self._others, self._failure, self._settled, self._inside = [], {}, None, "", ""
        self._meeting.end()
        patience = time.monotonic() + FAREWELL
        for process in others.values():
            while _exit_code(process) is None:
                if time.monotonic() > patience:
                    os.kill(process, signal.SIGKILL)
                time.sleep(NAP)


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


def _close_files() -> None:
    """All but those of the terminal. Not by number: a process may be allowed a billion of them."""
    for number in map(int, os.listdir("/proc/self/fd")):
        if number > 2:
            with suppress(OSError):  # the one that lists them is gone
                os.close(number)


def _exit_code(process: int) -> int | None:
    """How it has ended; None while it has not. -1 where the system, asked to by somebody, does not keep it for us."""
    try:
        ended, status = os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        return -1
    return os.waitstatus_to_exitcode(status) if ended else None
