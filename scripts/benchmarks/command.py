"""A command from its start to its end: how long it took, and how much memory."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from framework.errors import EnvironmentFault
from scripts.benchmarks import launcher
from scripts.benchmarks.group import end, last_line


@final
@dataclass(frozen=True)
class Finished:
    """Seconds from start to end; `largest` is the peak RSS of the largest process of the command, as the system counts
    it, `together` the peak of all its processes, if it was sampled. In units of 10⁶ bytes, None where nobody tells.
    """

    seconds: float
    largest: float | None = None
    together: float | None = None


def run_command(name: str, words: Sequence[str], env: Mapping[str, str], *, sampled: bool = False) -> Finished:
    """Run Python with `words`. `sampled` looks at the memory again and again, which costs time.

    Raises EnvironmentFault where the command fails.
    """
    command = [sys.executable, *words]
    if sys.platform != "win32":  # there only time is measured
        command = [sys.executable, "-I", "-S", launcher.__file__, "yes" if sampled else "no", *command]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=env, process_group=0)
        try:
            answer = process.communicate()[0].split()
        except BaseException:  # Ctrl-C does not reach another group
            end(process)
            raise
        finished = Finished(time.perf_counter() - start)
        code = process.returncode
        if sys.platform != "win32" and not code:
            code, finished = _read(answer)
        if code:
            raise EnvironmentFault(f"{name}: ended with {code}: {last_line(errors)}")
    return finished


def _read(answer: Sequence[str]) -> tuple[int, Finished]:
    """What the launcher says."""
    code, seconds, largest, together = answer
    return int(code), Finished(float(seconds), float(largest), None if together == "None" else float(together))
