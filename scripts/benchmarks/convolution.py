"""Channels last or first? A training step of Conv2D against a twin whose images are (n, channels, height, width).

    python -m scripts.benchmarks.convolution [ROUNDS]

The step is forward and backward of one convolution with padding "valid", 64 images at a time, in float32 on one thread.
With one channel it is the first layer, for which backward makes no dx. The twin works in the same way, block by block
through a matrix of windows; only its arrays lie the other way round. The two are measured in turn, so that a busy
machine slows both; the medians are shown.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from framework import Conv2D, Step, stream
from framework.layers.windows import BLOCK_BYTES
from framework.threads import blas_threads
from framework.types import Array

ROUNDS = 25
IMAGES = 64
SIZES = ((28, 1, 3, 16), (28, 1, 5, 16), (14, 16, 3, 32), (12, 16, 5, 32), (14, 32, 3, 64), (28, 64, 3, 64))
"""Side of the image, channels in, side of the kernel, channels out."""


def channels_first(x: Array, weight: Array, dy: Array) -> Callable[[], tuple[Array, Array, Array]]:
    """The twin's step on x (n, channels, height, width), weight (out, channels, size, size): y, dW and dx."""
    n, channels, *_ = x.shape
    out, _, size, _ = weight.shape
    down, across = dy.shape[2:]
    values, places = channels * size * size, down * across
    count = max(1, BLOCK_BYTES // (values * places * x.itemsize))
    windows = sliding_window_view(x, (size, size), axis=(2, 3)).transpose(0, 1, 4, 5, 2, 3)
    matrices, sent = (np.empty((min(count, n), values, places), x.dtype) for _ in range(2))
    y, dx, weights = np.empty((n, out, places), x.dtype), np.zeros_like(x), weight.reshape(out, values)

    def copied(images: slice) -> Array:
        view = windows[images]
        np.copyto(matrices[: len(view)].reshape(view.shape), view)
        return matrices[: len(view)]

    def step() -> tuple[Array, Array, Array]:
        grad = np.zeros_like(weights)
        blocks = [slice(first, first + count) for first in range(0, n, count)]
        for images in blocks:
            np.matmul(weights, copied(images), out=y[images])
        for images in blocks:
            dy_part = dy[images].reshape(-1, out, places)
            grad += np.matmul(dy_part, copied(images).transpose(0, 2, 1)).sum(axis=0)
            if channels == 1:
                continue
            back = np.matmul(weights.T, dy_part, out=sent[: len(dy_part)])
            pixels = back.reshape(-1, channels, size, size, down, across)
            dx[images] = 0
            for row in range(size):
                for column in range(size):
                    dx[images, :, row : row + down, column : column + across] += pixels[:, :, row, column]
        return y.reshape(dy.shape), grad.reshape(weight.shape), dx

    return step


def channels_last(layer: Conv2D, x: Array, dy: Array) -> Callable[[], tuple[Array, Array, Array]]:
    def step() -> tuple[Array, Array, Array]:
        y = layer.forward(x, step=Step(0, 0))
        dx = layer.backward(dy, need_dx=layer.in_channels > 1)
        return y, layer.weight.grad, np.zeros_like(x) if dx is None else dx

    return step


def milliseconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1e3


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    rng = stream(0, "convolution")
    print(f"{IMAGES} images, one thread, median of {rounds} rounds, ms a step")
    for side, channels, size, out in SIZES:
        layer = Conv2D(channels, out, kernel_size=size, use_bias=False)
        x = rng.standard_normal((IMAGES, side, side, channels), np.float32)
        dy = rng.standard_normal((IMAGES, side - size + 1, side - size + 1, out), np.float32)
        first_x, first_dy = (np.ascontiguousarray(array.transpose(0, 3, 1, 2)) for array in (x, dy))
        weight = np.ascontiguousarray(layer.weight.value.transpose(3, 2, 0, 1))
        last, first = channels_last(layer, x, dy), channels_first(first_x, weight, first_dy)
        with blas_threads(1):
            orders = ((0, 2, 3, 1), (2, 3, 1, 0), (0, 2, 3, 1))
            for ours, theirs, order in zip(last(), first(), orders, strict=True):
                np.testing.assert_allclose(ours, theirs.transpose(order), rtol=1e-3, atol=1e-2)
            pairs = [(milliseconds(last), milliseconds(first)) for _ in range(rounds)]
        a, b = (statistics.median(figures) for figures in zip(*pairs, strict=True))
        name = f"{side}x{side}x{channels}, {size}x{size} kernel to {out}"
        print(f"{name:<28} channels last {a:6.2f}, first {b:6.2f}: {a / b:.2f}")


if __name__ == "__main__":
    main()
