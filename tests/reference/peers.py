"""Every layer, loss and optimizer said once more in PyTorch: the same numbers in, what comes out?

Weights come in chalknet's layout and order, so that autograd gives their gradients in it too. Images are channels-last
here and channels-first in PyTorch.
"""

from collections.abc import Callable
from typing import TypeAlias

import torch
import torch.nn.functional as F

from tests.reference.cases import CLASS_WEIGHTS

Tensor: TypeAlias = torch.Tensor
Weights: TypeAlias = dict[str, Tensor]
LayerPeer: TypeAlias = Callable[[Tensor, Weights], Tensor]


def _conv(stride: int, same: bool) -> LayerPeer:
    def peer(x: Tensor, weights: Weights) -> Tensor:
        kernel = weights["weight"].permute(3, 2, 0, 1)
        images = x.permute(0, 3, 1, 2)
        if same:
            images = F.pad(images, (*_zeros(x.shape[2], kernel, stride), *_zeros(x.shape[1], kernel, stride)))
        return F.conv2d(images, kernel, weights["bias"], stride=stride).permute(0, 2, 3, 1)

    return peer


def _zeros(length: int, kernel: Tensor, stride: int) -> tuple[int, int]:
    """Before and after, so that ⌈length / stride⌉ windows fit; the larger half of an odd number after."""
    zeros = max((-(-length // stride) - 1) * stride + kernel.shape[-1] - length, 0)
    return zeros // 2, zeros - zeros // 2


def _pooled(pool: Callable[[Tensor], Tensor]) -> LayerPeer:
    return lambda x, weights: pool(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def _dense(x: Tensor, weights: Weights) -> Tensor:
    return x @ weights["weight"] + weights["bias"]


def _batch_norm(x: Tensor, weights: Weights) -> Tensor:
    flat = x.reshape(-1, x.shape[-1])
    return F.batch_norm(flat, None, None, weights["gamma"], weights["beta"], training=True, eps=1e-5).reshape(x.shape)


def running(x: Tensor) -> Weights:
    """Running mean and variance after one batch."""
    flat = x.reshape(-1, x.shape[-1])
    mean, variance = torch.zeros(x.shape[-1], dtype=x.dtype), torch.ones(x.shape[-1], dtype=x.dtype)
    F.batch_norm(flat, mean, variance, None, None, training=True, momentum=0.1)
    return {"running_mean": mean, "running_variance": variance}


def _residual(x: Tensor, weights: Weights) -> Tensor:
    hidden = torch.tanh(x @ weights["layers.0.weight"] + weights["layers.0.bias"])
    return x + hidden @ weights["layers.2.weight"] + weights["layers.2.bias"]


LAYERS: dict[str, LayerPeer] = {
    "rescale": lambda x, weights: x * 0.25,
    "dense": _dense,
    "relu": lambda x, weights: torch.relu(x),
    "leaky_relu": lambda x, weights: F.leaky_relu(x, 0.1),
    "sigmoid": lambda x, weights: torch.sigmoid(x),
    "tanh": lambda x, weights: torch.tanh(x),
    "elu": lambda x, weights: F.elu(x, 0.7),
    "gelu": lambda x, weights: F.gelu(x, approximate="tanh"),
    "silu": lambda x, weights: F.silu(x),
    "softplus": lambda x, weights: F.softplus(x, threshold=1e9),
    "flatten": lambda x, weights: x.reshape(len(x), -1),
    "reshape": lambda x, weights: x.reshape(len(x), 2, 6),
    "conv2d": _conv(1, same=False),
    "conv2d, same": _conv(1, same=True),
    "conv2d, stride": _conv(2, same=True),
    "max_pool2d": _pooled(lambda images: F.max_pool2d(images, 2)),
    "max_pool2d, overlapping": _pooled(lambda images: F.max_pool2d(images, 3, 2)),
    "average_pool2d": _pooled(lambda images: F.avg_pool2d(images, 2)),
    "global_average_pool2d": lambda x, weights: x.mean(dim=(1, 2)),
    "batch_norm": _batch_norm,
    "batch_norm, images": _batch_norm,
    "layer_norm": lambda x, weights: F.layer_norm(x, x.shape[-1:], weights["gamma"], weights["beta"], eps=1e-5),
    "residual": _residual,
}

BUFFERS: dict[str, Callable[[Tensor], Weights]] = {"batch_norm": running, "batch_norm, images": running}
"""The buffers after one training step, from x."""

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "softmax_cross_entropy": F.cross_entropy,
    "softmax_cross_entropy, smoothed": lambda z, y: F.cross_entropy(z, y, label_smoothing=0.1),
    "softmax_cross_entropy, weighted": lambda z, y: F.cross_entropy(
        z, y, weight=torch.tensor(CLASS_WEIGHTS, dtype=z.dtype)
    ),
    "softmax_cross_entropy, soft": F.cross_entropy,
    "mean_squared_error": F.mse_loss,
    "binary_cross_entropy": F.binary_cross_entropy_with_logits,
    "huber": lambda z, y: F.huber_loss(z, y, delta=0.8),
}

OPTIMIZERS: dict[str, Callable[[list[Tensor]], torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, 0.05),
    "sgd, momentum": lambda p: torch.optim.SGD(p, 0.02, momentum=0.9),
    "sgd, nesterov and decay": lambda p: torch.optim.SGD(p, 0.02, momentum=0.8, nesterov=True, weight_decay=0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.003, alpha=0.95),
    "adam": lambda p: torch.optim.Adam(p, 0.01, betas=(0.8, 0.99)),
    "adamw": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1),
}
