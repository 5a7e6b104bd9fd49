"""The lock files: every package the program needs, with a version its range allows and the hashes of its files.

`make lock` writes them, `make lock-check` installs from them. What is fast is looked at here: they fit pyproject.toml,
and nothing in them is without a hash, or says where it comes from. requirements.lock has what the program needs to run,
requirements-dev.lock that and what builds and tests it.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MOST_DIRECT = 8
"""What the program itself asks for. Each more is somebody more to trust."""
PYTHONS = ("3.11", "3.12", "3.13")


class Pin(NamedTuple):
    """An entry of a lock file."""

    name: str
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]


def _pins(name: str) -> list[Pin]:
    pins = []
    for entry in (ROOT / name).read_text(encoding="utf-8").replace(" \\\n", " ").splitlines():
        words, *hashes = entry.split(" --hash=sha256:")
        requirement = Requirement(words)
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), f"{words}: not one version"
        version = str(requirement.specifier).removeprefix("==")
        pins.append(
            Pin(canonicalize_name(requirement.name), version, requirement.marker, tuple(map(str.strip, hashes)))
        )
    return pins


def _asked(lock: str) -> list[str]:
    runtime: list[str] = PROJECT["project"]["dependencies"]
    if lock == RUNTIME:
        return runtime
    return [*runtime, *PROJECT["project"]["optional-dependencies"]["dev"], *PROJECT["build-system"]["requires"]]


def test_few_are_asked_for() -> None:
    assert len(PROJECT["project"]["dependencies"]) <= MOST_DIRECT


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT])
def test_what_is_asked_for_is_there_in_its_range(lock: str, python: str) -> None:
    """For each Python exactly one version of each."""
    environment = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    here = [pin for pin in _pins(lock) if pin.marker is None or pin.marker.evaluate(environment)]
    versions = {pin.name: pin.version for pin in here}
    assert len(versions) == len(here)
    for text in _asked(lock):
        asked = Requirement(text)
        assert asked.specifier.contains(versions[canonicalize_name(asked.name)]), text


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT])
def test_every_entry_has_its_hashes(lock: str) -> None:
    pins = _pins(lock)
    assert len(pins) > MOST_DIRECT
    for pin in pins:
        assert pin.hashes, pin.name
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in pin.hashes), pin.name
        assert len(set(pin.hashes)) == len(pin.hashes)


def test_tests_run_with_what_the_program_runs_with() -> None:
    assert {repr(pin) for pin in _pins(RUNTIME)} <= {repr(pin) for pin in _pins(DEVELOPMENT)}


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT])
def test_no_entry_says_where_it_comes_from(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|index|find-links|@|^#|^-", text, re.MULTILINE)


@pytest.mark.long
def test_a_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    """By pip, from the index it is set up with: the smallest package, as it is pinned and with a digit changed."""
    pin = next(pin for pin in _pins(RUNTIME) if pin.name == "mdurl")
    changed = [digest[:-1] + ("0" if digest[-1] != "0" else "1") for digest in pin.hashes]
    answers = []
    for number, hashes in enumerate((pin.hashes, changed)):
        lock = tmp_path / f"{number}.lock"
        lock.write_text(" ".join([f"{pin.name}=={pin.version}", *(f"--hash=sha256:{digest}" for digest in hashes)]))
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        command += ["--require-hashes", "--requirement", str(lock), "--dest", str(tmp_path / str(number))]
        answers.append(subprocess.run(command, capture_output=True, text=True))
    right, wrong = answers
    assert right.returncode == 0, right.stderr
    assert wrong.returncode != 0
    assert "DO NOT MATCH THE HASHES" in wrong.stderr
