"""The environment in which a process is measured: a number of threads that every library obeys."""

import os

COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


def environment(threads: int | None = None, **more: str) -> dict[str, str]:
    """Ours, with `more`, and with `threads` threads for NumPy, PyTorch, scikit-learn and XLA; None leaves it to them.

    Python may keep bytecode, as it does for whoever has installed a library.
    """
    own = {name: value for name, value in os.environ.items() if name != NO_BYTECODE}
    if threads is None:
        return own | more
    one = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "NPROC": "1"} if threads == 1 else {}
    return own | dict.fromkeys(COUNTS, str(threads)) | one | more
