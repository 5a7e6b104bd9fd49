"""Ranks: the processes of a training whose hidden layer is shared out, and the steps they make together."""

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

from framework.data.batches import Batch
from framework.errors import EnvironmentFault
from framework.gradients import part_rows
from framework.losses import Loss
from framework.optimizers import Optimizer
from framework.optimizers.base import Elementwise
from framework.sequential import Sequential
from framework.settings import TrainingSettings
from framework.sharing.cut import LEAST_UNITS, Share, anatomy
from framework.sharing.sums import NAP, Over, Sums
from framework.stepper import NotFinite, Stepper

FAREWELL = 2.0
"""Seconds a process has for ending by itself."""
NOT_FINITE = 4
"""Its exit code where a gradient was not finite."""

NextStep = tuple[Batch, int, float]
"""A batch, the index of its step, and the learning rate."""


def can_share(model: Sequential, optimizer: Optimizer, settings: TrainingSettings, *, rows: int, ranks: int) -> bool:
    """Whether so many processes could train `model` on batches of up to `rows` rows.

    Nothing may need the whole gradient or the whole of a unit's weights. Needs fork, and memory that keeps the order of
    writes (see Sums).
    """
    parts = anatomy(model)
    return (
        ranks > 1
        and parts is not None
        and parts.hidden.out_features >= ranks * LEAST_UNITS
        and len(model.output_shape) == 1
        and rows <= part_rows(model)
        and isinstance(optimizer, Elementwise)
        and settings.clip_norm is None
        and settings.max_norm is None
        and settings.average is None
        and sys.platform == "linux"
        and platform.machine() == "x86_64"
    )


@final
class Ranks:
    """Steps of several processes, one core each. This one is rank 0; the others follow `upcoming` by themselves.

    Between steps the numbers are with the ranks; after `settle` model and optimizer have them again.
    """

    blas_threads = 1

    def __init__(
        self,
        model: Sequential,
        loss: Loss,
        optimizer: Optimizer,
        settings: TrainingSettings,
        *,
        rows: int,
        ranks: int,
        upcoming: Callable[[], Iterable[NextStep]],
    ) -> None:
        """For batches of up to `rows` rows. `upcoming` gives all steps from now on, the same ones in every process."""
        self.model, self.loss, self.optimizer, self.settings = model, loss, optimizer, settings
        self.rows, self.ranks, self.upcoming = rows, ranks, upcoming
        self._sums = Sums(ranks, (rows, *model.output_shape), model.dtype)
        self._shares: list[Share] = []
        self._steppers: list[Stepper] = []
        self._others: list[int] = []
        """The processes of the other ranks, while there are any."""
        self._settled = ""
        """The optimizer as it was when the weights were copied back, if no step has been made since."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def __call__(self, batch: Batch, index: int, rate: float) -> tuple[float, int]:
        """As Stepper's; where another rank's gradient is not finite, it is raised at the step after."""
        if self._settled:
            self._notice_changes()
        if not self._others:
            self._start()
        return self._steppers[0](batch, index, rate)

    def settle(self, *, weights_only: bool = False) -> None:
        """Let model and optimizer be those after the last step, or only the model's weights, which takes less time."""
        if not self._others:
            return
        if not self._settled:
            with suppress(NotFinite):
                self._sums.wait_for_next()
            for share in self._shares:
                share.give_weights()
            self.optimizer.steps = self._shares[0].optimizer.steps
            self._settled = repr(self.optimizer)
        if not weights_only:
            for share in self._shares:
                share.give_rest()

    def _notice_changes(self) -> None:
        """If somebody has changed the weights or the optimizer since `settle`, begin anew with them."""
        changed = any(not share.has_weights() for share in self._shares)
        if changed or repr(self.optimizer) != self._settled:
            for share in self._shares:
                share.give_rest()
            self._stop()
        self._settled = ""

    def _start(self) -> None:
        self._sums.begin()
        self._sums.watch = self._look_after
        self._shares = [Share(self.model, self.optimizer, self._sums, rank) for rank in range(self.ranks)]
        self._steppers = [
            Stepper(
                share.model,
                self.loss,
                share.optimizer,
                self.settings,
                rows=self.rows,
                threads=1,
                total=self._sums.total,
            )
            for share in self._shares
        ]
        for rank in range(1, self.ranks):
            here = os.getpid()
            with warnings.catch_warnings():
                # Python warns that another thread may hold a lock for ever; what runs here takes none of theirs
                warnings.simplefilter("ignore", DeprecationWarning)
                process = os.fork()
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

            self._sums.rank, self._sums.watch = rank, watch
            for batch, index, rate in self.upcoming():
                self._steppers[rank](batch, index, rate)
            self._sums.leave()
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
        """Raise where another rank has come to an end: nobody would ever meet it again."""
        for process in self._others:
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                self._others.remove(process)
                code = os.waitstatus_to_exitcode(status)
                if code == NOT_FINITE:
                    raise NotFinite("a gradient is not finite")
                raise EnvironmentFault(
                    f"a process of the training ended with {code}; expected it to go on",
                    hint="threads=1 needs only one",
                )

    def _stop(self) -> None:
        self._sums.end()
        patience = time.monotonic() + FAREWELL
        for process in self._others:
            while not os.waitpid(process, os.WNOHANG)[0]:
                if time.monotonic() > patience:
                    os.kill(process, signal.SIGKILL)
                time.sleep(NAP)
        self._others.clear()
        self._settled = ""
