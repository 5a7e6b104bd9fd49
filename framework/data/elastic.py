"""Elastic distortion: an image as if drawn on rubber, which hands that shake do to digits and no matrix can do.

Smooth fields come from hills: Gaussians on a grid, each of a height drawn at random. A hill is a product of one that
runs down and one that runs right, so a field is three small matrices multiplied, `down`ᵀ · heights · `right`. They are
multiplied image by image: the same bits in a batch of any size, and too little work for BLAS to wake a second thread,
up to 96 x 96 pixels at the default smoothness.
"""

import math
from typing import final

import numpy as np

from framework.arguments import real_number
from framework.data.augmentation import Warp, coordinates, up_to_farthest
from framework.errors import InputError, as_given
from framework.types import Array

ROUGHEST, SMOOTHEST = 1.0, 1000.0
"""Pixels: on rougher fields neighbours part like noise; smoother ones move a whole image by one and the same step."""

LONGEST_SIDE = 1024
"""Pixels: the hills along one side are a matrix that grows with its square, to 4 MiB at the roughest."""

HILLS_OUTSIDE = 2
"""Beyond each border, at the least. A third would change no covariance by more than 1 in 10,000 of the variance."""

FLATTEST = 40.0
"""Hills end at e⁻⁴⁰: far below what float32 tells from 0 beside 1, far above the tiny numbers that slow processors."""


@final
class Elastic(Warp):
    """Every image moved as by Affine, and each of its pixels a little on its own: x′(p) = x(A p + t + u(p)).

    Both coordinates of u are smooth random fields, independent, normal of mean 0, and drawn anew for each image, with
    cov(u(p), u(q)) = `strength`² exp(−|p − q|² / (4 `smoothness`²)), both in pixels: white noise blurred by a Gaussian
    of that deviation. At every pixel the variance is strength², but for rounding; the covariances are off by at most
    strength² / 2000. Simard's α of 34 at σ = 4, where the noise is uniform in ±1, is a strength of 1.4.

    The other arguments, A and t are those of Affine, which a strength of 0 is, to the bit and for the same random
    numbers. x is (n, height · width) or (n, height, width), of sides of up to 1024 pixels. Raises InputError for
    arguments out of range and for samples of another shape. Simard, Steinkraus and Platt 2003, ICDAR, section 2.
    """

    def __init__(
        self,
        image_shape: tuple[int, int],
        *,
        strength: float = 1.2,
        smoothness: float = 4.0,
        rotation: float = 10.0,
        scale: float = 0.1,
        shear: float = 0.1,
        shift: float = 1.0,
    ) -> None:
        super().__init__(image_shape, rotation=rotation, scale=scale, shear=shear, shift=shift)
        if max(self.image_shape) > LONGEST_SIDE:
            got = as_given(self.image_shape)
            raise InputError(f"Elastic: image_shape: got {got}; expected sides of at most {LONGEST_SIDE} pixels")
        self.strength = up_to_farthest("Elastic: strength", strength)
        expected = f"a number from {ROUGHEST:g} to {SMOOTHEST:g}"
        self.smoothness = real_number(
            "Elastic: smoothness", smoothness, expected, fits=lambda number: ROUGHEST <= number <= SMOOTHEST
        )
        height, width = self.image_shape
        self._down = (self.strength * _hills(height, self.smoothness)).astype(np.float32)
        self._right = _hills(width, self.smoothness).astype(np.float32)

    def places(self, matrices: Array, shifts: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        columns, rows = coordinates(matrices, shifts, self.image_shape)
        fields = self.fields(len(matrices), rng)
        columns += fields[:, 0]
        rows += fields[:, 1]
        return columns, rows

    def fields(self, n: int, rng: np.random.Generator) -> Array:
        """u of the next n images, (n, 2, height, width): in [:, 0] to the right, in [:, 1] down."""
        # image by image, so that it does not matter how many are drawn at once
        heights = rng.standard_normal((n, 2, len(self._down), len(self._right)), dtype=np.float32)
        fields: Array = self._down.T @ (heights @ self._right)
        return fields


def _hills(size: int, smoothness: float) -> Array:
    """(hills, size): Gaussians exp(−d² / (2 smoothness²)) along a line, `smoothness` pixels from one to the next.

    Of independent heights they make a line of covariance exp(−d² / (4 smoothness²)): the products of two Gaussians are
    summed where their integral was meant, which changes it by 2 exp(−π²), 1 in 10,000. Scaled, to make up for that and
    for the hills that are missing far outside, so that the squares at each pixel add up to 1: its variance.
    """
    number = math.ceil((size - 1) / smoothness) + 1 + 2 * HILLS_OUTSIDE
    centres = smoothness * (np.arange(number) - (number - 1) / 2)
    pixels = np.arange(size) - (size - 1) / 2
    distances = (centres[:, np.newaxis] - pixels) / smoothness
    hills: Array = np.exp(-np.minimum(distances**2 / 2, FLATTEST))
    hills /= np.sqrt(np.sum(hills**2, axis=0))
    return hills
