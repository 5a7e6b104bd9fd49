"""A process that has everything imported and forks on request: each fault hits a process of its own, milliseconds old.

Run as a module it reads requests from stdin, a JSON line each. A child does what `ACTIONS` says up to the point of
interest, stops itself there, and goes on when its tester says so: in between a tracer can be attached, which then
counts system calls from that point on. A child ends as the command `chalknet` does, with its messages and exit codes.
"""

import contextlib
import encodings.ascii  # noqa: F401  these two now, so that loading them is not counted later
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy  # noqa: F401

from framework import History, Training
from framework.data.batches import Batch
from scripts import cli
from scripts.run_folder import RunFolder
from scripts.run_spec import find_run_spec
from scripts.submission import write_submission
from tests.crash.trainings import Plan, StopAt, Stopped, run

SAVED_STEP = 8
"""At which the action `checkpoint` saves."""


def halt() -> None:
    """Wait here until the tester says go."""
    os.kill(os.getpid(), signal.SIGSTOP)


def _checkpoint(folder: str, validation: bool) -> None:
    from framework.saving import Checkpoints

    class Saving(StopAt):
        def after_step(self) -> None:
            if self.training is not None and self.training.state.step == SAVED_STEP:
                halt()
                self.checkpoints.save()
                raise Stopped

    checkpoints = Checkpoints(folder, resume=True, seconds=3600)
    with contextlib.suppress(Stopped):
        run(Plan(validation=validation).training(Saving(checkpoints)))


def _submission(path: str) -> None:
    halt()
    write_submission(Path(path), np.arange(10), force=True)


def _spec(path: str) -> None:
    spec = find_run_spec("plain-128")
    halt()
    RunFolder(Path(path).parent).write_spec(spec)


def _report(path: str) -> None:
    halt()
    RunFolder(Path(path).parent).write_report({"accuracy": 0.5})


def _history(path: str) -> None:
    halt()
    RunFolder(Path(path).parent).write_history(History())


def _command(words: list[str], folder: str, *, halts: int = 0, seconds: float = 0.0) -> int | None:
    """Its first step halts so many times, and then takes so many seconds more."""
    os.chdir(folder)
    step = Training._step

    def slow_step(training: Training, batch: Batch, index: int) -> None:
        Training._step = step  # type: ignore[method-assign]
        for _ in range(halts):
            halt()
        time.sleep(seconds)
        step(training, batch, index)

    Training._step = slow_step  # type: ignore[method-assign, assignment]
    halt()
    try:
        code = cli._run(words)
    finally:
        sys.stdout.flush()
    return code if isinstance(code, int) else None


ACTIONS: dict[str, Callable[..., object]] = {
    "checkpoint": _checkpoint,
    "submission": _submission,
    "spec": _spec,
    "report": _report,
    "history": _history,
    "command": _command,
}


def _become(action: str, arguments: dict[str, Any], log: str) -> None:
    """The life of a child: the action in place of the words of a command line, and everything else as ever."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(handle, stream)
    os.close(handle)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run_command = cli._run
    sys.argv = ["chalknet"]

    def replaced(words: list[str]) -> object:
        cli._run = run_command
        return ACTIONS[action](**arguments)

    cli._run = replaced
    code = 1
    try:
        cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        os._exit(code)


def _serve() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        if "end" in request:
            pid, status = os.waitpid(request["end"], 0)
        else:
            pid = request["halt"] if "halt" in request else os.fork()
            if not pid:
                _become(**request)
            pid, status = os.waitpid(pid, os.WUNTRACED)
        code = None if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)
        print(json.dumps({"pid": pid, "code": code}), flush=True)


class Nursery:
    """The tester's end of it."""

    def __init__(self, root: Path) -> None:
        self._ended: dict[int, int] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery"],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    def start(self, action: str, log: Path, **arguments: object) -> int:
        """The process id of a new child, which waits at its point of interest."""
        answer = self._ask({"action": action, "arguments": arguments, "log": str(log)})
        assert answer["code"] is None, f"it ended before its point of interest: {log.read_text()}"
        pid = answer["pid"]
        assert pid is not None
        return pid

    def go(self, pid: int) -> None:
        os.kill(pid, signal.SIGCONT)

    def halted(self, pid: int) -> bool:
        """Wait until it waits once more; False if it has ended instead, and then `end` has been told."""
        code = self._ask({"halt": pid})["code"]
        if code is not None:
            self._ended[pid] = code
        return code is None

    def end(self, pid: int) -> int:
        """Its exit code, or the number of the signal that killed it, negative."""
        code = self._ended.pop(pid) if pid in self._ended else self._ask({"end": pid})["code"]
        assert code is not None
        return code

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, request: dict[str, object]) -> dict[str, int | None]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        answer: dict[str, int | None] = json.loads(self._process.stdout.readline())
        return answer


if __name__ == "__main__":
    _serve()
