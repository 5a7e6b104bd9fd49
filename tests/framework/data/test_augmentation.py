"""Affine: judged pixel by pixel by its docstring's formula in plain Python, and by transformations worked by hand."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pytest

from framework import Affine, Augmentation, InputError, stream
from framework.data.augmentation import FARTHEST, ROWS_AT_ONCE, Warp, coordinates, sample
from framework.types import Array, Numbers

Matrix: TypeAlias = list[list[float]]

ROUNDING = 6e-8
"""What one float32 operation may be off, relative to its result: half an epsilon."""
PLACE_ROUNDINGS = 8
"""Roundings on the way to a place, none of a larger number than `_reach`: A, its products, t, and the sums."""
BLEND_ROUNDINGS = 12
"""Roundings on the way from places to a pixel: the pixels themselves, and three differences, products and sums."""
STANDARD_ERRORS = 4
"""How far a mean of fixed draws may lie from its expectation, in its standard deviations."""

STRONG = {"rotation": 180.0, "scale": 0.9, "shear": 2.0, "shift": 20.0}
NOTHING = {"rotation": 0.0, "scale": 0.0, "shear": 0.0, "shift": 0.0}
STRENGTHS: dict[str, dict[str, float]] = {
    "nothing": NOTHING,
    "the defaults": {},
    "a turn": {**NOTHING, "rotation": 45.0},
    "a stretch": {**NOTHING, "scale": 0.5},
    "a slant": {**NOTHING, "shear": 1.0},
    "a shift": {**NOTHING, "shift": 2.5},
    "a shift far out": {**NOTHING, "shift": 100.0},
    "everything strong": STRONG,
}
SHAPES = [(28, 28), (5, 9), (9, 4), (1, 7), (6, 1), (1, 1)]


# The reference: one pixel after the other, in float64


def moved(image: Matrix, matrix: Matrix, shift: Sequence[float]) -> Matrix:
    """x′(p) = x(A p + t), with p measured from the centre, to the right and down."""
    height, width = len(image), len(image[0])
    centre_right, centre_down = (width - 1) / 2, (height - 1) / 2
    new = [[0.0] * width for _ in range(height)]
    for row in range(height):
        for column in range(width):
            right, down = column - centre_right, row - centre_down
            there_right = matrix[0][0] * right + matrix[0][1] * down + shift[0]
            there_down = matrix[1][0] * right + matrix[1][1] * down + shift[1]
            new[row][column] = between(image, there_right + centre_right, there_down + centre_down)
    return new


def between(image: Matrix, column: float, row: float) -> float:
    """The four pixels around the place, each by its nearness in both directions; outside the image all is 0."""
    left, above = math.floor(column), math.floor(row)
    total = 0.0
    for near_column in (left, left + 1):
        for near_row in (above, above + 1):
            if 0 <= near_row < len(image) and 0 <= near_column < len(image[0]):
                nearness = (1 - abs(column - near_column)) * (1 - abs(row - near_row))
                total += nearness * image[near_row][near_column]
    return total


def product(a: Matrix, b: Matrix) -> Matrix:
    return [[sum(a[i][k] * b[k][j] for k in range(2)) for j in range(2)] for i in range(2)]


def transformation(affine: Warp, numbers: Sequence[float]) -> tuple[Matrix, list[float]]:
    """A and t from six numbers in ±1: for θ, s₁, s₂, k, t₁ and t₂."""
    angle, stretch_1, stretch_2, slant, right, down = numbers
    theta = math.radians(angle * affine.rotation)
    turned = [[math.cos(theta), -math.sin(theta)], [math.sin(theta), math.cos(theta)]]
    slanted: Matrix = [[1, slant * affine.shear], [0, 1]]
    stretched = [[1 / (1 + affine.scale * stretch_1), 0], [0, 1 / (1 + affine.scale * stretch_2)]]
    return product(product(turned, slanted), stretched), [right * affine.shift, down * affine.shift]


def reference(affine: Affine, x: Numbers, rng: np.random.Generator) -> tuple[Array, float]:
    """What `affine` is to make of x, and how far float32 may be from it.

    A batch of n takes 6 · n numbers, all angles first: a run that is taken up again relies on it.
    """
    images = x.reshape(len(x), *affine.image_shape).astype(np.float64)
    drawn = [transformation(affine, numbers) for numbers in rng.uniform(-1, 1, (6, len(x))).T.tolist()]
    new = [moved(image.tolist(), *one) for image, one in zip(images, drawn, strict=True)]
    contrast = float(images.max(initial=0) - images.min(initial=0))
    # a place that is off by so much changes a pixel by at most the contrast times that, in each of two directions
    off = PLACE_ROUNDINGS * ROUNDING * max(_reach(*one, affine.image_shape) for one in drawn)
    return np.array(new).reshape(x.shape), 2 * contrast * off + BLEND_ROUNDINGS * ROUNDING * contrast


def _reach(matrix: Matrix, shift: Sequence[float], image_shape: tuple[int, int]) -> float:
    """The largest number that comes up on the way to a place."""
    height, width = image_shape
    largest = max(abs(entry) for row in matrix for entry in row)
    return largest * (height + width) / 2 + max(map(abs, shift)) + max(height, width)


def _images(n: int, shape: tuple[int, int], dtype: str, seed: int = 0) -> Numbers:
    rng = np.random.default_rng(seed)
    if dtype == "uint8":
        return rng.integers(0, 256, (n, math.prod(shape)), dtype=np.uint8)
    return rng.uniform(-1, 1, (n, math.prod(shape))).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("strengths", STRENGTHS.values(), ids=STRENGTHS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_is_its_formula_pixel_by_pixel(shape: tuple[int, int], strengths: dict[str, float], dtype: str) -> None:
    n = 3 if shape == (28, 28) else ROWS_AT_ONCE + 6
    x, affine = _images(n, shape, dtype), Affine(shape, **strengths)
    expected, tolerance = reference(affine, x, stream(3, "augmentation", 5))
    new = affine(x, stream(3, "augmentation", 5))
    assert new.dtype == np.float32
    assert new.shape == x.shape
    np.testing.assert_allclose(new, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_of_strength_0_it_gives_the_very_pixels(shape: tuple[int, int], dtype: str) -> None:
    x = _images(ROWS_AT_ONCE + 1, shape, dtype)
    np.testing.assert_array_equal(Affine(shape, **NOTHING)(x, np.random.default_rng(0)), x)


# By hand


def _by_hand(image: Matrix, matrix: Matrix, shift: Sequence[float] = (0, 0)) -> Matrix:
    shape = len(image), len(image[0])
    places = coordinates(np.array([matrix], np.float32), np.array([shift], np.float32), shape)
    new: Matrix = sample(np.array([image], np.float32), *places)[0].tolist()
    return new


STAYS: Matrix = [[1, 0], [0, 1]]
ABC: Matrix = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        ((1, 0), [[2, 3, 0], [5, 6, 0], [8, 9, 0]]),
        ((-1, 0), [[0, 1, 2], [0, 4, 5], [0, 7, 8]]),
        ((0, 1), [[4, 5, 6], [7, 8, 9], [0, 0, 0]]),
        ((0, -1), [[0, 0, 0], [1, 2, 3], [4, 5, 6]]),
        ((0.5, 0), [[1.5, 2.5, 1.5], [4.5, 5.5, 3], [7.5, 8.5, 4.5]]),
        ((0, -0.25), [[0.75, 1.5, 2.25], [3.25, 4.25, 5.25], [6.25, 7.25, 8.25]]),
        ((0.5, 0.5), [[3, 4, 2.25], [6, 7, 3.75], [3.75, 4.25, 2.25]]),
    ],
)
def test_a_shift_says_where_to_look(shift: tuple[float, float], expected: Matrix) -> None:
    """x′(p) = x(p + t): looking one pixel to the right moves the image one pixel to the left."""
    assert _by_hand(ABC, STAYS, shift) == expected


def test_a_quarter_turn() -> None:
    """A = R(90°) takes right to down, so the pixel on the right becomes what was below."""
    assert _by_hand(ABC, [[0, -1], [1, 0]]) == [[3, 6, 9], [2, 5, 8], [1, 4, 7]]
    assert _by_hand([[1, 2], [3, 4]], [[0, -1], [1, 0]]) == [[2, 4], [1, 3]]
    assert _by_hand([[1, 2, 3]], [[0, -1], [1, 0]]) == [[0, 2, 0]]


def test_a_slant() -> None:
    """A = [[1, 1], [0, 1]]: the row above the centre looks one to the left, the row below it one to the right."""
    assert _by_hand(ABC, [[1, 1], [0, 1]]) == [[0, 1, 2], [4, 5, 6], [8, 9, 0]]


def test_a_stretch() -> None:
    """A = diag(1/2, 1), s₁ = 2: twice as wide about the centre, and as high as before."""
    assert _by_hand([[1, 2, 3], [4, 6, 8]], [[0.5, 0], [0, 1]]) == [[1.5, 2, 2.5], [5, 6, 7]]
    assert _by_hand([[8, 4]], [[0.5, 0], [0, 1]]) == [[7, 5]]


def test_a_mirror_of_more_than_one_image() -> None:
    """Each image has its own A, and none looks into the next."""
    images = np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[9, 9], [9, 9]]], np.uint8)
    matrices = np.array([[[-1, 0], [0, 1]], [[1, 0], [0, -1]], [[1, 0], [0, 1]]], np.float32)
    shifts = np.array([[0, 0], [0, 0], [0, 5]], np.float32)
    new = sample(images, *coordinates(matrices, shifts, (2, 2)))
    assert new.tolist() == [[[2, 1], [4, 3]], [[7, 8], [5, 6]], [[0, 0], [0, 0]]]


@pytest.mark.parametrize("right", [-1, 0, 1])
@pytest.mark.parametrize("down", [-1, 0, 1])
@pytest.mark.parametrize("pixels", [1, 1.5, 3, 100, 1e6])
def test_outside_it_is_exactly_0(right: int, down: int, pixels: float) -> None:
    """An image moved out of the picture leaves nothing behind, whichever way it goes and however far."""
    height, width = 4, 7
    shift = (right * (width - 1 + pixels), down * (height - 1 + pixels))
    new = np.array(_by_hand([[255.0] * width] * height, STAYS, shift))
    assert np.all(new == (0 if right or down else 255))


def test_far_shifts_leave_nothing() -> None:
    x = np.full((100, 784), 255, np.uint8)
    assert not Affine((28, 28), shift=FARTHEST)(x, stream(0, "augmentation")).any()


def test_the_strongest_there_is_stays_finite() -> None:
    """The tests' error state makes an overflow an error; what is shown lies between the darkest and the lightest."""
    affine = Affine((28, 28), rotation=1e300, scale=math.nextafter(1, 0), shear=FARTHEST, shift=FARTHEST)
    new = affine(_images(500, (28, 28), "uint8"), stream(0, "augmentation"))
    assert np.isfinite(new).all()
    assert new.min() >= 0
    assert new.max() <= 255


# What is drawn


def test_draws_lie_in_the_stated_ranges_fill_them_and_know_nothing_of_each_other() -> None:
    n, edge = 20_000, 0.99  # all of 20,000 draws miss the outer hundredth on one side with a chance of e^-100
    affine = Affine((28, 28), rotation=30, scale=0.25, shear=0.5, shift=4)
    matrices, shifts = affine.draw(n, stream(0, "augmentation"))
    assert matrices.dtype == shifts.dtype == np.float32
    assert matrices.shape == (n, 2, 2)
    assert shifts.shape == (n, 2)
    # A = R(θ) · [[1/s₁, k/s₂], [0, 1/s₂]], taken apart again: R is in the first column, and Rᵀ · A is the rest
    a, b, c, d = matrices.astype(np.float64).reshape(n, 4).T
    theta, s_1 = np.arctan2(c, a), 1 / np.hypot(a, c)
    s_2 = 1 / (np.cos(theta) * d - np.sin(theta) * b)
    k = s_2 * (np.cos(theta) * b + np.sin(theta) * d)
    drawn = np.array(
        [np.degrees(theta) / 30, (s_1 - 1) / 0.25, (s_2 - 1) / 0.25, k / 0.5, shifts[:, 0] / 4, shifts[:, 1] / 4]
    )
    assert np.all(np.abs(drawn) <= 1 + 100 * ROUNDING)  # taken apart from float32, divided by the ranges above
    assert np.all(drawn.max(axis=1) > edge)
    assert np.all(drawn.min(axis=1) < -edge)
    # of a uniform number in ±1 the variance is 1/3, that of its square 4/45
    assert np.all(np.abs(drawn.mean(axis=1)) < STANDARD_ERRORS * math.sqrt(1 / 3 / n))
    assert np.all(np.abs((drawn**2).mean(axis=1) - 1 / 3) < STANDARD_ERRORS * math.sqrt(4 / 45 / n))
    correlations = np.corrcoef(drawn) - np.eye(6)
    assert np.abs(correlations).max() < STANDARD_ERRORS / math.sqrt(n)


def test_every_sample_of_a_batch_is_moved_in_its_own_way() -> None:
    n = 2 * ROWS_AT_ONCE + 5  # nor do the parts a batch is worked through in repeat each other
    x = np.repeat(_images(1, (28, 28), "uint8"), n, axis=0)
    assert len({image.tobytes() for image in Affine((28, 28))(x, stream(0, "augmentation"))}) == n


def test_is_a_function_of_the_random_numbers() -> None:
    x, affine = _images(9, (5, 6), "uint8"), Affine((5, 6))
    first = affine(x, stream(1, "augmentation", 4)).tobytes()
    assert affine(x, stream(1, "augmentation", 4)).tobytes() == first
    assert Affine((5, 6))(x, stream(1, "augmentation", 4)).tobytes() == first
    assert affine(x, stream(1, "augmentation", 5)).tobytes() != first
    assert affine(x, stream(2, "augmentation", 4)).tobytes() != first


def test_how_many_rows_go_at_once_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    x, affine, results = _images(150, (7, 5), "float32"), Affine((7, 5), rotation=40), set()
    for rows in (1, 7, 150, ROWS_AT_ONCE, 1000):
        monkeypatch.setattr("framework.data.augmentation.ROWS_AT_ONCE", rows)
        results.add(affine(x, stream(0, "augmentation")).tobytes())
    assert len(results) == 1


def test_a_large_batch_is_its_images_one_by_one() -> None:
    n = ROWS_AT_ONCE * 2 + 9
    x, affine = _images(n, (4, 6), "uint8"), Affine((4, 6), rotation=90)
    matrices, shifts = affine.draw(n, stream(0, "augmentation"))
    alone = [
        sample(x[row : row + 1].reshape(1, 4, 6), *coordinates(matrices[row, None], shifts[row, None], (4, 6)))
        for row in range(n)
    ]
    np.testing.assert_array_equal(affine(x, stream(0, "augmentation")), np.concatenate(alone).reshape(n, 24))


def test_the_ink_stays() -> None:
    """An image s₁ times as wide and s₂ times as high has s₁ · s₂ times the ink, and the mean of that is 1."""
    n, places = 2000, np.arange(28) - 13.5
    disc = np.clip(7 - np.hypot(places[:, np.newaxis], places), 0, 1) * 255  # far enough from the border to stay in
    new = Affine((28, 28))(np.repeat(disc.reshape(1, 784), n, axis=0), stream(0, "augmentation"))
    ink = new.sum(axis=1, dtype=np.float64) / disc.sum()
    deviation = math.sqrt((1 + 0.1**2 / 3) ** 2 - 1)  # of s₁ · s₂, each of mean 1 and variance 0.1²/3
    assert ink.mean() == pytest.approx(1, abs=STANDARD_ERRORS * deviation / math.sqrt(n))
    assert ink.std() == pytest.approx(deviation, rel=0.1)  # of 2,000 the deviation is known to some 2 %


# What goes in


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "int64", "float16", "float32", "float64", ">f4"])
def test_dtype_and_layout_of_x_do_not_matter(dtype: str) -> None:
    pixels = _images(8, (5, 6), "uint8") // 2
    x = (pixels % 2 if dtype == "bool" else pixels).astype(dtype)
    affine = Affine((5, 6))
    expected = affine(x.astype(np.float32), stream(0, "augmentation"))
    spread = np.repeat(np.repeat(x, 2, axis=0), 3, axis=1)[::2, ::3]
    for layout in (x, x.reshape(8, 5, 6), np.asfortranarray(x), spread, np.asfortranarray(x.reshape(8, 5, 6))):
        before = layout.copy()
        layout.flags.writeable = False
        new = affine(layout, stream(0, "augmentation"))
        assert new.shape == layout.shape
        assert new.dtype == np.float32
        assert not np.may_share_memory(new, layout)
        np.testing.assert_array_equal(new.reshape(8, 30), expected)
        np.testing.assert_array_equal(layout, before)


def test_no_rows_are_no_rows() -> None:
    assert Affine((5, 6))(np.zeros((0, 30)), stream(0, "augmentation")).shape == (0, 30)


@pytest.mark.parametrize("rows", [0, 1, 5])
@pytest.mark.parametrize("shape", [(23,), (25,), (1,), (6, 4), (2, 12), (24, 1), (4, 6, 1), (1, 4, 6), ()])
def test_x_of_another_shape_is_refused(shape: tuple[int, ...], rows: int) -> None:
    """Also where the number of pixels is right: an image read across its rows is noise."""
    with pytest.raises(InputError) as caught:
        Affine((4, 6))(np.zeros((rows, *shape)), stream(0, "augmentation"))
    assert str(caught.value) == f"Affine: got samples of shape {shape}; expected images of 4 x 6"


PAIR = "expected (height, width)"
WHOLE = "expected an integer of 1 or more"
NOT_NEGATIVE = "expected a finite number of 0 or more"
BELOW_1 = "expected a number from 0 to below 1"
UP_TO_FARTHEST = "expected a number from 0 to 1e+06"


@pytest.mark.parametrize(
    ("image_shape", "shown", "expected"),
    [
        (None, "None", PAIR),
        (784, "784", PAIR),
        ("28", "'28'", PAIR),
        ((28,), "(28,)", PAIR),
        ((28, 28, 1), "(28, 28, 1)", PAIR),
        ((), "()", PAIR),
        ({28, 29}, "{28, 29}", PAIR),
        ((0, 28), "0", WHOLE),
        ((28, -1), "-1", WHOLE),
        ((28.0, 28), "28.0", WHOLE),
        ((28, True), "True", WHOLE),
        ((28, "28"), "'28'", WHOLE),
        ((None, 28), "None", WHOLE),
    ],
    ids=str,
)
def test_the_shape_of_an_image_is_two_whole_numbers(image_shape: object, shown: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        Affine(image_shape)  # type: ignore[arg-type]
    assert str(caught.value) == f"Affine: image_shape: got {shown}; {expected}"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("rotation", value, NOT_NEGATIVE) for value in (-1, -1e-9, math.inf, math.nan, True, "10", None)]
    + [("scale", value, BELOW_1) for value in (-0.1, 1, 1.5, math.inf, math.nan, True, "0.1", None)]
    + [("shear", value, UP_TO_FARTHEST) for value in (-0.1, 1e7, math.inf, math.nan, True, "0.1", None)]
    + [("shift", value, UP_TO_FARTHEST) for value in (-1, 1e7, math.inf, math.nan, True, "1", None, (1, 1))],
)
def test_strengths_are_checked(name: str, value: object, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        Affine((28, 28), **{name: value})  # type: ignore[arg-type]
    assert str(caught.value) == f"Affine: {name}: got {value!r}; {expected}"


def test_what_it_is_given_it_keeps_as_plain_numbers() -> None:
    affine = Affine([np.int64(4), 6], rotation=5, scale=np.float32(0.5), shear=0, shift=FARTHEST)  # type: ignore[arg-type]
    assert affine.image_shape == (4, 6)
    assert [type(size) for size in affine.image_shape] == [int, int]
    strengths = (affine.rotation, affine.scale, affine.shear, affine.shift)
    assert strengths == (5, 0.5, 0, FARTHEST)
    assert [type(strength) for strength in strengths] == [float] * 4


@pytest.mark.parametrize(
    ("affine", "shown"),
    [
        (Affine((28, 28)), "Affine((28, 28))"),
        (Affine((2, 3)), "Affine((2, 3))"),
        (Affine((2, 3), shift=2), "Affine((2, 3), shift=2.0)"),
        (
            Affine((2, 3), **STRONG),
            "Affine((2, 3), rotation=180.0, scale=0.9, shear=2.0, shift=20.0)",
        ),
    ],
)
def test_prints_itself_as_the_call_that_makes_it_again(affine: Affine, shown: str) -> None:
    assert repr(affine) == shown


def test_the_shape_of_an_image_follows_from_the_data() -> None:
    assert Affine.inferred((28, 20)) == {"image_shape": (28, 20)}
    with pytest.raises(InputError) as caught:
        Affine.inferred(None)
    assert str(caught.value) == ("Affine: got rows of no known shape; expected data.image_shape, such as [28, 28]")


class Noise(Augmentation):
    """An augmentation of one's own, which asks nothing of the shape of its samples."""

    def __init__(self, deviation: float) -> None:
        self.deviation = deviation

    def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
        return (x + rng.normal(0, self.deviation, x.shape)).astype(np.float32)


def test_one_of_your_own_infers_nothing_unless_it_says_so() -> None:
    assert Noise.inferred(None) == Noise.inferred((2, 3)) == {}
    assert repr(Noise(0.5)) == "Noise(0.5)"
    with pytest.raises(TypeError, match="abstract"):
        Augmentation()  # type: ignore[abstract]
