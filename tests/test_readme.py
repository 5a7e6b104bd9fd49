"""What the README shows works as it stands: its Python blocks one after the other, and its recipe."""

import json
import re
from pathlib import Path

import pytest

from framework.specs import RunSpec, parse_spec

README = Path(__file__).resolve().parent.parent / "README.md"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_python_blocks_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "readme"}
    for block in _blocks("python"):
        exec(compile(block, README, "exec"), names)
    out = capsys.readouterr().out
    accuracy = float(re.findall(r"^0\.\d+$", out, re.MULTILINE)[0])
    assert accuracy > 0.96
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "digits.safetensors", "mine.safetensors", "model.json", "runs",
    ]  # fmt: skip


def test_the_recipe_is_one() -> None:
    (text,) = _blocks("json")
    spec = parse_spec(text)
    assert isinstance(spec, RunSpec)
    assert spec.build(seed=0).output_shape == (10,)
    assert json.loads(text)["data"]["feature_columns"]["count"] == len(spec.data.table_format().feature_columns)
