"""Negative controls: bugs people really make, planted one at a time in a copy. The tests must reject each of them."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GOLDENS = "tests/reference/test_goldens.py"
TESTS_FAILED = 1
"""pytest's exit code for it. 2 and more mean that it could not run them at all."""


@dataclass(frozen=True)
class Bug:
    """What is wrong, where, the text as it is and as it becomes, and the tests that have to see it."""

    name: str
    file: str
    text: str
    wrong: str
    tests: str = GOLDENS


LAYERS, LOSSES = "framework/layers", "framework/losses"
BUGS = (
    Bug("sign of the weight gradient", f"{LAYERS}/dense.py", "product_over_rows(x, dy,", "product_over_rows(-x, dy,"),
    Bug("bias not summed", f"{LAYERS}/dense.py", "= sum_over_rows(dy)", "= dy[0]"),
    Bug(
        "weight not transposed",
        f"{LAYERS}/dense.py",
        "transposed(self.weight.value)",
        "transposed(self.weight.value)[:, ::-1]",
    ),
    Bug("dx not rescaled", f"{LAYERS}/rescale.py", "dy *= self.dtype.type(self.scale)", "dy *= 1"),
    Bug("missing 1/n", f"{LOSSES}/base.py", "    grad *= fraction if", "    grad *= 1.0 if"),
    Bug("sum reported as mean", f"{LOSSES}/base.py", "losses.sum(dtype=np.float64) * fraction", "losses.sum()"),
    Bug(
        "missing 1/n after softmax", f"{LOSSES}/softmax_cross_entropy.py", "np.divide(weight, rest", "np.divide(1, rest"
    ),
    Bug(
        "class weights not in the gradient",
        f"{LOSSES}/softmax_cross_entropy.py",
        "np.divide(weight, rest",
        "np.divide(1 / len(rest), rest",
    ),
    Bug(
        "label left out of the gradient",
        f"{LOSSES}/softmax_cross_entropy.py",
        "            flat[own] -= sharp * weight\n",
        "",
    ),
    Bug(
        "smoothing left out",
        f"{LOSSES}/softmax_cross_entropy.py",
        "p -= each * column",
        "pass",
    ),
    Bug(
        "softmax overflows",
        f"{LOSSES}/softmax_cross_entropy.py",
        "outputs.take(top)[:, np.newaxis]",
        "0",
        "tests/framework/test_losses.py",
    ),
    Bug(
        "tanh slope from x",
        "framework/activations.py",
        "np.multiply(y, y, out=out)\n        return np.subtract(1, out",
        "np.multiply(x, x, out=out)\n        return np.subtract(1, out",
    ),
    Bug(
        "ReLU slope 1 at 0",
        "framework/activations.py",
        "np.greater(y, 0, out=out)",
        "np.greater_equal(y, 0, out=out)",
        "tests/framework/test_activations.py",
    ),
    Bug(
        "dropout scaled twice",
        f"{LAYERS}/dropout.py",
        "mask *= 1 / (1 - self.rate)",
        "mask *= 1 / (1 - self.rate) ** 2",
        "tests/framework/layers/test_dropout.py",
    ),
    Bug(
        "dropout lets all gradients through",
        f"{LAYERS}/dropout.py",
        'dy *= self.kept("mask")',
        "pass",
        "tests/framework/layers/test_dropout.py",
    ),
    Bug("stale buffer", f"{LAYERS}/batch_norm.py", "        self._move(self.running_mean, mean)\n", ""),
    Bug("biased running variance", f"{LAYERS}/batch_norm.py", "variance * (count / (count - 1))", "variance"),
    Bug("batch mean taken for a constant", f"{LAYERS}/batch_norm.py", "        dy -= self.beta.grad / count\n", ""),
    Bug(
        "batch statistics in inference",
        f"{LAYERS}/batch_norm.py",
        "x - self.running_mean.value",
        "x - x.mean(axis=0)",
        "tests/framework/layers/test_batch_norm.py",
    ),
    Bug(
        "padding off by one", f"{LAYERS}/windows.py", "zeros // 2, zeros - zeros // 2", "zeros - zeros // 2, zeros // 2"
    ),
    Bug(
        "kernel flipped",
        f"{LAYERS}/conv2d.py",
        "weight = self.weight.value.reshape(-1",
        "weight = self.weight.value[::-1].reshape(-1",
    ),
    Bug(
        "ties in a pool counted twice",
        f"{LAYERS}/pooling.py",
        "                left -= found\n",
        "",
        "tests/framework/layers/test_pooling.py",
    ),
    Bug("average over one side", f"{LAYERS}/pooling.py", "dy /= self.pool_size**2", "dy /= self.pool_size"),
    Bug(
        "bias correction at step 0",
        "framework/optimizers/adam.py",
        "rule.beta_1**t)",
        "rule.beta_1 ** max(index, 1))",
    ),
    Bug("decay on biases", "framework/optimizers/adam.py", "block.values[: block.decayed] *=", "block.values *="),
    Bug(
        "L2 penalty on biases",
        "framework/optimizers/sgd.py",
        "values, grads, slots, change, decayed = block",
        "values, grads, slots, change, decayed = *block[:4], len(block[0])",
    ),
    Bug(
        "Nesterov forgotten",
        "framework/optimizers/sgd.py",
        "if not self.momentum or self.nesterov:",
        "if not self.momentum:",
    ),
    Bug(
        "the same masks in every part",
        "framework/gradients.py",
        "Step(step.seed, step.index, number)",
        "Step(step.seed, step.index)",
        "tests/framework/test_training.py",
    ),
    Bug(
        "parts weighed alike",
        "framework/gradients.py",
        "                part_grads *= fraction\n",
        "",
        "tests/framework/test_training.py",
    ),
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code and its tests, to be broken."""
    folder = tmp_path_factory.mktemp("planted")
    for name in ("framework", "models", "scripts", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "data").symlink_to(ROOT / "data")
    return folder


@pytest.fixture
def planted(copy: Path, request: pytest.FixtureRequest) -> Iterator[Bug]:
    """One bug, gone again afterwards."""
    bug: Bug = request.param
    path = copy / bug.file
    text = path.read_text(encoding="utf-8")
    assert text.count(bug.text) == 1, "the text to be broken has moved"
    path.write_text(text.replace(bug.text, bug.wrong), encoding="utf-8")
    yield bug
    path.write_text(text, encoding="utf-8")


def _outcome(copy: Path, tests: list[str]) -> int:
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=copy, capture_output=True, text=True).returncode


def test_without_a_bug_they_pass(copy: Path) -> None:
    assert _outcome(copy, sorted({bug.tests for bug in BUGS})) == 0


@pytest.mark.parametrize("planted", BUGS, ids=lambda bug: bug.name.replace(" ", "-"), indirect=True)
def test_every_planted_bug_is_rejected(planted: Bug, copy: Path) -> None:
    assert _outcome(copy, [planted.tests]) == TESTS_FAILED


def test_there_are_enough_of_them() -> None:
    assert len(BUGS) >= 20
    assert len({bug.name for bug in BUGS}) == len(BUGS)
