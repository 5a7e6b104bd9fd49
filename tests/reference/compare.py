"""What chalknet makes of the numbers PyTorch was given: how far is it from what PyTorch made of them?"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from framework import Dense, Sequential, Step
from framework.specs.losses import AnyLoss
from framework.specs.optimizers import AnyOptimizer
from tests.cases.layers import LayerCase
from tests.cases.losses import LossCase
from tests.cases.optimizers import OptimizerCase

GOLDENS = Path(__file__).resolve().parent / "goldens.safetensors"

Arrays = Mapping[str, NDArray[np.generic]]

PARAMETERS = {"weight": (3, 4), "bias": (4,)}
"""What the optimizers move: a matrix, which decays, and a vector, which does not."""


def built(case: LayerCase) -> Sequential:
    """The layer as a float64 model of its own."""
    return Sequential([case.make()], input_shape=case.shape, seed=0, dtype=np.float64)


def layer_errors(case: LayerCase, arrays: Arrays) -> dict[str, float]:
    """The largest difference in y, dx, every gradient and every buffer, relative to the largest entry."""
    model = built(case)
    weights = _named("weight/", arrays)
    model.set_weights({**model.get_weights(), **weights})
    y = model.forward(arrays["x"], step=Step(0, 0)).copy()
    dx = model.backward(arrays["dy"].astype(np.float64), need_dx=True)
    if dx is None:
        raise AssertionError("backward gave no dx")
    gradients = {parameter.path: parameter.grad for layer in model.layers for parameter in layer.parameters}
    after = model.get_weights()
    return {
        "y": _apart(y, arrays["y"]),
        "dx": _apart(dx, arrays["dx"]),
        **{f"d {name}": _apart(gradients[name], array) for name, array in _named("gradient/", arrays).items()},
        **{name: _apart(after[name], array) for name, array in _named("buffer/", arrays).items()},
    }


def loss_errors(case: LossCase, arrays: Arrays) -> dict[str, float]:
    """The differences in value and gradient."""
    loss = TypeAdapter(AnyLoss).validate_python(case.json).build()
    value, gradient = loss.value_and_grad(arrays["outputs"].astype(np.float64), arrays["targets"])
    return {"value": _apart(np.array([value]), arrays["value"]), "gradient": _apart(gradient, arrays["gradient"])}


def optimizer_errors(case: OptimizerCase, arrays: Arrays) -> dict[str, float]:
    """The differences at the end of all steps."""
    optimizer = TypeAdapter(AnyOptimizer).validate_python(case.json).build()
    model = Sequential([Dense(*PARAMETERS["weight"])], seed=0, dtype=np.float64)
    model.set_weights({f"layers.0.{name}": array for name, array in _named("start/", arrays).items()})
    optimizer.begin(model.parameters)
    gradients = _named("gradient/", arrays)
    for index in range(len(gradients["weight"])):
        for parameter in model.layers[0].parameters:
            parameter.grad[...] = gradients[parameter.name][index]
        optimizer.step(model.parameters.values, model.parameters.grads, optimizer.learning_rate, index)
    end = model.get_weights()
    return {name: _apart(end[f"layers.0.{name}"], array) for name, array in _named("end/", arrays).items()}


def _named(prefix: str, arrays: Arrays) -> dict[str, NDArray[np.float64]]:
    return {
        name.removeprefix(prefix): array.astype(np.float64) for name, array in arrays.items() if name.startswith(prefix)
    }


def _apart(ours: NDArray[np.generic], theirs: NDArray[np.generic]) -> float:
    if ours.shape != theirs.shape:
        raise AssertionError(f"got shape {ours.shape}; expected {theirs.shape}")
    difference = np.abs(ours.astype(np.float64) - theirs.astype(np.float64)).max()
    return float(difference / max(np.abs(theirs.astype(np.float64)).max(), 1e-300))
