"""The same comparisons with PyTorch itself, on other numbers and batch sizes: `pytest -m reference` with torch."""

import numpy as np
import pytest

from tests.reference.cases import LAYERS, LOSSES, OPTIMIZERS
from tests.reference.compare import layer_errors, loss_errors, optimizer_errors
from tests.reference.test_goldens import FORWARD, OPTIMIZER

pytestmark = pytest.mark.reference

SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LAYERS)
def test_layers_agree_with_pytorch(name: str, seed: int) -> None:
    make = pytest.importorskip("tests.reference.make", reason="needs PyTorch: pip install 'chalknet[bench]'")
    rng = np.random.default_rng([seed, len(name)])
    errors = layer_errors(LAYERS[name], make.layer_arrays(name, rng, int(rng.integers(2, 40))))
    assert max(errors.values()) <= FORWARD, errors


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LOSSES)
def test_losses_agree_with_pytorch(name: str, seed: int) -> None:
    make = pytest.importorskip("tests.reference.make", reason="needs PyTorch: pip install 'chalknet[bench]'")
    rng = np.random.default_rng([seed, len(name)])
    errors = loss_errors(LOSSES[name], make.loss_arrays(name, rng, int(rng.integers(1, 200))))
    assert max(errors.values()) <= FORWARD, errors


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_agree_with_pytorch(name: str, seed: int) -> None:
    make = pytest.importorskip("tests.reference.make", reason="needs PyTorch: pip install 'chalknet[bench]'")
    errors = optimizer_errors(OPTIMIZERS[name], make.optimizer_arrays(name, np.random.default_rng([seed, len(name)])))
    assert max(errors.values()) <= OPTIMIZER, errors
