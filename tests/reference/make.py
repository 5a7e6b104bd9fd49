"""What PyTorch says, as arrays: for the committed goldens, and for comparing live.

    python -m tests.reference.make

writes tests/reference/goldens.safetensors anew. Needs PyTorch; the suite itself reads the file and does not.
"""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.numpy import save_file

from framework import stream
from tests.cases.layers import LAYERS, LayerCase
from tests.cases.losses import LOSSES, LossCase
from tests.cases.optimizers import OPTIMIZERS, OptimizerCase
from tests.reference.compare import GOLDENS, PARAMETERS, built

Arrays = dict[str, NDArray[np.generic]]

ROWS = 3
STEPS = 200


def layer_arrays(case: LayerCase, rng: np.random.Generator, rows: int = ROWS) -> Arrays:
    """x, dy and weights as drawn; y, dx, the gradients and the buffers afterwards as PyTorch has them."""
    if case.peer is None:
        raise AssertionError(f"{case.name} has no peer")
    model = built(case)
    weights = {name: rng.standard_normal(value.shape) for name, value in model.get_weights().items()}
    weights = {name: value for name, value in weights.items() if "running" not in name}
    x = rng.standard_normal((rows, *case.shape))
    dy = rng.standard_normal((rows, *model.output_shape))
    tensors = {name.removeprefix("layers.0."): _leaf(value) for name, value in weights.items()}
    image = _leaf(x)
    y = case.peer(F, image, tensors)
    y.backward(torch.from_numpy(dy))
    after = {} if case.buffers is None else case.buffers(F, torch.from_numpy(x))
    return {
        "x": x,
        "dy": dy,
        "y": _array(y),
        "dx": _array(image.grad),
        **{f"weight/{name}": value for name, value in weights.items()},
        **{f"gradient/layers.0.{name}": _array(tensor.grad) for name, tensor in tensors.items()},
        **{f"buffer/layers.0.{name}": _array(tensor) for name, tensor in after.items()},
    }


def loss_arrays(case: LossCase, rng: np.random.Generator, rows: int = 8) -> Arrays:
    """Outputs and targets as drawn; the value and the gradient as PyTorch has them."""
    kind, n, k = case.targets, rows, 4
    outputs = 3 * rng.standard_normal((n, k))
    targets: NDArray[np.generic]
    if kind == "labels":
        targets = rng.integers(0, k, n)
    elif kind == "bits":
        targets = rng.integers(0, 2, (n, k)).astype(np.float64)
    elif kind == "probabilities":
        targets = rng.dirichlet(np.ones(k), n)
    else:
        targets = 3 * rng.standard_normal((n, k))
    z = _leaf(outputs)
    value = case.peer(F, z, torch.from_numpy(targets))
    value.backward()
    return {"outputs": outputs, "targets": targets, "value": _array(value)[np.newaxis], "gradient": _array(z.grad)}


def optimizer_arrays(case: OptimizerCase, rng: np.random.Generator) -> Arrays:
    """Start values and STEPS gradients as drawn, half of them scaled far down; where PyTorch ends up."""
    start = {part: rng.standard_normal(shape) for part, shape in PARAMETERS.items()}
    gradients = {part: rng.standard_normal((STEPS, *shape)) for part, shape in PARAMETERS.items()}
    for gradient in gradients.values():
        gradient[::2] *= 1e-3
    tensors = {name: _leaf(value) for name, value in start.items()}
    decayed, spared = (case.peer(torch.optim, [tensors[part]]) for part in ("weight", "bias"))
    for group in spared.param_groups:
        group["weight_decay"] = 0.0
    for step in range(STEPS):
        for part, tensor in tensors.items():
            tensor.grad = torch.from_numpy(gradients[part][step])
        decayed.step()
        spared.step()
    return {
        **{f"start/{name}": value for name, value in start.items()},
        **{f"gradient/{name}": value for name, value in gradients.items()},
        **{f"end/{name}": _array(tensor) for name, tensor in tensors.items()},
    }


def _leaf(array: NDArray[np.float64]) -> torch.Tensor:
    return torch.tensor(array, requires_grad=True)


def _array(tensor: torch.Tensor) -> NDArray[np.float64]:
    array: NDArray[np.float64] = tensor.detach().numpy().astype(np.float64)
    return array


def main() -> None:
    # each draws from a stream of its own name, so that a new case leaves the others as they are
    made = {
        **{f"layer/{case.name}": layer_arrays(case, stream(0, case.name)) for case in LAYERS if case.peer is not None},
        **{f"loss/{name}": loss_arrays(case, stream(0, name)) for name, case in LOSSES.items()},
        **{f"optimizer/{name}": optimizer_arrays(case, stream(0, name)) for name, case in OPTIMIZERS.items()},
    }
    arrays = {
        f"{name}/{key}": np.ascontiguousarray(array) for name, part in made.items() for key, array in part.items()
    }
    save_file(arrays, GOLDENS)
    print(f"{GOLDENS.name}: {len(arrays)} arrays, {GOLDENS.stat().st_size:,} bytes, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
