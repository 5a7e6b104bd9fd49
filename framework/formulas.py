"""A model as the lesson writes it: Z1 = W1·X + b1, A1 = max(0, Z1), Z2 = W2·A1 + b2, and so on.

The lesson has samples as columns, which is why W stands on the left of what it multiplies.
"""

from collections.abc import Sequence

from framework.layers.base import Layer
from framework.losses import Loss


def layer_formulas(layers: Sequence[Layer]) -> list[str]:
    """The formula of each layer and, after it, of the layers it is made of."""
    return _walk(layers, "X", 0)[0]


def loss_formulas(layers: Sequence[Layer], loss: Loss) -> tuple[str, ...]:
    """The formula of the loss after these layers, in one line or more."""
    _, z, number = _walk(layers, "X", 0)
    return loss.formulas(z, number)


def _walk(layers: Sequence[Layer], name: str, number: int) -> tuple[list[str], str, int]:
    """The formulas, the name of what the last one gives, and how many Zs there are; `name` and `number` are of x."""
    lines = []
    for layer in layers:
        number += layer.symbol == "Z"
        right = layer.formula(name, number)
        y = f"{layer.symbol}{number}" if layer.symbol else name
        lines.append(f"{y} {'←' if y == name else '='} {right}")
        inner, _, number = _walk(layer.layers, name, number)
        lines += inner
        name = y
    return lines, name, number
