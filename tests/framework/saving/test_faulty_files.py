"""Every faulty model file and checkpoint: refused in a line that says why, at little cost, and nothing else happens."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from safetensors.numpy import load as stock_load

from framework import ChalknetError, ModelFileError
from framework.files import read_file
from framework.saving.checkpoints import Found
from framework.saving.container import CHECKPOINT, MODEL, Kind, unpack
from framework.saving.model_file import model_from
from framework.saving.progress import restore
from tests.framework.saving.faulty import Fault, every_fault
from tests.framework.saving.forging import Parts, good, good_checkpoint, training
from tests.fuzz.model_files import FileDamager, check, seeds
from tests.source import ROOT

FAULTS = list(every_fault())
PATH = Path("a.file")
LINE = re.compile(r"a\.file: (.+: )?(got .+; )?expected .+")
LONGEST_LINE = 700
"""Characters: all fields or types may be listed, no value is."""


def read(content: bytes, kind: Kind) -> None:
    """As `Sequential.load` and `resume` do."""
    if kind == MODEL:
        model_from(content, PATH)
    else:
        found = Found.of(content, PATH, ())
        restore(training(), found.progress, found.tensors, found.path)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_fault_is_refused_for_what_it_is(fault: Fault) -> None:
    with pytest.raises(ModelFileError) as caught:
        read(fault.content, fault.kind)
    message = str(caught.value)
    assert fault.words in message
    assert LINE.fullmatch(message), message
    for text in (message, caught.value.hint or ""):
        assert text.isascii()
        assert not text or text.isprintable()
        assert len(text) <= LONGEST_LINE


def test_names_of_faults_are_names() -> None:
    names = [str(fault) for fault in FAULTS]
    assert len(names) > 600
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("kind", [MODEL, CHECKPOINT], ids=lambda kind: kind.name)
def test_without_a_fault_it_is_read(kind: Kind) -> None:
    read(good(kind), kind)
    assert Parts.of(kind, good(kind)).sealed() == good(kind)


@pytest.mark.parametrize("kind", [MODEL, CHECKPOINT], ids=lambda kind: kind.name)
def test_the_stock_library_sees_the_same_tensors(kind: Kind) -> None:
    """Parts of a checkpoint come in two dtypes; both libraries lay them out as the other expects."""
    ours, stock = unpack(kind, good(kind), PATH)[1], stock_load(good(kind))
    assert ours.keys() == stock.keys()
    for name, array in ours.items():
        assert (array.dtype, array.shape) == (stock[name].dtype, stock[name].shape)
        assert array.tobytes() == stock[name].tobytes()
    assert {array.dtype for array in ours.values()} == (
        {np.dtype("f4")} if kind == MODEL else {np.dtype("f4"), np.dtype("f8")}
    )


def test_what_we_read_is_out_of_reach_of_a_slip() -> None:
    """The digest is of these numbers: nobody may change them before they are copied."""
    for array in unpack(CHECKPOINT, good_checkpoint(), PATH)[1].values():
        assert not array.flags.writeable


def test_whatever_a_few_hundred_changes_make_of_a_file() -> None:
    """What the fuzzer does all night."""
    files, given = FileDamager(), seeds()
    changed = [files.damaged(given[seed % len(given)], seed) for seed in range(400)]
    read_as = [check(content) for content in changed if content is not None]
    assert len(read_as) > 300
    assert 10 < sum(map(bool, read_as)) < 200  # some changes change nothing, or numbers to others as good


# Time, memory, and what else happens

SECONDS = 2.0
KILOBYTES = 64 << 10
"""Over an idle process that has read such files before. A peak stays: it is that of all the files one after another."""

Answers: TypeAlias = dict[str, dict[str, object]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What came of every file in a process of 1 GiB and seconds of CPU, with an audit hook."""
    if sys.platform != "linux":
        pytest.skip("needs limits of memory, and /proc")
    folder = tmp_path_factory.mktemp("files")
    names = {}
    for number, fault in enumerate(FAULTS):
        name = f"{number:04}.{'model' if fault.kind == MODEL else 'checkpoint'}"
        names[name] = str(fault)
        (folder / name).write_bytes(fault.content)
    for name, content in large_files().items():
        names[name] = name
        (folder / name).write_bytes(content)
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # or the BLAS takes memory for every core
    done = subprocess.run(
        [sys.executable, "-m", "tests.framework.saving.reading", str(folder)],
        cwd=ROOT,
        env=one_thread,
        capture_output=True,
        text=True,
        check=True,
    )
    found = {names[answer["file"]]: answer for answer in map(json.loads, done.stdout.splitlines())}
    assert len(found) == len(names)
    return found


def large_files() -> dict[str, bytes]:
    """Ten megabytes, with a fault found early or late: a shape, a damaged end, a header as full as it may be."""
    files = {}
    for kind, suffix in ((MODEL, "model"), (CHECKPOINT, "checkpoint")):
        parts = Parts.of(kind, good(kind))
        parts.tensors["layers.0.weight"] = np.ones((2_400_000, 1), np.float32)
        files[f"large.{suffix}"] = parts.sealed()
        files[f"large and damaged.{suffix}"] = parts.sealed()[:-1] + b"\x01"
        parts = Parts.of(kind, good(kind))
        parts.tensors |= {f"x{number:04}": np.ones(600, np.float32) for number in range(4000)}
        files[f"four thousand tensors.{suffix}"] = parts.sealed()
        parts.text["more"] = {f"{number:06}": 0 for number in range(70_000)}
        files[f"a long text.{suffix}"] = parts.sealed()
    return files


def test_every_file_is_refused_in_little_room(answers: Answers) -> None:
    assert [name for name, answer in answers.items() if not str(answer["said"]).startswith("ModelFileError: ")] == []


def test_a_refusal_takes_little_time_and_memory(answers: Answers) -> None:
    assert {name for name, answer in answers.items() if float(str(answer["seconds"])) > SECONDS} == set()
    assert sum(int(str(answer["kB"])) for answer in answers.values()) < KILOBYTES


def test_a_refusal_runs_imports_and_opens_nothing(answers: Answers) -> None:
    assert {name: answer["events"] for name, answer in answers.items() if answer["events"]} == {}


def test_the_readers_have_no_way_to_unpack_or_map_anything() -> None:
    """No zip, gzip or HDF5 is in reach of them, so there is no bomb: a file takes the memory of its own size."""
    code = "import sys, framework.saving.resuming; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    for name in ("framework/saving/container.py", "framework/saving/layout.py", "framework/saving/model_file.py"):
        assert not re.search(r"import (zipfile|gzip|zlib|bz2|lzma|tarfile|mmap|h5py|pickle)", (ROOT / name).read_text())
    assert not {"h5py", "joblib", "torch"} & set(loaded.split())


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size was that of the open file before; what was read is as long or is refused."""
    path = tmp_path / "model"
    path.write_bytes(good(MODEL))
    real = os.fstat

    for change in (-1, 1):

        def fstat(handle: int, change: int = change) -> os.stat_result:
            status = real(handle)
            return os.stat_result((*status[:6], status.st_size + change, *status[7:]))

        monkeypatch.setattr(os, "fstat", fstat)
        with pytest.raises(ChalknetError, match="changed while it was read"):
            read_file(path, 10_000, ModelFileError)
        monkeypatch.setattr(os, "fstat", real)
