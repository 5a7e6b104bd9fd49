"""Which layers, losses and optimizers are compared with PyTorch, and in which settings. No PyTorch is needed here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from framework.specs.complaints import Json

GOLDENS = Path(__file__).resolve().parent / "goldens.safetensors"

IMAGE = (7, 6, 3)
CLASS_WEIGHTS = (0.5, 2.0, 1.0, 3.0)

RANDOM = {"dropout", "gaussian_noise"}
"""Layers that draw random numbers: PyTorch draws others. Their own tests prove them."""


@dataclass(frozen=True)
class LayerCase:
    """A layer's spec and the shape of one sample."""

    spec: dict[str, Json]
    input_shape: tuple[int, ...]


@dataclass(frozen=True)
class LossCase:
    """A loss's spec and what targets it is given, for outputs (n, 4)."""

    spec: dict[str, Json]
    targets: Literal["labels", "probabilities", "numbers", "bits"]


LAYERS: dict[str, LayerCase] = {
    "rescale": LayerCase({"type": "rescale", "scale": 0.25}, (5,)),
    "dense": LayerCase({"type": "dense", "out_features": 4}, (6,)),
    "relu": LayerCase({"type": "relu"}, (9,)),
    "leaky_relu": LayerCase({"type": "leaky_relu", "negative_slope": 0.1}, (9,)),
    "sigmoid": LayerCase({"type": "sigmoid"}, (9,)),
    "tanh": LayerCase({"type": "tanh"}, (9,)),
    "elu": LayerCase({"type": "elu", "alpha": 0.7}, (9,)),
    "gelu": LayerCase({"type": "gelu"}, (9,)),
    "silu": LayerCase({"type": "silu"}, (9,)),
    "softplus": LayerCase({"type": "softplus"}, (9,)),
    "flatten": LayerCase({"type": "flatten"}, IMAGE),
    "reshape": LayerCase({"type": "reshape", "shape": [2, 6]}, (12,)),
    "conv2d": LayerCase({"type": "conv2d", "out_channels": 4}, IMAGE),
    "conv2d, same": LayerCase({"type": "conv2d", "out_channels": 4, "kernel_size": 4, "padding": "same"}, IMAGE),
    "conv2d, stride": LayerCase({"type": "conv2d", "out_channels": 2, "stride": 2, "padding": "same"}, IMAGE),
    "max_pool2d": LayerCase({"type": "max_pool2d"}, IMAGE),
    "max_pool2d, overlapping": LayerCase({"type": "max_pool2d", "pool_size": 3, "stride": 2}, IMAGE),
    "average_pool2d": LayerCase({"type": "average_pool2d"}, IMAGE),
    "global_average_pool2d": LayerCase({"type": "global_average_pool2d"}, IMAGE),
    "batch_norm": LayerCase({"type": "batch_norm"}, (5,)),
    "batch_norm, images": LayerCase({"type": "batch_norm"}, IMAGE),
    "layer_norm": LayerCase({"type": "layer_norm"}, (6,)),
    "residual": LayerCase(
        {
            "type": "residual",
            "layers": [{"type": "dense", "out_features": 3}, {"type": "tanh"}, {"type": "dense", "out_features": 5}],
        },
        (5,),
    ),
}

LOSSES: dict[str, LossCase] = {
    "softmax_cross_entropy": LossCase({"type": "softmax_cross_entropy"}, "labels"),
    "softmax_cross_entropy, smoothed": LossCase({"type": "softmax_cross_entropy", "label_smoothing": 0.1}, "labels"),
    "softmax_cross_entropy, weighted": LossCase(
        {"type": "softmax_cross_entropy", "class_weights": list(CLASS_WEIGHTS)}, "labels"
    ),
    "softmax_cross_entropy, soft": LossCase({"type": "softmax_cross_entropy"}, "probabilities"),
    "mean_squared_error": LossCase({"type": "mean_squared_error"}, "numbers"),
    "binary_cross_entropy": LossCase({"type": "binary_cross_entropy"}, "bits"),
    "huber": LossCase({"type": "huber", "delta": 0.8}, "numbers"),
}

OPTIMIZERS: dict[str, dict[str, Json]] = {
    "sgd": {"type": "sgd", "learning_rate": 0.05},
    "sgd, momentum": {"type": "sgd", "learning_rate": 0.02, "momentum": 0.9},
    "sgd, nesterov and decay": {
        "type": "sgd", "learning_rate": 0.02, "momentum": 0.8, "nesterov": True, "weight_decay": 0.01,
    },
    "rmsprop": {"type": "rmsprop", "learning_rate": 0.003, "decay": 0.95},
    "adam": {"type": "adam", "learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.99},
    "adamw": {"type": "adamw", "learning_rate": 0.01, "weight_decay": 0.1},
}  # fmt: skip
