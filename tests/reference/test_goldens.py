"""Forward, backward and two hundred optimizer steps against PyTorch in float64, read from a file: no PyTorch needed."""

from collections.abc import Mapping
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from framework.specs.layers import LayerUnion
from framework.specs.losses import LossUnion
from framework.specs.optimizers import OptimizerUnion
from tests.reference.cases import GOLDENS, LAYERS, LOSSES, OPTIMIZERS, RANDOM
from tests.reference.compare import layer_errors, loss_errors, optimizer_errors

FORWARD = 1e-12
"""Relative to the largest entry: some hundred roundings of 1e-16."""
OPTIMIZER = 1e-10
"""After 200 steps, each of which rounds."""

ARRAYS = load_file(GOLDENS)


def _part(prefix: str) -> Mapping[str, NDArray[np.generic]]:
    return {name.removeprefix(prefix): array for name, array in ARRAYS.items() if name.startswith(prefix)}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_agree_with_pytorch(name: str) -> None:
    errors = layer_errors(LAYERS[name], _part(f"layer/{name}/"))
    assert {"y", "dx"} <= set(errors)
    assert max(errors.values()) <= FORWARD, errors


@pytest.mark.parametrize("name", LOSSES)
def test_losses_agree_with_pytorch(name: str) -> None:
    errors = loss_errors(LOSSES[name], _part(f"loss/{name}/"))
    assert max(errors.values()) <= FORWARD, errors


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_agree_with_pytorch(name: str) -> None:
    errors = optimizer_errors(OPTIMIZERS[name], _part(f"optimizer/{name}/"))
    assert max(errors.values()) <= OPTIMIZER, errors


@pytest.mark.parametrize(("union", "cases"), [(LayerUnion, LAYERS), (LossUnion, LOSSES), (OptimizerUnion, OPTIMIZERS)])
def test_every_member_has_a_golden(union: object, cases: Mapping[str, object]) -> None:
    members = {spec.type_name() for spec in get_args(union)}
    assert members - RANDOM == {name.partition(",")[0] for name in cases}
