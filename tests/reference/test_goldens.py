"""Forward, backward and two hundred optimizer steps against PyTorch in float64, read from a file: no PyTorch needed."""

from collections.abc import Iterable, Mapping
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from framework import Step
from framework.specs.losses import LossUnion
from framework.specs.optimizers import OptimizerUnion
from tests.cases.layers import LAYERS, LayerCase
from tests.cases.losses import LOSSES
from tests.cases.optimizers import OPTIMIZERS
from tests.reference.compare import GOLDENS, built, layer_errors, loss_errors, optimizer_errors

FORWARD = 1e-12
"""Relative to the largest entry: some hundred roundings of 1e-16."""
OPTIMIZER = 1e-10
"""After 200 steps, each of which rounds."""

ARRAYS = load_file(GOLDENS)
WITH_PEER = [case for case in LAYERS if case.peer is not None]


def _part(prefix: str) -> Mapping[str, NDArray[np.generic]]:
    return {name.removeprefix(prefix): array for name, array in ARRAYS.items() if name.startswith(prefix)}


@pytest.mark.parametrize("case", WITH_PEER, ids=lambda case: case.name)
def test_layers_agree_with_pytorch(case: LayerCase) -> None:
    errors = layer_errors(case, _part(f"layer/{case.name}/"))
    compared = {"y", "dx"} | {f"d {parameter.path}" for parameter in built(case).parameters}
    assert compared <= set(errors)
    assert max(errors.values()) <= FORWARD, errors


@pytest.mark.parametrize("name", LOSSES)
def test_losses_agree_with_pytorch(name: str) -> None:
    errors = loss_errors(LOSSES[name], _part(f"loss/{name}/"))
    assert max(errors.values()) <= FORWARD, errors


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_agree_with_pytorch(name: str) -> None:
    errors = optimizer_errors(OPTIMIZERS[name], _part(f"optimizer/{name}/"))
    assert max(errors.values()) <= OPTIMIZER, errors


@pytest.mark.parametrize(
    ("family", "names"), [("layer", [case.name for case in WITH_PEER]), ("loss", LOSSES), ("optimizer", OPTIMIZERS)]
)
def test_the_file_holds_the_cases_and_no_others(family: str, names: Iterable[str]) -> None:
    held = {name.split("/")[1] for name in ARRAYS if name.startswith(f"{family}/")}
    assert held == set(names), "write it anew: python -m tests.reference.make"


@pytest.mark.parametrize(("union", "cases"), [(LossUnion, LOSSES), (OptimizerUnion, OPTIMIZERS)])
def test_every_member_has_a_golden(union: object, cases: Mapping[str, object]) -> None:
    assert {spec.type_name() for spec in get_args(union)} == {name.partition(",")[0] for name in cases}


def test_only_layers_that_draw_random_numbers_have_no_golden() -> None:
    """Every layer of the vocabulary has a case, as its battery makes sure."""

    def draws(case: LayerCase) -> bool:
        model = built(case)
        x = np.ones((2, *case.shape))
        return not np.array_equal(model.forward(x, step=Step(0, 0)).copy(), model.forward(x, step=Step(0, 1)))

    at_random = {type(case.make()) for case in LAYERS if draws(case)}
    for case in LAYERS:
        assert (case.peer is None) == case.random
        assert not case.random or type(case.make()) in at_random
