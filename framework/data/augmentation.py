"""Augmentation: in every epoch each sample comes a little different, so the network cannot learn the samples by heart.

A digit that is turned by five degrees or moved by a pixel is still that digit. Showing it so is the cheapest way to
more data: the labels stay, and what the network finds in common is the shape.
"""

import math
from abc import ABC, abstractmethod
from typing import final

import numpy as np

from framework.arguments import check_instance, fraction, non_negative, real_number, whole_number
from framework.errors import InputError, as_given
from framework.randomness import stream
from framework.representation import constructor_call
from framework.types import Array, Numbers

ROWS_AT_ONCE = 64
"""Their coordinates stay in the cache: 138,000 digits a second and core, against 72,000 with 256 rows at once."""

FARTHEST = 1e6
"""No image is as wide, so a larger shear or shift would show nothing new, and far larger ones overflow float32."""


class Augmentation(ABC):
    """Makes other samples of the same classes out of a batch: a pure function of the batch and the random numbers."""

    @abstractmethod
    def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
        """New samples, float32 and in the shape of x, which stays as it is."""

    @classmethod
    def inferred(cls, image_shape: tuple[int, int] | None) -> dict[str, tuple[int, int]]:
        """The constructor arguments a JSON spec leaves out, because the data say what shape an image has."""
        return {}

    def __repr__(self) -> str:
        return constructor_call(self)


class Warp(Augmentation):
    """Images of which every pixel is looked up at another place of the same image, drawn at random.

    Each has its own A and t, as said at Affine; `places` makes of them where to look. Between pixels x is interpolated
    linearly in both directions; outside the image it is 0. x is (n, height · width) or (n, height, width).
    """

    def __init__(
        self, image_shape: tuple[int, int], *, rotation: float, scale: float, shear: float, shift: float
    ) -> None:
        name = type(self).__name__
        if not isinstance(image_shape, tuple | list) or len(image_shape) != 2:
            raise InputError(f"{name}: image_shape: got {as_given(image_shape)}; expected (height, width)")
        height, width = image_shape
        self.image_shape = (
            whole_number(f"{name}: image_shape", height),
            whole_number(f"{name}: image_shape", width),
        )
        self.rotation = non_negative(f"{name}: rotation", rotation)
        self.scale = fraction(f"{name}: scale", scale)
        self.shear = up_to_farthest(f"{name}: shear", shear)
        self.shift = up_to_farthest(f"{name}: shift", shift)

    @abstractmethod
    def places(self, matrices: Array, shifts: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """Where the pixels of the next images lie, given their A and t: columns and rows, both (n, height, width)."""

    @classmethod
    def inferred(cls, image_shape: tuple[int, int] | None) -> dict[str, tuple[int, int]]:
        if image_shape is None:
            raise InputError(f"{cls.__name__}: got rows of no known shape; expected data.image_shape, such as [28, 28]")
        return {"image_shape": image_shape}

    def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
        images = self._as_images(x)
        matrices, shifts = self.draw(len(x), rng)
        new = np.empty(images.shape, np.float32)
        for start in range(0, len(x), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            new[rows] = sample(images[rows], *self.places(matrices[rows], shifts[rows], rng))
        return new.reshape(x.shape)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """A (n, 2, 2) and t (n, 2) of n images."""
        angle, stretch_1, stretch_2, shear, shift_1, shift_2 = rng.uniform(-1, 1, (6, n))
        cos, sin = np.cos(angle * math.radians(self.rotation)), np.sin(angle * math.radians(self.rotation))
        s_1, s_2, k = 1 + self.scale * stretch_1, 1 + self.scale * stretch_2, self.shear * shear
        # R · [[1, k], [0, 1]] · diag(1/s₁, 1/s₂), multiplied out
        matrices = np.array([[cos / s_1, (cos * k - sin) / s_2], [sin / s_1, (sin * k + cos) / s_2]])
        shifts = self.shift * np.array([shift_1, shift_2])
        return np.moveaxis(matrices, 2, 0).astype(np.float32), shifts.T.astype(np.float32)

    def _as_images(self, x: Numbers) -> Numbers:
        """x as (n, height, width). Raises InputError for other samples."""
        height, width = self.image_shape
        if x.shape[1:] not in ((height * width,), (height, width)):
            name = type(self).__name__
            raise InputError(f"{name}: got samples of shape {x.shape[1:]}; expected images of {height} x {width}")
        return x.reshape(len(x), height, width)


@final
class Affine(Warp):
    """Every image turned, stretched, slanted and moved at random: x′(p) = x(A p + t), p measured from the centre.

    A = R(θ) · [[1, k], [0, 1]] · diag(1/s₁, 1/s₂) and t = (t₁, t₂), first coordinate to the right, second down, with
    θ uniform in ±`rotation` degrees, s₁ and s₂ in 1 ± `scale`, k in ±`shear`, t₁ and t₂ in ±`shift` pixels, all drawn
    anew for each image. Between pixels x is interpolated linearly in both directions; outside the image it is 0.
    x is (n, height · width) or (n, height, width). Simard, Steinkraus and Platt 2003, ICDAR, section 2.
    """

    def __init__(
        self,
        image_shape: tuple[int, int],
        *,
        rotation: float = 10.0,
        scale: float = 0.1,
        shear: float = 0.1,
        shift: float = 1.0,
    ) -> None:
        super().__init__(image_shape, rotation=rotation, scale=scale, shear=shear, shift=shift)

    def places(self, matrices: Array, shifts: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        return coordinates(matrices, shifts, self.image_shape)


def up_to_farthest(place: str, value: float) -> float:
    """`value` if it is from 0 to FARTHEST."""
    return real_number(place, value, f"a number from 0 to {FARTHEST:g}", fits=lambda number: 0 <= number <= FARTHEST)


def coordinates(matrices: Array, shifts: Array, image_shape: tuple[int, int]) -> tuple[Array, Array]:
    """Where each pixel of the new images lies in the old ones: columns and rows, both (n, height, width)."""
    height, width = image_shape
    right = np.arange(width, dtype=np.float32) - (width - 1) / 2
    down = np.arange(height, dtype=np.float32) - (height - 1) / 2

    def places(axis: int, centre: float) -> Array:
        """A p + t is a number for the pixel's row plus a number for its column: one addition a pixel."""
        of_row = matrices[:, axis, 1, np.newaxis] * down + shifts[:, axis, np.newaxis] + np.float32(centre)
        of_column = matrices[:, axis, 0, np.newaxis] * right
        return of_row[:, :, np.newaxis] + of_column[:, np.newaxis, :]

    return places(0, (width - 1) / 2), places(1, (height - 1) / 2)


def sample(images: Numbers, columns: Array, rows: Array) -> Array:
    """`images` (n, height, width) at fractional places, by bilinear interpolation. The places are used up."""
    n, height, width = images.shape
    # A frame of zeros around each image, and every place outside moved onto it: no place needs an exception. Below and
    # to the right it is two wide, as a place on its first line is read together with the next.
    framed = np.zeros((n, height + 3, width + 3), np.float32)
    framed[:, 1:-2, 1:-2] = images
    for places, size in ((columns, width), (rows, height)):
        places += 1
        np.clip(places, 0, size + 1, out=places)

    above, left = rows.astype(np.intp), columns.astype(np.intp)
    rows -= above
    columns -= left
    corner = above * (width + 3) + left
    corner += np.arange(n)[:, np.newaxis, np.newaxis] * ((height + 3) * (width + 3))
    pixels = framed.reshape(-1)

    def blended(offset: int) -> Array:
        """Between the pixel at `offset` from the corner and its right neighbour."""
        start: Array = pixels[offset:].take(corner, mode="clip")  # no place is outside; "clip" spares the check
        step = pixels[offset + 1 :].take(corner, mode="clip")
        step -= start
        step *= columns
        start += step
        return start

    upper, lower = blended(0), blended(width + 3)
    lower -= upper
    lower *= rows
    upper += lower
    return upper


def check_augmentation(augmentation: Augmentation, x: Numbers, seed: int) -> None:
    """Raise InputError unless it is one, and gives samples of the shape of those in `x`: now, not later in a thread."""
    check_instance("augmentation", augmentation, Augmentation)
    new = np.shape(augmentation(x[:1], stream(seed, "augmentation")))
    if new != x[:1].shape:
        raise InputError(f"{augmentation!r}: got new samples of shape {new}; expected {x[:1].shape}")
