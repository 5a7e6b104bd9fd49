"""The same comparisons with PyTorch itself, on other numbers and batch sizes: `pytest -m reference` with torch."""

import numpy as np
import pytest

from tests.cases.layers import LayerCase
from tests.cases.losses import LOSSES
from tests.cases.optimizers import OPTIMIZERS
from tests.reference.compare import layer_errors, loss_errors, optimizer_errors
from tests.reference.test_goldens import FORWARD, OPTIMIZER, WITH_PEER

pytestmark = pytest.mark.reference

SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", WITH_PEER, ids=lambda case: case.name)
def test_layers_agree_with_pytorch(case: LayerCase, seed: int) -> None:
    make = pytest.importorskip("tests.reference.make", reason="needs PyTorch: pip install -e '.[bench]'")
    rng = np.random.default_rng([seed, len(case.name)])
    errors = layer_errors(case, make.layer_arrays(case, rng, int(rng.integers(2, 40))))
    assert max(errors.values()) <= FORWARD, errors


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LOSSES)
def test_losses_agree_with_pytorch(name: str, seed: int) -> None:
    make = pytest.importorskip("tests.reference.make", reason="needs PyTorch: pip install -e '.[bench]'")
    rng = np.random.default_rng([seed, len(name)])
    errors = loss_errors(LOSSES[name], make.loss_arrays(LOSSES[name], rng, int(rng.integers(1, 200))))
    assert max(errors.values()) <= FORWARD, errors


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_agree_with_pytorch(name: str, seed: int) -> None:
    make = pytest.importorskip("tests.reference.make", reason="needs PyTorch: pip install -e '.[bench]'")
    case = OPTIMIZERS[name]
    errors = optimizer_errors(case, make.optimizer_arrays(case, np.random.default_rng([seed, len(name)])))
    assert max(errors.values()) <= OPTIMIZER, errors
