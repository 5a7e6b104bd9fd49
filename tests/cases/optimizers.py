"""The optimizers that are compared with PyTorch, each with its peer there."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

from framework.specs.complaints import Json

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

Peer: TypeAlias = Callable[[ModuleType, list["Tensor"]], "Optimizer"]
"""The same in PyTorch, from torch.optim and what it has to move."""


@dataclass(frozen=True)
class OptimizerCase:
    """An optimizer, as a spec file says it."""

    json: dict[str, Json]
    peer: Peer


OPTIMIZERS: dict[str, OptimizerCase] = {
    "sgd": OptimizerCase({"type": "sgd", "learning_rate": 0.05}, lambda optim, p: optim.SGD(p, 0.05)),
    "sgd, momentum": OptimizerCase(
        {"type": "sgd", "learning_rate": 0.02, "momentum": 0.9}, lambda optim, p: optim.SGD(p, 0.02, momentum=0.9)
    ),
    "sgd, nesterov and decay": OptimizerCase(
        {"type": "sgd", "learning_rate": 0.02, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01},
        lambda optim, p: optim.SGD(p, 0.02, momentum=0.8, nesterov=True, weight_decay=0.01),
    ),
    "rmsprop": OptimizerCase(
        {"type": "rmsprop", "learning_rate": 0.003, "decay": 0.95}, lambda optim, p: optim.RMSprop(p, 0.003, alpha=0.95)
    ),
    "adam": OptimizerCase(
        {"type": "adam", "learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.99},
        lambda optim, p: optim.Adam(p, 0.01, betas=(0.8, 0.99)),
    ),
    "adamw": OptimizerCase(
        {"type": "adamw", "learning_rate": 0.01, "weight_decay": 0.1},
        lambda optim, p: optim.AdamW(p, 0.01, weight_decay=0.1),
    ),
}
"""By type, with what is special after a comma."""
