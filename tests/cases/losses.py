"""The losses that are compared with PyTorch, each with its peer there."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Literal, TypeAlias

from framework.specs.complaints import Json

if TYPE_CHECKING:
    from torch import Tensor

Peer: TypeAlias = Callable[[ModuleType, "Tensor", "Tensor"], "Tensor"]
"""The value, from torch.nn.functional, outputs and targets."""

CLASS_WEIGHTS = (0.5, 2.0, 1.0, 3.0)


@dataclass(frozen=True)
class LossCase:
    """A loss, as a spec file says it, and what targets it is given, for outputs (n, 4)."""

    json: dict[str, Json]
    targets: Literal["labels", "probabilities", "numbers", "bits"]
    peer: Peer


LOSSES: dict[str, LossCase] = {
    "softmax_cross_entropy": LossCase(
        {"type": "softmax_cross_entropy"}, "labels", lambda F, z, y: F.cross_entropy(z, y)
    ),
    "softmax_cross_entropy, smoothed": LossCase(
        {"type": "softmax_cross_entropy", "label_smoothing": 0.1},
        "labels",
        lambda F, z, y: F.cross_entropy(z, y, label_smoothing=0.1),
    ),
    "softmax_cross_entropy, weighted": LossCase(
        {"type": "softmax_cross_entropy", "class_weights": list(CLASS_WEIGHTS)},
        "labels",
        lambda F, z, y: F.cross_entropy(z, y, weight=z.new_tensor(CLASS_WEIGHTS)),
    ),
    "softmax_cross_entropy, soft": LossCase(
        {"type": "softmax_cross_entropy"}, "probabilities", lambda F, z, y: F.cross_entropy(z, y)
    ),
    "mean_squared_error": LossCase({"type": "mean_squared_error"}, "numbers", lambda F, z, y: F.mse_loss(z, y)),
    "binary_cross_entropy": LossCase(
        {"type": "binary_cross_entropy"}, "bits", lambda F, z, y: F.binary_cross_entropy_with_logits(z, y)
    ),
    "huber": LossCase({"type": "huber", "delta": 0.8}, "numbers", lambda F, z, y: F.huber_loss(z, y, delta=0.8)),
}
"""By type, with what is special after a comma."""
