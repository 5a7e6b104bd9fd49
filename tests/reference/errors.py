"""How far chalknet is from PyTorch, both in float64: the largest relative difference of every golden.

python -m tests.reference.errors
"""

from safetensors.numpy import load_file

from tests.cases.layers import LAYERS
from tests.cases.losses import LOSSES
from tests.cases.optimizers import OPTIMIZERS
from tests.reference.compare import GOLDENS, Arrays, layer_errors, loss_errors, optimizer_errors


def main() -> None:
    arrays = load_file(GOLDENS)

    def part(prefix: str) -> Arrays:
        return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}

    for case in LAYERS:
        if case.peer is not None:
            _print(case.name, layer_errors(case, part(f"layer/{case.name}/")))
    for name, loss in LOSSES.items():
        _print(name, loss_errors(loss, part(f"loss/{name}/")))
    for name, optimizer in OPTIMIZERS.items():
        _print(name, optimizer_errors(optimizer, part(f"optimizer/{name}/")))


def _print(name: str, errors: dict[str, float]) -> None:
    print(f"{max(errors.values()):.0e}  {name}")


if __name__ == "__main__":
    main()
