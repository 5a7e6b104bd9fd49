"""Files from strangers: nothing in the program could run what they say, and reading them does nothing but read."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.framework.specs.faulty import every_faulty_spec
from tests.source import FILES, ROOT, dotted, imports, name_of, tree_of

NEVER_IMPORTED = {
    *("pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "copyreg", "yaml", "h5py"),
    *("importlib", "runpy", "code", "codeop", "builtins", "ctypes", "_ctypes", "cffi", "pty"),
}
ALLOWED_OF_THEM = {"importlib.metadata"}
NEVER_NAMED = {
    *("eval", "exec", "compile", "__import__", "input", "breakpoint", "globals", "__builtins__"),
    *("os.system", "os.popen", "os.startfile", "tempfile.mktemp", "np.load", "numpy.load", "np.memmap", "sys.modules"),
    *(f"os.{kind}{form}" for kind in ("exec", "spawn") for form in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")),
    *("os.posix_spawn", "os.posix_spawnp", "os.fork", "os.forkpty"),
}
"""Not even handed on: `run = os.system` is one as well."""
ALLOWED_IN = {
    "framework/sharing/ranks.py": ["os.fork"],  # the processes of a training, which go on with the program as it is
    "scripts/benchmarks/peers/__init__.py": ["import importlib"],  # of the files beside it, by names from the program
}
NEVER_PASSED = {"shell", "allow_pickle"}


def runs_foreign_code(tree: ast.AST) -> Iterator[str]:
    """Each place that could run what a file says, or hand a name from a file to something that would."""
    modules = {module.split(".")[0] for module in set(imports(tree)) - ALLOWED_OF_THEM}
    yield from sorted(f"import {module}" for module in modules & NEVER_IMPORTED)
    for node in ast.walk(tree):
        name = dotted(node)
        if name in NEVER_NAMED:
            yield name
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{one.name}" for one in node.names if f"{node.module}.{one.name}" in NEVER_NAMED)
        if isinstance(node, ast.Call):
            yield from (f"{word.arg}=" for word in node.keywords if word.arg in NEVER_PASSED)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_runs_what_a_file_says(path: Path) -> None:
    assert list(runs_foreign_code(tree_of(path))) == ALLOWED_IN.get(name_of(path), [])


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "def f(x):\n    from marshal import loads",
        "import shelve as x",
        "import dill, joblib",
        "import importlib; importlib.import_module(x)",
        "from importlib import import_module",
        "eval(x)",
        "exec(x)",
        "f = compile",
        "__import__(x)",
        "import numpy as np; np.load(x)",
        "from numpy import load",
        "load(x, allow_pickle=True)",
        "import yaml; yaml.load(x)",
        "import os; os.system(x)",
        "from os import system",
        "import os; run = os.execvp",
        "subprocess.run(x, shell=True)",
        "import ctypes",
        "import tempfile; tempfile.mktemp()",
        "from tempfile import mktemp",
    ],
)
def test_what_would_run_it_is_found(code: str) -> None:
    assert list(runs_foreign_code(ast.parse(code)))


def test_what_is_harmless_is_not_found() -> None:
    code = "import re, numpy as np\nfrom importlib.metadata import version\nre.compile(x); np.loadtxt(x); x.load(y)"
    assert list(runs_foreign_code(ast.parse(code))) == []


SECONDS = 2.0
KILOBYTES = 64 << 10
"""Over an idle process that has read a spec before. A peak stays: it is that of all the files one after another."""

Answers: TypeAlias = dict[str, dict[str, object]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What came of every faulty spec in a process of 1 GiB, 10 seconds of CPU, and an audit hook."""
    if sys.platform != "linux":
        pytest.skip("needs limits of memory, and /proc")
    folder = tmp_path_factory.mktemp("specs")
    names = {}
    for number, (name, text) in enumerate(every_faulty_spec()):
        names[f"{number:04}.json"] = name
        (folder / f"{number:04}.json").write_bytes(text)
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # or the BLAS takes memory for every core
    done = subprocess.run(
        [sys.executable, "-m", "tests.reading_specs", str(folder)],
        cwd=ROOT,
        env=one_thread,
        capture_output=True,
        text=True,
        check=True,
    )
    found = {names[answer["file"]]: answer for answer in map(json.loads, done.stdout.splitlines())}
    assert len(found) == len(names) > 150
    return found


def test_every_faulty_spec_is_refused_as_one(answers: Answers) -> None:
    refusals = ("SpecError: ", "UnknownType: ")
    assert [name for name, answer in answers.items() if not str(answer["said"]).startswith(refusals)] == []


def test_a_refusal_takes_little_time_and_memory(answers: Answers) -> None:
    assert {name for name, answer in answers.items() if float(str(answer["seconds"])) > SECONDS} == set()
    assert sum(int(str(answer["kB"])) for answer in answers.values()) < KILOBYTES


def test_a_refusal_runs_imports_and_opens_nothing(answers: Answers) -> None:
    assert {name: answer["events"] for name, answer in answers.items() if answer["events"]} == {}
