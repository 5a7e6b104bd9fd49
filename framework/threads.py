"""How many BLAS threads a training step should use: two can be faster than one, or several times slower.

It depends on the shapes and on what else the machine does, so it is measured, on a few real steps.
"""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

ROUNDS = 5
ROUND_SECONDS = 0.01
MOST_SECONDS = 0.5
MARGIN = 0.1
AVX512 = {"SkylakeX", "Cooperlake", "SapphireRapids"}
"""What OpenBLAS calls its kernels for such processors, AMD's as well."""

_count = 0
"""How many threads BLAS has been allowed; 0 for as many as it likes."""


@cache
def _controller() -> "ThreadpoolController":
    from threadpoolctl import ThreadpoolController  # here and once: it looks through the process for libraries

    return ThreadpoolController()


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Inside, NumPy's matrix products use `count` threads; afterwards what they used before.

    Where they do already, nothing is said to BLAS: after a fork, OpenBLAS would start its threads anew, and these look
    for work for a tenth of a second.
    """
    global _count
    before = _count
    if count == before:
        yield
        return
    with _controller().limit(limits=count, user_api="blas"):
        _count = count
        try:
            yield
        finally:
            _count = before


def spares_small_products() -> bool:
    """Whether BLAS multiplies small matrices in a way of its own here: an OpenBLAS for AVX-512, with one thread."""
    return _count == 1 and _is_openblas_for_avx512()


@cache
def _is_openblas_for_avx512() -> bool:
    return any(
        library["internal_api"] == "openblas" and library["architecture"] in AVX512 for library in _controller().info()
    )


@cache
def arithmetic() -> str:
    """What decides how sums are rounded: this program, NumPy, its BLAS, and the kernels chosen for this processor."""
    from framework import __version__  # here, because it is the whole framework

    libraries = [
        " ".join(str(library.get(key, "")) for key in ("internal_api", "version", "architecture"))
        for library in _controller().info()
        if library["user_api"] == "blas"
    ]
    features = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    program = [f"chalknet {__version__}", f"numpy {np.__version__} {' '.join(features)}".rstrip()]
    return ", ".join([*program, *sorted(libraries), platform.machine()])


def usable_cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def fastest_thread_count(trial: Callable[[int], Callable[[], object]], *, most: int) -> int:
    """1, 2, 4 ... up to `most`: what makes `trial(count)()` fast, by the median of rounds taken in turn.

    More threads must be faster by a margin: on a machine with other work to do they are the first to suffer.

    The first round, in which memory is touched for the first time, counts as one of several, so the median drops it.
    """
    counts = sorted({*(1 << power for power in range(most.bit_length())), most})
    if len(counts) == 1:
        return 1
    trials = {count: trial(count) for count in counts}
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    start = time.perf_counter()
    for number in range(ROUNDS):
        for count in counts:
            seconds[count].append(_seconds_per_call(trials[count]))
        if number >= 2 and time.perf_counter() - start > MOST_SECONDS:
            break
    best = counts[0]
    for count in counts[1:]:
        if statistics.median(seconds[count]) < statistics.median(seconds[best]) * (1 - MARGIN):
            best = count
    return best


def _seconds_per_call(action: Callable[[], object]) -> float:
    start, calls = time.perf_counter(), 0
    while True:
        action()
        calls += 1
        elapsed = time.perf_counter() - start
        if elapsed >= ROUND_SECONDS:
            return elapsed / calls
