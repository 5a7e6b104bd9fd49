"""Who makes the steps of a training, this process or several, and how many threads or processes are fastest here."""

import copy
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from framework.data.augmentation import Augmentation
from framework.data.batches import Batches
from framework.data.dataset import Dataset
from framework.data.feed import Feed
from framework.gradients import part_rows
from framework.sharing.ranks import NextStep, Ranks, Sharing, sharing_of
from framework.stepper import Stepper
from framework.task import Task
from framework.threads import blas_threads, fastest_thread_count, usable_cores


def step_maker(
    task: Task, sharing: Sharing, threads: int, upcoming: Callable[[], Iterable[NextStep]]
) -> Stepper | Ranks:
    """So many processes where the training is shared out among them, else this one with so many threads.

    `upcoming` gives all steps from the next one on, their batches not yet augmented: only processes ask for it.
    """
    return Stepper(task, threads) if sharing == "none" else Ranks(task, sharing, threads, upcoming)


def feed_for(maker: Stepper | Ranks, batches: Batches, augmentation: Augmentation | None, threads: int) -> Feed:
    """The batches as `maker` wants them: ranks augment them themselves.

    A thread that augments wants a core of its own: matrix products that wait for one crawl.
    """
    if isinstance(maker, Ranks):
        return Feed(batches, None)
    return Feed(batches, augmentation, ahead=threads < usable_cores())


def fastest_threads(task: Task) -> int:
    """How many make a step fastest, augmentation included, measured on copies, as in a training of one epoch."""
    task = task._replace(settings=replace(task.settings, epochs=1))
    data = task.data
    most = usable_cores() * part_rows(task.model)  # of a large batch as much as keeps all workers busy
    if task.rows > most:
        data = Dataset(data.x[:most], data.y[:most])
        task = task._replace(data=data, rows=most)
    order = np.arange(len(data))
    with ExitStack() as stack:
        stack.enter_context(blas_threads(1))  # or its threads are started anew, and in the way of what is measured

        def trial(threads: int) -> Callable[[], None]:
            # copies, because a training step moves the buffers, which a replica shares
            model, rule = copy.deepcopy(task.model), copy.deepcopy(task.optimizer)
            rule.begin(model.parameters)
            batches = Batches(data, task.rows, seed=task.settings.seed)

            def steps(feed: Feed) -> Iterator[NextStep]:
                while True:
                    yield from ((batch, 0) for batch in feed.epoch(order, 0))

            own = task._replace(model=model, optimizer=rule)
            maker = step_maker(own, sharing_of(own, threads), threads, lambda: steps(Feed(batches, None)))
            stack.enter_context(maker)
            coming = steps(stack.enter_context(feed_for(maker, batches, task.augmentation, threads)))

            def run() -> None:
                with blas_threads(maker.blas_threads):
                    maker(*next(coming), rate=0.0)

            return run

        return fastest_thread_count(trial, most=usable_cores())
