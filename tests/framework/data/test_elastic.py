"""Elastic: judged pixel by pixel by its docstring's formula in plain Python, and by the statistics of its fields."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from framework import Affine, Elastic, InputError, stream
from framework.data.augmentation import FARTHEST, ROWS_AT_ONCE
from framework.data.elastic import LONGEST_SIDE, ROUGHEST, SMOOTHEST, _hills
from framework.types import Array, Numbers
from tests.framework.data.test_augmentation import (
    BLEND_ROUNDINGS,
    NOTHING,
    PLACE_ROUNDINGS,
    ROUNDING,
    SHAPES,
    STANDARD_ERRORS,
    STRONG,
    Matrix,
    _images,
    _reach,
    between,
    transformation,
)

HILL_ROUNDINGS = 4
"""Roundings of one hill at one pixel, besides those of the sums over all: two factors and two products."""
HILLS_FOR_WAVES = 1 / 2000
"""What the covariances may be off for want of hills in between and far outside, relative to the variance."""
EXACT = 1e-14
"""Sums of some tens of float64 squares, each off by a few times 1e-16."""
COVARIANCE_ERRORS = 5
"""How far any of 23,000 covariances may lie from its expectation, in standard deviations: one may be beyond 4."""

KINDS: dict[str, dict[str, float]] = {
    "the defaults": {},
    "rough, and nothing else": {**NOTHING, "strength": 2.0, "smoothness": 1.0},
    "smooth, and nothing else": {**NOTHING, "strength": 3.0, "smoothness": 7.3},
    "one step for all": {**NOTHING, "strength": 2.0, "smoothness": SMOOTHEST},
    "everything strong": {**STRONG, "strength": 30.0, "smoothness": 2.5},
}


# The reference: one pixel after the other, in float64


def hills(size: int, smoothness: float) -> Matrix:
    """Of each pixel of a line the hills over it: as many as reach two smoothnesses beyond both its ends."""
    number, ends = 1, (size - 1) / 2
    while (number - 1) / 2 * smoothness < ends + 2 * smoothness:
        number += 1
    line = []
    for pixel in range(size):
        centres = [(hill - (number - 1) / 2) * smoothness for hill in range(number)]
        over = [math.exp(-(((pixel - ends) - centre) ** 2) / (2 * smoothness**2)) for centre in centres]
        line.append([hill / math.sqrt(sum(other**2 for other in over)) for hill in over])
    return line


def field(heights: Matrix, down: Matrix, right: Matrix, strength: float) -> tuple[Matrix, float]:
    """One coordinate of u, pixel by pixel as a sum over the hills, and the largest sum of what is added up in it."""
    u, largest = [[0.0] * len(right) for _ in down], 0.0
    for row, hills_down in enumerate(down):
        for column, hills_right in enumerate(right):
            summands = [
                strength * height * hill_down * hill_right
                for line, hill_down in zip(heights, hills_down, strict=True)
                for height, hill_right in zip(line, hills_right, strict=True)
            ]
            u[row][column] = sum(summands)
            largest = max(largest, sum(map(abs, summands)))
    return u, largest


def moved(image: Matrix, matrix: Matrix, shift: Sequence[float], u_right: Matrix, u_down: Matrix) -> Matrix:
    """x′(p) = x(A p + t + u(p)), with p measured from the centre, to the right and down."""
    height, width = len(image), len(image[0])
    new = [[0.0] * width for _ in range(height)]
    for row in range(height):
        for column in range(width):
            right, down = column - (width - 1) / 2, row - (height - 1) / 2
            there_right = matrix[0][0] * right + matrix[0][1] * down + shift[0] + u_right[row][column]
            there_down = matrix[1][0] * right + matrix[1][1] * down + shift[1] + u_down[row][column]
            new[row][column] = between(image, there_right + (width - 1) / 2, there_down + (height - 1) / 2)
    return new


def reference(elastic: Elastic, x: Numbers, rng: np.random.Generator) -> tuple[Array, float]:
    """What `elastic` is to make of x, and how far float32 may be from it.

    A batch of n takes 6 · n numbers for A and t; then each image in turn takes the heights of its hills, first those of
    u to the right, then of u down, both line by line: a run that is taken up again relies on it.
    """
    down, right = (hills(size, elastic.smoothness) for size in elastic.image_shape)
    images = x.reshape(len(x), *elastic.image_shape).astype(np.float64)
    drawn = [transformation(elastic, numbers) for numbers in rng.uniform(-1, 1, (6, len(x))).T.tolist()]
    new, reach, largest = [], 0.0, 0.0
    for image, (matrix, shift) in zip(images.tolist(), drawn, strict=True):
        heights = [rng.standard_normal((len(down[0]), len(right[0])), np.float32).tolist() for _ in range(2)]
        (u_right, most_right), (u_down, most_down) = (field(one, down, right, elastic.strength) for one in heights)
        new.append(moved(image, matrix, shift, u_right, u_down))
        largest = max(largest, most_right, most_down)
        reach = max(reach, _reach(matrix, shift, elastic.image_shape) + largest)
    roundings = HILL_ROUNDINGS + len(down[0]) + len(right[0])
    off = PLACE_ROUNDINGS * ROUNDING * reach + roundings * ROUNDING * largest
    contrast = float(images.max(initial=0) - images.min(initial=0))
    # a place that is off by so much changes a pixel by at most the contrast times that, in each of two directions
    return np.array(new).reshape(x.shape), 2 * contrast * off + BLEND_ROUNDINGS * ROUNDING * contrast


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("shape", [*SHAPES, (1, 50)], ids=str)
def test_is_its_formula_pixel_by_pixel(shape: tuple[int, int], kind: dict[str, float]) -> None:
    n = ROWS_AT_ONCE + 3 if math.prod(shape) < 10 else 3
    for dtype in ("uint8", "float32"):
        x, elastic = _images(n, shape, dtype), Elastic(shape, **kind)
        expected, tolerance = reference(elastic, x, stream(3, "augmentation", 5))
        new = elastic(x, stream(3, "augmentation", 5))
        assert new.dtype == np.float32
        assert new.shape == x.shape
        np.testing.assert_allclose(new, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("strengths", [{}, NOTHING, STRONG], ids=["the defaults", "nothing", "strong"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_of_strength_0_it_is_affine_to_the_bit(shape: tuple[int, int], strengths: dict[str, float]) -> None:
    x = _images(2 * ROWS_AT_ONCE + 1, shape, "uint8")
    new = Elastic(shape, strength=0, **strengths)(x, stream(0, "augmentation", 7))
    assert new.tobytes() == Affine(shape, **strengths)(x, stream(0, "augmentation", 7)).tobytes()


# The fields


@pytest.mark.parametrize("smoothness", [ROUGHEST, 1.1, 2.0, 3.7, 4.0, 9.0, 27.0, SMOOTHEST])
@pytest.mark.parametrize("size", [1, 2, 5, 28, 29, 100])
def test_hills_have_the_covariance_of_blurred_noise(size: int, smoothness: float) -> None:
    """Exactly, not by drawing: of independent heights the covariance of two pixels is a sum over the hills."""
    over = _hills(size, smoothness)
    covariance = np.einsum("hp,hq->pq", over, over)
    pixels = np.arange(size)
    expected = np.exp(-((pixels[:, np.newaxis] - pixels) ** 2) / (4 * smoothness**2))
    np.testing.assert_allclose(np.diag(covariance), 1, rtol=0, atol=EXACT)
    # two directions are multiplied, and the errors of both add up
    np.testing.assert_allclose(covariance, expected, rtol=0, atol=HILLS_FOR_WAVES / 2)


def test_fields_are_as_strong_and_as_smooth_as_they_say() -> None:
    """At every pixel the mean is 0 and the root mean square `strength`; all covariances are as in the docstring."""
    n, strength, smoothness, (height, width) = 20_000, 2.5, 3.0, (12, 9)
    fields = Elastic((height, width), strength=strength, smoothness=smoothness).fields(n, stream(0, "augmentation"))
    assert fields.dtype == np.float32
    assert fields.shape == (n, 2, height, width)
    u = fields.reshape(n, 2 * height * width).astype(np.float64) / strength
    assert np.abs(u.mean(axis=0)).max() < STANDARD_ERRORS / math.sqrt(n)
    # the variance of a square is 2, and the deviation of its root half that of the square
    assert np.abs(np.sqrt((u**2).mean(axis=0)) - 1).max() < STANDARD_ERRORS * math.sqrt(2 / n) / 2
    rows, columns = np.divmod(np.arange(height * width), width)
    squares = (rows[:, np.newaxis] - rows) ** 2 + (columns[:, np.newaxis] - columns) ** 2
    expected = np.kron(np.eye(2), np.exp(-squares / (4 * smoothness**2)))  # right knows nothing of down
    deviations = np.sqrt((1 + expected**2) / n)
    assert np.all(np.abs(u.T @ u / n - expected) < COVARIANCE_ERRORS * deviations + HILLS_FOR_WAVES)
    # nor does an image of the one before
    assert np.all(np.abs(u[:-1].T @ u[1:] / (n - 1)) < COVARIANCE_ERRORS / math.sqrt(n - 1))


def test_strength_is_nothing_but_a_factor() -> None:
    one = Elastic((7, 9), strength=1, smoothness=2).fields(5, stream(0, "augmentation"))
    eight = Elastic((7, 9), strength=8, smoothness=2).fields(5, stream(0, "augmentation"))
    np.testing.assert_array_equal(eight, 8 * one)  # a power of two, which no rounding sees


# What is drawn


def test_is_a_function_of_the_random_numbers() -> None:
    x, elastic = _images(9, (5, 6), "uint8"), Elastic((5, 6))
    first = elastic(x, stream(1, "augmentation", 4)).tobytes()
    assert elastic(x, stream(1, "augmentation", 4)).tobytes() == first
    assert Elastic((5, 6))(x, stream(1, "augmentation", 4)).tobytes() == first
    assert elastic(x, stream(1, "augmentation", 5)).tobytes() != first
    assert elastic(x, stream(2, "augmentation", 4)).tobytes() != first


@pytest.mark.parametrize("shape", [(7, 5), (28, 28), (1, 40)], ids=str)
def test_how_many_rows_go_at_once_changes_no_bit(monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int]) -> None:
    x, elastic, results = _images(150, shape, "float32"), Elastic(shape), set()
    for rows in (1, 7, 150, ROWS_AT_ONCE, 1000):
        monkeypatch.setattr("framework.data.augmentation.ROWS_AT_ONCE", rows)
        results.add(elastic(x, stream(0, "augmentation")).tobytes())
    assert len(results) == 1


def test_fields_come_one_after_the_other() -> None:
    """Those of 2 + 0 + 5 images are those of 7, and none is like another."""
    elastic, rng = Elastic((28, 28)), stream(0, "augmentation")
    parts = np.concatenate([elastic.fields(n, rng) for n in (2, 0, 5)])
    np.testing.assert_array_equal(parts, elastic.fields(7, stream(0, "augmentation")))
    assert len({line.tobytes() for image in parts for line in image}) == 14


def test_the_strongest_there_is_stays_finite() -> None:
    """The tests' error state makes an overflow an error; what is shown lies between the darkest and the lightest."""
    strongest = {"rotation": 1e300, "scale": math.nextafter(1, 0), "shear": FARTHEST, "shift": FARTHEST}
    x = _images(100, (28, 28), "uint8")
    for smoothness in (ROUGHEST, SMOOTHEST):
        elastic = Elastic((28, 28), strength=FARTHEST, smoothness=smoothness, **strongest)
        new = elastic(x, stream(0, "augmentation"))
        assert np.isfinite(new).all()
        assert new.min() >= 0
        assert new.max() <= 255


@pytest.mark.parametrize("shape", [(1, LONGEST_SIDE), (LONGEST_SIDE, 2)], ids=str)
def test_the_longest_sides_there_are(shape: tuple[int, int]) -> None:
    x = _images(2, shape, "uint8")
    new = Elastic(shape, smoothness=ROUGHEST)(x, stream(0, "augmentation"))
    assert new.shape == x.shape
    assert new.min() >= 0
    assert new.max() <= 255


# What goes in


def test_images_may_be_rows_or_pictures_and_stay_as_they_are() -> None:
    x, elastic = _images(8, (5, 6), "uint8"), Elastic((5, 6))
    before = x.copy()
    x.flags.writeable = False
    expected = elastic(x, stream(0, "augmentation"))
    np.testing.assert_array_equal(elastic(x.reshape(8, 5, 6), stream(0, "augmentation")).reshape(8, 30), expected)
    np.testing.assert_array_equal(elastic(np.asfortranarray(x), stream(0, "augmentation")), expected)
    np.testing.assert_array_equal(x, before)
    assert elastic(x[:0], stream(0, "augmentation")).shape == (0, 30)


@pytest.mark.parametrize("shape", [(23,), (25,), (6, 4), (2, 12), (4, 6, 1), ()])
def test_x_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError) as caught:
        Elastic((4, 6))(np.zeros((5, *shape)), stream(0, "augmentation"))
    assert str(caught.value) == f"Elastic: got samples of shape {shape}; expected images of 4 x 6"


UP_TO_FARTHEST = "expected a number from 0 to 1e+06"
PIXELS = "expected a number from 1 to 1000"
SIDES = "expected sides of at most 1024 pixels"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("strength", value, UP_TO_FARTHEST) for value in (-1, -1e-9, 1e7, math.inf, math.nan, True, "1", None, (1, 1))]
    + [("smoothness", value, PIXELS) for value in (-4, 0, 0.999, 1001, math.inf, math.nan, True, "4", None)]
    + [
        ("rotation", -1, "expected a finite number of 0 or more"),
        ("scale", 1, "expected a number from 0 to below 1"),
        ("shear", -0.1, UP_TO_FARTHEST),
        ("shift", 1e7, UP_TO_FARTHEST),
        ("image_shape", None, "expected (height, width)"),
        ("image_shape", (28, 28, 1), "expected (height, width)"),
        ("image_shape", (LONGEST_SIDE + 1, 1), SIDES),
        ("image_shape", (1, 10**9), SIDES),
    ],
)
def test_arguments_are_checked(name: str, value: object, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        Elastic(**{"image_shape": (28, 28), name: value})  # type: ignore[arg-type]
    assert str(caught.value) == f"Elastic: {name}: got {value!r}; {expected}"


def test_what_it_is_given_it_keeps_as_plain_numbers() -> None:
    elastic = Elastic([np.int64(4), 6], strength=0, smoothness=np.float32(2), rotation=5, shear=0, shift=1)  # type: ignore[arg-type]
    assert elastic.image_shape == (4, 6)
    assert [type(size) for size in elastic.image_shape] == [int, int]
    kept = (elastic.strength, elastic.smoothness, elastic.rotation, elastic.scale, elastic.shear, elastic.shift)
    assert kept == (0, 2, 5, 0.1, 0, 1)
    assert [type(number) for number in kept] == [float] * 6


@pytest.mark.parametrize(
    ("elastic", "shown"),
    [
        (Elastic((28, 28)), "Elastic((28, 28))"),
        (Elastic((2, 3), strength=2), "Elastic((2, 3), strength=2.0)"),
        (
            Elastic((2, 3), strength=0, smoothness=5, **STRONG),
            "Elastic((2, 3), strength=0.0, smoothness=5.0, rotation=180.0, scale=0.9, shear=2.0, shift=20.0)",
        ),
    ],
)
def test_prints_itself_as_the_call_that_makes_it_again(elastic: Elastic, shown: str) -> None:
    assert repr(elastic) == shown


def test_the_shape_of_an_image_follows_from_the_data() -> None:
    assert Elastic.inferred((28, 20)) == {"image_shape": (28, 20)}
    with pytest.raises(InputError) as caught:
        Elastic.inferred(None)
    assert str(caught.value) == "Elastic: got rows of no known shape; expected data.image_shape, such as [28, 28]"
