"""How long this process has been running, and how much memory it took: the figures of report.json."""

import os
import sys
import time
from pathlib import Path

_LOADED = time.perf_counter()


def seconds_since_start() -> float:
    """Seconds since the process began, start-up of Python included where the system tells (Linux, to 10 ms)."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        began = int(fields[19]) / os.sysconf("SC_CLK_TCK")  # field 22, starttime: clock ticks after boot
        return time.clock_gettime(time.CLOCK_BOOTTIME) - began
    except (OSError, AttributeError, ValueError):
        return time.perf_counter() - _LOADED


def peak_rss_mb() -> float | None:
    """The most memory the process ever had in RAM, in units of 10⁶ bytes; None where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    except (OSError, IndexError, ValueError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
