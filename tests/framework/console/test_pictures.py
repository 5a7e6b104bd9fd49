"""Pictures: each pixel in its half of its cell, in greys and in ink."""

import numpy as np
import pytest
from numpy.typing import ArrayLike
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

from framework.console.pictures import MARGIN, cropped, picture
from framework.types import Numbers
from tests.framework.console.consoles import Shown

Grey = tuple[int, int]
"""How light the upper and the lower pixel of a cell are."""


def _image(rows: ArrayLike) -> Numbers:
    return np.array(rows, np.uint8)


def _greys(lines: list[Text]) -> list[list[Grey]]:
    cells = []
    for line in lines:
        assert set(line.plain) == {"▀"}
        assert [(span.start, span.end) for span in line.spans] == [(place, place + 1) for place in range(len(line))]
        styles = [Style.parse(str(span.style)) for span in line.spans]
        cells.append([(_grey(style.color), _grey(style.bgcolor)) for style in styles])
    return cells


def _grey(color: Color | None) -> int:
    assert color is not None
    assert color.triplet is not None
    red, green, blue = color.triplet
    assert red == green == blue
    return red


def _ink(lines: list[Text]) -> list[str]:
    assert not [line for line in lines if line.spans]
    return [line.plain for line in lines]


def test_in_colour_every_pixel_has_its_grey() -> None:
    lines = picture(_image([[0, 255], [51, 102], [255, 0], [1, 254]]), Shown().console)
    assert _greys(lines) == [[(0, 51), (255, 102)], [(255, 1), (0, 254)]]


def test_without_colours_every_pixel_is_ink_or_paper() -> None:
    image = _image([[0, 255, 0, 255], [0, 0, 255, 255], [127, 128, 0, 0], [0, 0, 127, 128]])
    assert _ink(picture(image, Shown("no color").console)) == [" ▀▄█", " ▀ ▄"]


@pytest.mark.parametrize("system", ["standard", "256", "truecolor"])
def test_greys_are_for_terminals_that_have_them(system: str) -> None:
    console = Console(force_terminal=True, color_system=system, _environ={"TERM": "xterm"})  # type: ignore[arg-type]
    lines = picture(_image([[0], [255]]), console)
    if system == "standard":
        assert _ink(lines) == ["▄"]
    else:
        assert _greys(lines) == [[(0, 255)]]


def test_the_last_row_of_an_odd_height_has_paper_below() -> None:
    image = _image([[255, 0], [255, 0], [255, 51]])
    assert _ink(picture(image, Shown("no color").console)) == ["█ ", "▀ "]
    assert _greys(picture(image, Shown().console)) == [[(255, 255), (0, 0)], [(255, 0), (51, 0)]]


@pytest.mark.parametrize("value", [0, 7, 255])
def test_a_blank_image_is_paper(value: int) -> None:
    assert _ink(picture(np.full((2, 2), value, np.uint8), Shown("no color").console)) == ["  "]
    assert _greys(picture(np.full((3, 1), value, np.uint8), Shown().console)) == [[(0, 0)], [(0, 0)]]


@pytest.mark.parametrize(
    "image",
    [
        np.array([[-1.0], [1.0]], np.float32),
        np.array([[0.0], [1e-3]]),
        np.array([[False], [True]]),
        np.array([[-128], [127]], np.int8),
        np.array([[1000], [3000]]),
        np.array([[-128], [127]], np.int16),
    ],
)
def test_the_lightest_is_paper_and_the_darkest_ink_whatever_the_numbers(image: Numbers) -> None:
    assert _greys(picture(image, Shown().console)) == [[(0, 255)]]
    assert _ink(picture(image, Shown("no color").console)) == ["▄"]


@pytest.mark.parametrize("height", [1, 2, 3, 28, 29])
@pytest.mark.parametrize("width", [1, 5, 28])
def test_two_pixels_are_a_line(height: int, width: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (height, width))
    image[0, 0], image[-1, -1] = 0, 255
    for console in (Shown().console, Shown("no color").console):
        assert [len(line) for line in picture(image, console)] == [width] * ((height + 1) // 2)
    if image.size > 1:
        image[0, 0] = 0
        padded = np.vstack([image, np.zeros((height % 2, width), int)])
        expected = [list(zip(padded[row], padded[row + 1], strict=True)) for row in range(0, len(padded), 2)]
        assert _greys(picture(image, Shown().console)) == expected


def test_the_image_stays_as_it_is() -> None:
    image = _image([[3, 200, 9]])
    image.flags.writeable = False
    picture(image, Shown().console)
    assert image.tolist() == [[3, 200, 9]]


def test_tiles_are_what_is_drawn_in_the_middle_of_a_margin() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[5:9, 20:22] = [[1, 2], [3, 4], [5, 6], [7, 8]]
    (tile,) = cropped(image[np.newaxis])
    assert MARGIN == 1
    assert tile.tolist() == [[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 5, 6, 0], [0, 7, 8, 0], [0, 0, 0, 0]]


def test_tiles_are_of_one_size() -> None:
    images = np.zeros((3, 9, 9), np.uint8)
    images[0, 0:9, 4] = 9
    images[1, 4, 0:7] = 9
    images[2, 8, 8] = 9
    tiles = cropped(images)
    assert {tile.shape for tile in tiles} == {(11, 9)}
    assert [int(np.count_nonzero(tile)) for tile in tiles] == [9, 7, 1]
    assert np.argwhere(tiles[1])[:, 0].tolist() == [5] * 7
    assert np.argwhere(tiles[1])[:, 1].tolist() == list(range(1, 8))
    assert np.argwhere(tiles[2]).tolist() == [[5, 4]]


def test_ink_at_every_edge_is_not_cropped() -> None:
    image = np.full((2, 3), 9, np.uint8)
    image[0, 1] = 0
    (tile,) = cropped(image[np.newaxis])
    assert tile[1:-1, 1:-1].tolist() == image.tolist()


def test_a_blank_image_has_a_tile_too() -> None:
    images = np.zeros((2, 4, 4), np.uint8)
    images[1, 1:3, 1:4] = 5
    blank, drawn = cropped(images)
    assert blank.shape == drawn.shape == (4, 5)
    assert not blank.any()
    assert [tile.shape for tile in cropped(images[:1])] == [(3, 3)]


def test_the_paper_of_images_that_are_not_from_0_is_paper() -> None:
    images = np.full((1, 4, 4), -1.0, np.float32)
    images[0, 1, 2] = 1.0
    (tile,) = cropped(images)
    assert tile.tolist() == [[-1, -1, -1], [-1, 1, -1], [-1, -1, -1]]
