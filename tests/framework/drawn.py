"""Layers, networks, losses, targets and batches at random, for the sweeps: every class with any arguments it takes."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import numpy as np

from framework import (
    ELU,
    GELU,
    AveragePool2D,
    BatchNorm,
    BinaryCrossEntropy,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePool2D,
    Huber,
    Layer,
    LayerNorm,
    LeakyReLU,
    Loss,
    MaxPool2D,
    MeanSquaredError,
    ReLU,
    Rescale,
    Reshape,
    Residual,
    Sequential,
    Sigmoid,
    SiLU,
    SoftmaxCrossEntropy,
    Softplus,
    Tanh,
)
from framework.gradcheck import unsettle
from framework.types import Array, Numbers, Shape

Rng: TypeAlias = np.random.Generator

LARGEST = 7
"""Rows, features, outputs and the sides of an image."""


def _size(rng: Rng, least: int = 1) -> int:
    return int(rng.integers(least, LARGEST + 1))


def _row(rng: Rng) -> Shape:
    return (_size(rng),)


def _image(rng: Rng) -> Shape:
    return _size(rng), _size(rng), int(rng.integers(1, 4))


def _scale(rng: Rng) -> float:
    return float(rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 2))


def _epsilon(rng: Rng) -> float:
    return float(10 ** rng.uniform(-5, 0))


def _window(rng: Rng, shape: Shape) -> int:
    """The side of a square that lies inside the image."""
    return int(rng.integers(1, min(4, *shape[:2]) + 1))


def _stride(rng: Rng) -> int | None:
    return _size(rng) if rng.random() < 0.5 else None


def _conv2d(rng: Rng, shape: Shape) -> Layer:
    return Conv2D(
        shape[2],
        int(rng.integers(1, 4)),
        kernel_size=_window(rng, shape),
        stride=int(rng.integers(1, 4)),
        padding="same" if rng.random() < 0.5 else "valid",
        use_bias=rng.random() < 0.8,
    )


def _reshape(rng: Rng, shape: Shape) -> Layer:
    size = math.prod(shape)
    first = int(rng.choice([part for part in range(1, size + 1) if size % part == 0]))
    return Reshape((first, size // first, 1) if rng.random() < 0.5 else (size,))


def _residual(rng: Rng, shape: Shape) -> Layer:
    if len(shape) == 1 and rng.random() < 0.5:
        inside = _size(rng)
        return Residual([Dense(shape[0], inside), Tanh(), Dense(inside, shape[0])])
    return Residual([Tanh(), Residual([LayerNorm(shape[-1], epsilon=_epsilon(rng)), Sigmoid()])])


DRAW: Mapping[type[Layer], Callable[[Rng, Shape], Layer]] = {
    Rescale: lambda rng, _: Rescale(_scale(rng)),
    Dense: lambda rng, shape: Dense(shape[0], _size(rng), use_bias=rng.random() < 0.8),
    Dropout: lambda rng, _: Dropout(rng.uniform(0, 0.9)),
    GaussianNoise: lambda rng, _: GaussianNoise(rng.uniform(0, 2)),
    Reshape: _reshape,
    Flatten: lambda rng, _: Flatten(),
    Conv2D: _conv2d,
    MaxPool2D: lambda rng, shape: MaxPool2D(_window(rng, shape), stride=_stride(rng)),
    AveragePool2D: lambda rng, shape: AveragePool2D(_window(rng, shape), stride=_stride(rng)),
    GlobalAveragePool2D: lambda rng, _: GlobalAveragePool2D(),
    BatchNorm: lambda rng, shape: BatchNorm(shape[-1], momentum=rng.uniform(0, 0.99), epsilon=_epsilon(rng)),
    LayerNorm: lambda rng, shape: LayerNorm(shape[-1], epsilon=_epsilon(rng)),
    Residual: _residual,
    ReLU: lambda rng, _: ReLU(),
    LeakyReLU: lambda rng, _: LeakyReLU(rng.uniform(0, 1)),
    Sigmoid: lambda rng, _: Sigmoid(),
    Tanh: lambda rng, _: Tanh(),
    ELU: lambda rng, _: ELU(rng.uniform(0, 3)),
    Softplus: lambda rng, _: Softplus(),
    SiLU: lambda rng, _: SiLU(),
    GELU: lambda rng, _: GELU(),
}
"""A layer of each class, with arguments at random, for samples of a shape."""

ROWS_ONLY: frozenset[type[Layer]] = frozenset({Dense})
IMAGES_ONLY: frozenset[type[Layer]] = frozenset({Conv2D, MaxPool2D, AveragePool2D, GlobalAveragePool2D})


def layer_and_batch(kind: type[Layer], rng: Rng) -> tuple[Layer, Array]:
    """A layer of that class, and a batch for it."""
    image = kind in IMAGES_ONLY or (kind not in ROWS_ONLY and rng.random() < 0.5)
    shape = _image(rng) if image else _row(rng)
    layer = DRAW[kind](rng, shape)
    return layer, batch(rng, [layer], shape)


def batch(rng: Rng, layers: Iterable[Layer], shape: Shape) -> Array:
    """A few samples; one batch in four is as small as it can be."""
    fewest = 1 if all(layer.rows_are_independent for layer in layers) else 2
    n = fewest if rng.random() < 0.25 else _size(rng, fewest)
    return rng.standard_normal((n, *shape))


def network(rng: Rng, outputs: int) -> Sequential:
    """Two to five layers of any class that fits, and a Dense on top."""
    start = shape = _image(rng) if rng.random() < 0.5 else _row(rng)
    layers: list[Layer] = []
    for _ in range(rng.integers(2, 6)):
        kinds = set(DRAW) - (ROWS_ONLY if len(shape) == 3 else IMAGES_ONLY)
        kind = sorted(kinds, key=lambda kind: kind.__name__)[rng.integers(len(kinds))]
        layers.append(DRAW[kind](rng, shape))
        shape = layers[-1].output_shape(shape)
    model = Sequential([*layers, Flatten(), Dense(math.prod(shape), outputs)], input_shape=start, seed=_size(rng))
    unsettle(model, 0)
    return model


def outputs_for(kind: type[Loss], rng: Rng, most: int = LARGEST) -> int:
    """How many a network with a loss of that class has: a choice needs two."""
    return int(rng.integers(2 if kind is SoftmaxCrossEntropy else 1, most + 1))


def targets_for(loss: Loss, rng: Rng, n: int, k: int) -> Numbers:
    """Of any kind the loss takes: labels, or rows of numbers, of parts, of probabilities."""
    if k > 1 and rng.random() < 0.5:
        return rng.integers(0, k, n)
    if isinstance(loss, SoftmaxCrossEntropy):
        return rng.dirichlet(np.ones(k), n)
    shape = (n,) if k == 1 and rng.random() < 0.5 else (n, k)
    if isinstance(loss, BinaryCrossEntropy):
        return rng.uniform(size=shape) if rng.random() < 0.5 else rng.integers(0, 2, shape)
    return rng.standard_normal(shape)


def _softmax_cross_entropy(rng: Rng, k: int) -> Loss:
    weights = tuple(float(weight) for weight in 10 ** rng.uniform(-1, 1, k)) if rng.random() < 0.5 else None
    smoothing = rng.uniform(0, 0.9) if rng.random() < 0.5 else 0.0
    return SoftmaxCrossEntropy(label_smoothing=smoothing, class_weights=weights)


LOSSES: Mapping[type[Loss], Callable[[Rng, int], Loss]] = {
    SoftmaxCrossEntropy: _softmax_cross_entropy,
    MeanSquaredError: lambda rng, k: MeanSquaredError(),
    BinaryCrossEntropy: lambda rng, k: BinaryCrossEntropy(),
    Huber: lambda rng, k: Huber(float(10 ** rng.uniform(-1, 1))),
}
"""A loss of each class, with arguments at random, for k outputs."""
