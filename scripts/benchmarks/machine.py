"""Where and with what the figures were measured."""

import os
import platform
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import final

from framework import __version__
from framework.threads import arithmetic, usable_cores
from scripts.benchmarks.libraries import versions


@final
@dataclass(frozen=True)
class Machine:
    """Date and time, processor, memory in units of 10⁹ bytes, system, and the versions of all libraries.

    `load` is how many programs wanted a core in the minute before: more than a little of it, and others were at work.
    """

    date: str
    processor: str
    cores: int
    memory: float | None
    system: str
    load: float | None
    python: str
    versions: dict[str, str]
    arithmetic: str

    @staticmethod
    def here() -> "Machine":
        memory = load = None
        if sys.platform != "win32":
            memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
            load = round(os.getloadavg()[0], 2)
        return Machine(
            date=datetime.now().isoformat(sep=" ", timespec="minutes"),
            processor=_processor(),
            cores=usable_cores(),
            memory=memory,
            system=f"{platform.system()} {platform.release().partition('-')[0]}",
            load=load,
            python=platform.python_version(),
            versions={"chalknet": __version__, **versions()},
            arithmetic=arithmetic(),
        )

    def lines(self) -> list[str]:
        """A heading in Markdown, without sentences."""
        memory = "" if self.memory is None else f", {self.memory:.1f} GB of memory"
        load = "" if self.load is None else f", load {self.load:.2f} before the start"
        libraries = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return [
            f"# Benchmark of {self.date}",
            "",
            f"- {self.processor}, {self.cores} usable cores{memory}{load}; {self.system}",
            f"- Python {self.python}, {libraries}",
            "",
        ]

    def as_tree(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def _processor() -> str:
    """Its name, where the system tells."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
