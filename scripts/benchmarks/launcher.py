"""Runs a command and says how long it took, and how much memory: a small process between us and what is measured.

    python -I -S launcher.py SAMPLED PROGRAM WORD ...

Linux starts the count of a process's peak memory (ru_maxrss) at what its parent had when it was born; this parent has
as good as nothing. It prints the exit code, the seconds, the peak RSS of the largest process of the command, and that
of all of them together, or None, where SAMPLED is `yes`; memory in units of 10⁶ bytes.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

BETWEEN_LOOKS = 0.02
"""Seconds between two looks at the memory of all processes."""
MB = 1e6


def group_memory(group: int, *, leave_out: int | None = None) -> float | None:
    """What the processes of a group have in RAM: the RSS of the largest, and what the others have for themselves.

    So what they have in common counts once. None where the system does not tell; Linux does.
    """
    sizes: list[tuple[int, int]] = []
    """RSS and private part of each, in KiB."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text(errors="replace").rpartition(")")[2].split()[2]) != group:  # field 5, pgrp
                continue
            if stat.parent.name != str(leave_out):
                text = (stat.parent / "smaps_rollup").read_text()
                rss, clean, dirty = (
                    int(text.partition(f"\n{name}:")[2].split()[0])
                    for name in ("Rss", "Private_Clean", "Private_Dirty")
                )
                sizes.append((rss, clean + dirty))
        except (OSError, IndexError, ValueError):  # it has just ended
            continue
    if not sizes:
        return None
    largest, *others = sorted(sizes, reverse=True)
    return (largest[0] + sum(private for _, private in others)) * 1024 / MB


def main() -> None:
    sampled, *words = sys.argv[1:]
    if sys.platform == "win32":
        raise SystemExit("there is no wait4 on Windows")
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    together = None
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG if sampled == "yes" else 0)
        if ended:
            break
        now = group_memory(os.getpgrp(), leave_out=os.getpid())
        if now is not None:
            together = max(together or 0.0, now)
        time.sleep(BETWEEN_LOOKS)
    seconds = time.perf_counter() - start
    largest = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MB
    process.returncode = os.waitstatus_to_exitcode(status)  # it has been waited for, just not by Popen
    print(process.returncode, seconds, largest, together)


if __name__ == "__main__":
    main()
