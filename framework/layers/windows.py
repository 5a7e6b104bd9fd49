"""Windows: the small squares of pixels that a convolution or a pool looks at, one after another, all over an image."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from framework.errors import InputError
from framework.types import Array, Shape

Padding: TypeAlias = Literal["valid", "same"]

BLOCK_BYTES = 1 << 20
"""What is made of the windows comes in blocks that fit in a processor's cache, whatever the size of the batch. Half of
it is as fast with one worker, but two train digits-cnn 8 % slower: they wait for the interpreter more often.
"""

FEWEST_WINDOWS = 512
"""No block is smaller, however large its windows are: each costs a sum over the whole weight matrix."""


@final
@dataclass(frozen=True)
class Windows:
    """Squares of size × size pixels, `stride` apart, over images (n, height, width, channels).

    Along h pixels there are ⌊(h − size) / stride⌋ + 1 windows with padding "valid", which keeps them inside the image,
    and ⌈h / stride⌉ with "same", which surrounds it with zeros: max(0, (⌈h / stride⌉ − 1) · stride + size − h) along
    that side, half of them before and half after, the odd one after.
    """

    size: int
    stride: int
    padding: Padding = "valid"

    def counts(self, name: str, input_shape: Shape) -> tuple[int, int]:
        """How many windows there are down and across. Raises InputError, for layer `name`, where there is none."""
        if len(input_shape) != 3:
            raise InputError(f"{name}: got samples of shape {input_shape}; expected (height, width, channels)")
        height, width, channels = input_shape
        if self.padding == "valid" and min(height, width) < self.size:
            least = (self.size, self.size, channels)
            raise InputError(f"{name}: got samples of shape {input_shape}; expected {least} or larger")
        return self._along(height)[0], self._along(width)[0]

    def frame(self, height: int, width: int) -> tuple[int, int, int, int]:
        """The zeros above, below, left and right of an image."""
        return *self._along(height)[1:], *self._along(width)[1:]

    def over(self, images: Array) -> Array:
        """All windows, as a view: (n, down, across, size, size, channels). The images have their zeros already."""
        views = sliding_window_view(images, (self.size, self.size), axis=(1, 2))
        return views[:, :: self.stride, :: self.stride].transpose(0, 1, 2, 4, 5, 3)

    def pixels(self, images: Array, row: int, column: int, like: Array) -> Array:
        """The pixel at (row, column) of each window, as a view: (n, down, across, channels), as many as `like` has."""
        down, across = ((count - 1) * self.stride + 1 for count in like.shape[1:3])
        return images[:, row : row + down : self.stride, column : column + across : self.stride]

    def places(self, images: Array, like: Array) -> Iterator[Array]:
        """`pixels` for each place in a window, row by row."""
        for row in range(self.size):
            for column in range(self.size):
                yield self.pixels(images, row, column, like)

    def tile(self, images: Array) -> bool:
        """Whether every pixel is in exactly one window."""
        return self.stride == self.size and not any(side % self.size for side in images.shape[1:3])

    def put(self, slopes: Array, pixels: Array) -> None:
        """Write into `pixels`, or add to them where they may be in other windows too."""
        if self.stride >= self.size:
            np.copyto(pixels, slopes)
        else:
            pixels += slopes

    def _along(self, length: int) -> tuple[int, int, int]:
        """The number of windows along a side, and the zeros before and after it."""
        if self.padding == "valid":
            return (length - self.size) // self.stride + 1, 0, 0
        count = -(-length // self.stride)
        zeros = max(0, (count - 1) * self.stride + self.size - length)
        return count, zeros // 2, zeros - zeros // 2


def blocks(y: Array, window_bytes: int) -> Iterator[tuple[slice, slice]]:
    """Cut y (n, down, across, channels), one entry a window, into (images, rows): images, or rows of a large one.

    So the part y[images, rows] of a contiguous y is contiguous.
    """
    n, down, across = y.shape[:3]
    windows = max(FEWEST_WINDOWS, BLOCK_BYTES // window_bytes)
    images, rows = max(1, windows // (down * across)), min(down, max(1, windows // across))
    for first in range(0, n, images):
        for top in range(0, down, rows):
            yield slice(first, first + images), slice(top, top + rows)


def zeros_around(images: Array, frame: tuple[int, int, int, int], out: Array) -> Array:
    """`images` inside a frame of zeros (above, below, left, right), written into `out`."""
    above, _, left, _ = frame
    out[:, :above] = 0
    out[:, above + images.shape[1] :] = 0
    out[:, :, :left] = 0
    out[:, :, left + images.shape[2] :] = 0
    np.copyto(inside(out, frame), images)
    return out


def inside(framed: Array, frame: tuple[int, int, int, int]) -> Array:
    """The view of the images without their frame."""
    above, below, left, right = frame
    height, width = framed.shape[1:3]
    return framed[:, above : height - below, left : width - right]
