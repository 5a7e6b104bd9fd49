"""Every example runs as its reader would run it."""

import re
import runpy

import pytest


def test_the_six_steps_agree_in_every_quantity(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_module("scripts.examples.six_steps", run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("iteration") for line in lines) == 3
    apart = re.findall(r"^  (\w+) +apart by (\S+)$", "\n".join(lines), re.MULTILINE)
    quantities = ["Z1", "A1", "Z2", "A2", "loss", "dZ2", "dZ1", "dW2", "db2", "dW1", "db1", "W2", "b2", "W1", "b1"]
    assert [name for name, _ in apart] == 3 * quantities
    assert all(float(distance) <= 1e-12 for _, distance in apart)
