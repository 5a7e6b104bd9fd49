"""Pools: an image shrinks to the largest or the mean number of each small square, channel by channel.

They keep what was found and forget where exactly, and the layers above have less to do. There is no padding: pixels
that fill no whole window are left out.
"""

from typing import final

import numpy as np

from framework.arguments import whole_number
from framework.errors import InputError
from framework.layers.base import Layer
from framework.layers.windows import Windows, blocks
from framework.randomness import Step
from framework.sums import ones
from framework.types import Array, Shape


@final
class MaxPool2D(Layer):
    """y[i, j] = max x[s·i + a, s·j + b] over a, b from 0 to pool_size − 1, with s the stride, or pool_size without one.

    x is (n, height, width, channels), y is (n, height′, width′, channels); h pixels become ⌊(h − pool_size) / s⌋ + 1.
    Backward: dx is dy at the largest pixel of each window and 0 elsewhere, summed where windows overlap; of equally
    large ones the first takes all, row by row. Raises InputError for a window larger than the image.
    """

    def __init__(self, pool_size: int = 2, *, stride: int | None = None) -> None:
        self.pool_size = whole_number("MaxPool2D: pool_size", pool_size)
        self.stride = None if stride is None else whole_number("MaxPool2D: stride", stride)
        self._windows = Windows(self.pool_size, self.stride or self.pool_size)

    def formula(self, x: str, number: int) -> str:
        return f"max {self.pool_size}×{self.pool_size} of {x}"

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*self._windows.counts(f"{self!r}", input_shape), input_shape[2])

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        y = _room(self, x, step)
        first, *others = self._windows.places(x, y)
        np.copyto(y, first)
        for pixels in others:
            np.maximum(y, pixels, out=y)
        if step is not None:
            self.keep(x=x, y=y)
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        if not need_dx:
            return None
        windows, x, y = self._windows, self.kept("x"), self.kept("y")
        dx = self.scratch("dx", x.shape, x.dtype)
        if not windows.tile(x):
            dx[...] = 0
        # In blocks that stay in the cache: a third less time than all at once, for 128 images of 26 x 26 x 16
        for images, rows in blocks(y, self.pool_size**2 * x.shape[3] * x.itemsize):
            left, largest = dy[images, rows], y[images, rows]  # left: what has not found its pixel yet
            found = self.scratch("found", (largest.size,), y.dtype).reshape(largest.shape)
            part = (images, slice(rows.start * windows.stride, None))
            places = zip(windows.places(x[part], largest), windows.places(dx[part], largest), strict=True)
            for pixels, slopes in places:
                np.equal(pixels, largest, out=found)
                found *= left
                left -= found
                windows.put(found, slopes)
        return dx


@final
class AveragePool2D(Layer):
    """y[i, j] = Σ x[s·i + a, s·j + b] / pool_size² over a, b from 0 to pool_size − 1, s as in MaxPool2D.

    Shapes and what is raised are those of MaxPool2D. Backward: each pixel of a window gets dy / pool_size², summed
    where windows overlap. LeCun et al. 1989, Neural Computation 1.
    """

    def __init__(self, pool_size: int = 2, *, stride: int | None = None) -> None:
        self.pool_size = whole_number("AveragePool2D: pool_size", pool_size)
        self.stride = None if stride is None else whole_number("AveragePool2D: stride", stride)
        self._windows = Windows(self.pool_size, self.stride or self.pool_size)

    def formula(self, x: str, number: int) -> str:
        return f"mean {self.pool_size}×{self.pool_size} of {x}"

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*self._windows.counts(f"{self!r}", input_shape), input_shape[2])

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        y = _room(self, x, step)
        first, *others = self._windows.places(x, y)
        np.copyto(y, first)
        for pixels in others:
            y += pixels
        y /= self.pool_size**2
        if step is not None:
            self.keep(x=x)
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        if not need_dx:
            return None
        x = self.kept("x")
        dx = self.scratch("dx", x.shape, x.dtype)
        if not self._windows.tile(x):
            dx[...] = 0
        dy /= self.pool_size**2
        for slopes in self._windows.places(dx, dy):
            self._windows.put(dy, slopes)
        return dx


@final
class GlobalAveragePool2D(Layer):
    """y = Σ x / (height · width) over all pixels: what a channel found, wherever it did. Lin et al. 2013.

    x is (n, height, width, channels), y is (n, channels). Backward: every pixel gets dy / (height · width). It may
    stand in for Flatten and the large Dense layer after it. Raises InputError for samples that are not images.
    """

    def formula(self, x: str, number: int) -> str:
        return f"mean of {x}"

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3:
            raise InputError(f"{self!r}: got samples of shape {input_shape}; expected (height, width, channels)")
        return (input_shape[2],)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        n, height, width, channels = x.shape
        y = _room(self, x, step)
        # Σ as a product, see sums.py
        np.matmul(ones(height * width, x.dtype), x.reshape(n, height * width, channels), out=y)
        y /= height * width
        if step is not None:
            self.keep(x=x)
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        if not need_dx:
            return None
        x = self.kept("x")
        dx = self.scratch("dx", x.shape, x.dtype)
        np.divide(dy[:, np.newaxis, np.newaxis], x.shape[1] * x.shape[2], out=dx)
        return dx


def _room(layer: Layer, x: Array, step: Step | None) -> Array:
    """Where y goes: scratch in training, an array of its own in inference."""
    shape = (len(x), *layer.output_shape(x.shape[1:]))
    return np.empty(shape, x.dtype) if step is None else layer.scratch("y", shape, x.dtype)
