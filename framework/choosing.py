"""Who makes the steps of a training, this process or several, and how many threads or processes are fastest here."""

import copy
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from itertools import repeat

from framework.data.batches import Batch
from framework.gradients import part_rows
from framework.losses import Loss
from framework.optimizers import Optimizer
from framework.sequential import Sequential
from framework.settings import TrainingSettings
from framework.sharing.ranks import NextStep, Ranks, can_share
from framework.stepper import Stepper
from framework.threads import blas_threads, fastest_thread_count, usable_cores


def step_maker(
    model: Sequential,
    loss: Loss,
    optimizer: Optimizer,
    settings: TrainingSettings,
    *,
    rows: int,
    threads: int,
    upcoming: Callable[[], Iterable[NextStep]] | None,
) -> Stepper | Ranks:
    """So many processes where the network can be shared out among them, else this one with so many threads.

    Several need `upcoming`, all steps from the next one on; None where nobody but this process can know them.
    """
    if upcoming is not None and can_share(model, optimizer, settings, rows=rows, ranks=threads):
        return Ranks(model, loss, optimizer, settings, rows=rows, ranks=threads, upcoming=upcoming)
    return Stepper(model, loss, optimizer, settings, rows=rows, threads=threads)


def fastest_threads(
    model: Sequential, loss: Loss, optimizer: Optimizer, settings: TrainingSettings, batch: Batch, *, augmented: bool
) -> int:
    """How many make a step on this batch fastest, measured on copies. `augmented`: a thread makes the next batches."""
    most = usable_cores() * part_rows(model)  # of a large batch as much as keeps all workers busy
    step = (Batch(batch.x[:most], batch.y[:most]), 0, 0.0)
    rows = len(step[0].x)
    with ExitStack() as stack:

        def trial(threads: int) -> Callable[[], None]:
            # copies, because a training step moves the buffers, which a replica shares
            twin, rule = copy.deepcopy(model), copy.deepcopy(optimizer)
            rule.begin(twin.parameters)
            upcoming = None if augmented else (lambda: repeat(step))
            make = step_maker(twin, loss, rule, settings, rows=rows, threads=threads, upcoming=upcoming)
            stack.enter_context(make)

            def run() -> None:
                with blas_threads(make.blas_threads):
                    make(*step)

            return run

        # A thread that augments keeps a core busy; matrix products that wait for one crawl. Workers may share it.
        taken = augmented and rows <= part_rows(model)
        return fastest_thread_count(trial, most=max(1, usable_cores() - taken))
