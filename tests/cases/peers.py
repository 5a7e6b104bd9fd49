"""Layers said once more in PyTorch, as far as that takes more than a line in the table.

A peer is handed torch.nn.functional as `F`, so that nobody needs PyTorch to read the table. Weights come by name in
chalknet's layout, so that autograd gives their gradients in it too. Images are channels-last here and channels-first in
PyTorch.
"""

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

Weights: TypeAlias = dict[str, "Tensor"]
Peer: TypeAlias = Callable[[ModuleType, "Tensor", Weights], "Tensor"]
"""y from F, x and the weights."""
Buffers: TypeAlias = Callable[[ModuleType, "Tensor"], Weights]
"""The buffers after one training step, from F and x."""


def dense(F: ModuleType, x: "Tensor", weights: Weights) -> "Tensor":
    return x @ weights["weight"] + weights["bias"]


def conv(stride: int, same: bool) -> Peer:
    def peer(F: ModuleType, x: "Tensor", weights: Weights) -> "Tensor":
        kernel = weights["weight"].permute(3, 2, 0, 1)
        images = x.permute(0, 3, 1, 2)
        if same:
            images = F.pad(images, (*_zeros(x.shape[2], kernel, stride), *_zeros(x.shape[1], kernel, stride)))
        return F.conv2d(images, kernel, weights.get("bias"), stride=stride).permute(0, 2, 3, 1)

    return peer


def _zeros(length: int, kernel: "Tensor", stride: int) -> tuple[int, int]:
    """Before and after, so that ⌈length / stride⌉ windows fit; the larger half of an odd number after."""
    zeros = max((-(-length // stride) - 1) * stride + kernel.shape[-1] - length, 0)
    return zeros // 2, zeros - zeros // 2


def pool(kind: str, size: int, stride: int) -> Peer:
    return lambda F, x, weights: getattr(F, kind)(x.permute(0, 3, 1, 2), size, stride).permute(0, 2, 3, 1)


def batch_norm(epsilon: float) -> Peer:
    def peer(F: ModuleType, x: "Tensor", weights: Weights) -> "Tensor":
        rows, gamma, beta = x.reshape(-1, x.shape[-1]), weights["gamma"], weights["beta"]
        return F.batch_norm(rows, None, None, gamma, beta, training=True, eps=epsilon).reshape(x.shape)

    return peer


def running(momentum: float) -> Buffers:
    """Running mean and variance after one batch; PyTorch's momentum is what is new, ours what stays."""

    def buffers(F: ModuleType, x: "Tensor") -> Weights:
        mean, variance = x.new_zeros(x.shape[-1]), x.new_ones(x.shape[-1])
        F.batch_norm(x.reshape(-1, x.shape[-1]), mean, variance, training=True, momentum=1 - momentum)
        return {"running_mean": mean, "running_variance": variance}

    return buffers


def layer_norm(epsilon: float) -> Peer:
    return lambda F, x, w: F.layer_norm(x, x.shape[-1:], w["gamma"], w["beta"], eps=epsilon)


def residual_of_three(F: ModuleType, x: "Tensor", weights: Weights) -> "Tensor":
    hidden = x @ weights["layers.0.weight"] + weights["layers.0.bias"]
    hidden = hidden + F.sigmoid(hidden)
    return x + hidden @ weights["layers.2.weight"] + weights["layers.2.bias"]


def residual_with_batch_norm(F: ModuleType, x: "Tensor", weights: Weights) -> "Tensor":
    gamma, beta = weights["layers.1.gamma"], weights["layers.1.beta"]
    hidden = F.batch_norm(x @ weights["layers.0.weight"], None, None, gamma, beta, training=True, eps=1e-5)
    return x + hidden @ weights["layers.2.weight"] + weights["layers.2.bias"]
