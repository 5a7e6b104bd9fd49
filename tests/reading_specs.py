"""Read every spec of a folder as on a small machine, watched by an audit hook: python -m tests.reading_specs FOLDER

Prints a JSON object a line: the file, what came of it, its CPU seconds, the kilobytes by which it raised the peak of
memory, and the audited events, without the opening of the file itself.
"""

import json
import resource
import sys
import time
from pathlib import Path

from framework import ChalknetError, read_spec
from framework.errors import printable

ADDRESS_SPACE = 1 << 30
"""Bytes, of which Python and the libraries take a third: one 65,536 x 4,096 array is too much."""
CPU_SECONDS = 10
"""For all the files together."""
WARMING = 20
"""Files that are read once before: what is imported at the first use is in memory afterwards."""
HARMLESS = {"builtins.id", "object.__getattr__"}
"""A fault is noted by the id of its value; the signature of a layer's class is looked at to write the layer."""


class Watch:
    """Notes every audited event while a file is being read. A hook is there for good, so it asks each time."""

    def __init__(self) -> None:
        self.path: str | None = None
        self.events: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        itself = event == "open" and arguments[0] == self.path
        if self.path is not None and not itself and event not in HARMLESS:
            self.events.append(f"{event} {arguments!r:.80}")


def main() -> None:
    """Read them all."""
    printable("\x1b")  # loads a codec
    paths = sorted(Path(sys.argv[1]).iterdir())
    for path in paths[:WARMING]:
        _said_of(path)
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    seconds = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    watch = Watch()
    for path in paths:
        before, start = _peak(), time.process_time()
        watch.path = str(path)
        said = _said_of(path)
        watch.path = None
        taken, after = time.process_time() - start, _peak()
        events, watch.events = watch.events, []
        print(json.dumps({"file": path.name, "said": said, "seconds": taken, "kB": after - before, "events": events}))


def _peak() -> int:
    """The kilobytes of memory this process had at most; getrusage would count in the process that started it."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def _said_of(path: Path) -> str:
    try:
        read_spec(path)
    except ChalknetError as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:
        return f"not ours: {type(error).__name__}: {error}"
    return "read"


if __name__ == "__main__":
    main()
