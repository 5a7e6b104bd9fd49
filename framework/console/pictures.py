"""Images in a terminal: a half block shows two pixels one above the other, so a cell holds a square pair."""

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from framework.types import Array, Numbers

MARGIN = 1


def picture(image: Numbers, console: Console) -> list[Text]:
    """`image` (height, width), light ink on dark paper, as lines of height / 2, rounded up.

    On a terminal of many colours every pixel has its grey; with few or none it is ink or paper, at half the darkest.
    """
    shades = image - float(image.min())  # as floats: an int8 would wrap around
    shades = shades / (shades.max() or 1)
    if len(shades) % 2:
        shades = np.vstack([shades, np.zeros((1, shades.shape[1]))])
    draw = _in_greys if console.color_system in ("256", "truecolor") and not console.no_color else _in_ink
    return [draw(upper, lower) for upper, lower in zip(shades[::2], shades[1::2], strict=True)]


def cropped(images: Numbers) -> list[Numbers]:
    """What is drawn on each of `images` (n, height, width), in the middle of a tile; the tiles are of one size."""
    boxes = [_box(image != images.min()) for image in images]
    height = max(down.stop - down.start for down, _ in boxes) + 2 * MARGIN
    width = max(right.stop - right.start for _, right in boxes) + 2 * MARGIN
    tiles = []
    for image, (down, right) in zip(images, boxes, strict=True):
        tile = np.full((height, width), images.min())
        top, left = (height - (down.stop - down.start)) // 2, (width - (right.stop - right.start)) // 2
        tile[top : top + down.stop - down.start, left : left + right.stop - right.start] = image[down, right]
        tiles.append(tile)
    return tiles


def _box(inked: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The rows and the columns from the first to the last with ink."""
    spans = []
    for axis in (1, 0):
        places = np.flatnonzero(inked.any(axis=axis)).tolist() or [0]
        spans.append(slice(places[0], places[-1] + 1))
    return spans[0], spans[1]


def _in_greys(upper: Array, lower: Array) -> Text:
    line = Text()
    for above, below in zip(np.rint(upper * 255).astype(int), np.rint(lower * 255).astype(int), strict=True):
        line.append("▀", f"rgb({above},{above},{above}) on rgb({below},{below},{below})")
    return line


def _in_ink(upper: Array, lower: Array) -> Text:
    signs = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    return Text("".join(signs[bool(a), bool(b)] for a, b in zip(upper >= 0.5, lower >= 0.5, strict=True)))
