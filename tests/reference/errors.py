"""How far chalknet is from PyTorch, both in float64: the largest relative difference of every golden.

python -m tests.reference.errors
"""

from safetensors.numpy import load_file

from tests.reference.cases import GOLDENS, LAYERS, LOSSES, OPTIMIZERS
from tests.reference.compare import Arrays, layer_errors, loss_errors, optimizer_errors


def main() -> None:
    arrays = load_file(GOLDENS)

    def part(prefix: str) -> Arrays:
        return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}

    for name, case in LAYERS.items():
        _print(name, layer_errors(case, part(f"layer/{name}/")))
    for name, loss in LOSSES.items():
        _print(name, loss_errors(loss, part(f"loss/{name}/")))
    for name, optimizer in OPTIMIZERS.items():
        _print(name, optimizer_errors(optimizer, part(f"optimizer/{name}/")))


def _print(name: str, errors: dict[str, float]) -> None:
    print(f"{name:<35} {max(errors.values()):.0e}")


if __name__ == "__main__":
    main()
