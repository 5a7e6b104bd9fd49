"""SECURITY.md names a test for every promise: here, that each of them is there and looks after something."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[^`]*)`", TEXT)))
LEAST = 30


def _tests(path: Path) -> dict[str, ast.FunctionDef]:
    """Every test in a file by the name pytest has for it, that of its class before it."""
    found: dict[str, ast.FunctionDef] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {prefix + one.name: one for one in inside if isinstance(one, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("name", NAMED)
def test_a_named_test_is_there(name: str) -> None:
    file, _, test = name.partition("::")
    assert re.fullmatch(r"tests/(\w+/)*test_\w+\.py", file)
    assert test.rpartition("::")[2].startswith("test_")
    assert test in _tests(ROOT / file)


def test_there_are_many_of_them() -> None:
    assert len(NAMED) >= LEAST


def test_every_promise_names_one() -> None:
    """In every table the last column holds tests and nothing else."""
    rows = re.findall(r"^\| (.*) \| (.*) \|$", TEXT, re.MULTILINE)
    promises = [(promise, tests) for promise, tests in rows if tests not in ("test", "---")]
    assert len(promises) >= LEAST * 2 // 3
    for promise, tests in promises:
        assert all(re.fullmatch(r"`tests/[^`]+::test_\w+`", one) for one in tests.split(", ")), promise
