"""Conv2D: one small Dense layer at every place of an image, so that a stroke is the same stroke wherever it is.

Its windows are copied into the rows of a matrix (im2col), block by block, and the layer is a matrix product. Backward
copies them again, which is cheaper than to keep a matrix kernel_size² times as large as the images. Images are
(n, height, width, channels), so a window is kernel_size runs of neighbouring numbers. From 16 channels on a training
step takes 0.57 to 0.80 of its time with channels first: 5.9 ms against 10.3 for 64 images of 12 × 12 × 16 and a 5 × 5
kernel to 32. With one channel it takes 1.4 to 1.8 of it, but such a first layer is cheap: 1.1 ms against 0.6 for
28 × 28 × 1 and 3 × 3 to 16 (scripts/benchmarks/convolution.py, one thread).
"""

from typing import final, get_args

import numpy as np

from framework.arguments import whole_number
from framework.errors import InputError, as_given
from framework.initializers import Constant, HeNormal, Initializer
from framework.layers.base import Layer
from framework.layers.scratch import Scratch
from framework.layers.windows import Padding, Windows, blocks, inside, zeros_around
from framework.parameters import Parameter
from framework.products import product, product_over_rows
from framework.randomness import Step
from framework.sums import sum_over_rows
from framework.types import Array, Shape

FEW_CHANNELS = 4
"""Up to here runs of channels are so short that the matrix is copied faster column by column, in runs of pixels."""


@final
class Conv2D(Layer):
    """y[i, j] = Σ x[s·i + a − above, s·j + b − left] · W[a, b] + b over a, b from 0 to kernel_size − 1, s the stride.

    x is (n, height, width, in_channels), W (kernel_size, kernel_size, in_channels, out_channels), b (out_channels,). y
    is (n, height′, width′, out_channels); a side of h pixels becomes ⌊(h − kernel_size) / stride⌋ + 1 with padding
    "valid". With "same" it becomes ⌈h / stride⌉: max(0, (⌈h / stride⌉ − 1) · stride + kernel_size − h) zeros are added,
    `above` and `left` being half of them rounded down. As in other frameworks W is not flipped, so this is a
    cross-correlation. Backward: dW[a, b] = Σ xᵀ dy and dx = Σ dy W[a, b]ᵀ over the same pairs, db = Σ dy. LeCun et al.
    1989, Neural Computation 1. Raises InputError for a kernel larger than the image.
    """

    symbol = "Z"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel_size: int = 3,
        stride: int = 1,
        padding: Padding = "valid",
        use_bias: bool = True,
        weight_initializer: Initializer = HeNormal(),
        bias_initializer: Initializer = Constant(0.0),
    ) -> None:
        self.in_channels = whole_number("Conv2D: in_channels", in_channels)
        self.out_channels = whole_number("Conv2D: out_channels", out_channels)
        self.kernel_size = whole_number("Conv2D: kernel_size", kernel_size)
        self.stride = whole_number("Conv2D: stride", stride)
        if padding not in get_args(Padding):
            raise InputError(f"Conv2D: padding: got {as_given(padding)}; expected 'valid' or 'same'")
        self.padding: Padding = padding
        self.use_bias = use_bias
        self.weight_initializer = weight_initializer
        self.bias_initializer = bias_initializer
        shape = (self.kernel_size, self.kernel_size, self.in_channels, self.out_channels)
        self.weight = Parameter("weight", shape, weight_initializer)
        self.bias = Parameter("bias", (self.out_channels,), bias_initializer) if use_bias else None
        self.parameters = (self.weight,) if self.bias is None else (self.weight, self.bias)
        self._windows = Windows(self.kernel_size, self.stride, padding)
        self._window_values = self.kernel_size**2 * self.in_channels

    def formula(self, x: str, number: int) -> str:
        return f"W{number} ∗ {x} + b{number}" if self.use_bias else f"W{number} ∗ {x}"

    def multiply_adds(self, input_shape: Shape) -> int:
        down, across, _ = self.output_shape(input_shape)
        return down * across * self.weight.size

    @classmethod
    def inferred(cls, input_shape: Shape) -> dict[str, int]:
        if len(input_shape) != 3:
            raise InputError(f"Conv2D: got samples of shape {input_shape}; expected (height, width, channels)")
        return {"in_channels": input_shape[2]}

    def output_shape(self, input_shape: Shape) -> Shape:
        down, across = self._windows.counts(f"{self!r}", input_shape)
        if input_shape[2] != self.in_channels:
            expected = f"(height, width, {self.in_channels})"
            raise InputError(f"{self!r}: got samples of shape {input_shape}; expected {expected}")
        return (down, across, self.out_channels)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        memory = Scratch() if step is None else self.scratch
        framed = self._framed(x, memory)
        if step is not None:
            self.keep(x=x, framed=framed)
        windows = self._windows.over(framed)
        y = memory("y", (*windows.shape[:3], self.out_channels), x.dtype)
        weight = self.weight.value.reshape(-1, self.out_channels)
        multiply = np.matmul if step is None else product
        for block in blocks(y, self._window_values * x.itemsize):
            part = y[block].reshape(-1, self.out_channels)
            multiply(self._matrix(windows[block], memory), weight, part)
            if self.bias is not None:
                part += self.bias.value
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        x, framed = self.kept("x"), self.kept("framed")
        windows = self._windows.over(framed)
        dx = self.scratch("dx", framed.shape, x.dtype) if need_dx else None
        grad = self.weight.grad.reshape(-1, self.out_channels)
        block_grad = self.scratch("block_grad", grad.shape, grad.dtype)
        across = self.weight.value.transpose(1, 3, 0, 2).reshape(self.kernel_size * self.out_channels, -1)
        bias_grad = None if self.bias is None else self.bias.grad
        for parameter in self.parameters:
            parameter.grad[...] = 0
        for images, rows in blocks(dy, self._window_values * x.itemsize):
            dy_part = np.ascontiguousarray(dy[images, rows])
            dy_rows = dy_part.reshape(-1, self.out_channels)
            matrix = self._matrix(windows[images, rows], self.scratch)
            grad += product_over_rows(matrix, dy_rows, block_grad)
            if bias_grad is not None:
                bias_grad += sum_over_rows(dy_rows)
            if dx is not None:
                if rows.start == 0:
                    dx[images] = 0
                self._spread(dy_part, across, dx[images, rows.start * self.stride :])
        return None if dx is None else inside(dx, self._windows.frame(*x.shape[1:3]))

    def _framed(self, x: Array, memory: Scratch) -> Array:
        """The images with the zeros around them that padding asks for."""
        n, height, width, channels = x.shape
        above, below, left, right = frame = self._windows.frame(height, width)
        if not any(frame):
            return x
        shape = (n, above + height + below, left + width + right, channels)
        return zeros_around(x, frame, memory("framed", shape, x.dtype))

    def _matrix(self, windows: Array, memory: Scratch) -> Array:
        """The windows (m, down, across, kernel_size, kernel_size, in_channels) as m · down · across rows."""
        numbers = memory("matrix", (windows.size,), windows.dtype)
        if self.in_channels > FEW_CHANNELS:
            np.copyto(numbers.reshape(windows.shape), windows)
            return numbers.reshape(-1, self._window_values)
        turned = windows.transpose(3, 4, 5, 0, 1, 2)
        np.copyto(numbers.reshape(turned.shape), turned)
        return numbers.reshape(self._window_values, -1).T

    def _spread(self, dy: Array, weight: Array, dx: Array) -> None:
        """Add to each pixel of dx what the windows it is in send back; `weight` is (W's column, out; W's row, in).

        Across, that is one more matrix product: the pixel at column c gets dy at c, c − 1, ... times W's columns 0, 1,
        ... So kernel_size images remain to be added up, one for each row of W, not kernel_size².
        """
        m, down, across, _ = dy.shape
        size, stride = self.kernel_size, self.stride
        reached = (across - 1) * stride + size
        shifted = self.scratch("shifted", (m * down * reached * len(weight),), dy.dtype)
        shifted[...] = 0
        images = shifted.reshape(m, down, reached, size, self.out_channels)
        for column in range(size):
            images[:, :, column : column + reached - size + 1 : stride, column] = dy
        sent = self.scratch("sent", (m * down * reached, weight.shape[1]), dy.dtype)
        product(shifted.reshape(len(sent), -1), weight, sent)
        rows = sent.reshape(m, down, reached, size, self.in_channels)
        for row in range(size):
            pixels = dx[:, row : row + (down - 1) * stride + 1 : stride, :reached]
            pixels += rows[:, :, :, row]
