"""Read every model file and checkpoint of a folder as on a small machine, watched by an audit hook:
python -m tests.framework.saving.reading FOLDER

Prints a JSON object a line: the file, what came of it, its CPU seconds, the kilobytes by which it raised the peak of
memory, and the audited events, without the opening of the file itself.
"""

import json
import resource
import sys
import time
from pathlib import Path

from framework import ChalknetError, Sequential
from framework.errors import printable
from framework.saving.checkpoints import Found
from framework.saving.container import CHECKPOINT, MODEL
from framework.saving.progress import restore
from framework.training import Training
from tests.framework.saving.forging import good, training
from tests.reading_specs import ADDRESS_SPACE, CPU_SECONDS, Watch, _peak


def main() -> None:
    """Read a good file of each kind, then measure every file, then watch every file: what is imported at the first use
    is in memory by then.
    """
    printable("\x1b")  # loads a codec
    folder = Path(sys.argv[1])
    for suffix, kind in (("model", MODEL), ("checkpoint", CHECKPOINT)):
        warm = folder.with_name(f"warm.{suffix}")
        warm.write_bytes(good(kind))
        if (said := _said_of(warm, training())) != "read":
            raise SystemExit(f"a good {suffix}: {said}")
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    seconds = int(used.ru_utime + used.ru_stime) + 1 + 2 * CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    answers = {}
    for path in sorted(folder.iterdir()):
        into, before, start = training(), _peak(), time.process_time()
        said = _said_of(path, into)
        taken, after = time.process_time() - start, _peak()
        answers[path] = {"file": path.name, "said": said, "seconds": taken, "kB": after - before}
    watch = Watch()
    for path, answer in answers.items():
        into = training()
        watch.path = str(path)
        _said_of(path, into)
        watch.path = None
        events, watch.events = watch.events, []
        print(json.dumps({**answer, "events": events}))


def _said_of(path: Path, into: Training) -> str:
    try:
        if path.suffix == ".model":
            Sequential.load(path)
        else:
            found = Found.read(path, ())
            restore(into, found.progress, found.tensors, found.path)
    except ChalknetError as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:
        return f"not ours: {type(error).__name__}: {error}"
    return "read"


if __name__ == "__main__":
    main()
