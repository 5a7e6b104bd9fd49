"""The value of a setting: read from what was typed, written so that it can be typed, and mended where it is wrong.

Nobody who types `0,1` or `True` or `10%` is in doubt about what was meant. `repairs` lists what a text could be once it
is written properly; who asks tries which of them fit.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from itertools import accumulate

from framework.nearest import nearest
from framework.specs.complaints import Json
from framework.specs.limits import MAX_DEPTH

WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
    **dict.fromkeys(("none", "nil", "never"), None),
}


def parsed(text: str) -> Json:
    """The value that was typed: JSON, or a number as Python reads it (.5), and else the text itself."""
    depth = max(accumulate((mark in "[{") - (mark in "]}") for mark in text), default=0)
    if depth > MAX_DEPTH:
        return text
    for read in (json.loads, int, float):
        try:
            value: Json = read(text)
        except ValueError:
            continue
        return value
    return text


def spelled(value: Json) -> str:
    """The text that `parsed` makes `value` of."""
    return value if isinstance(value, str) and parsed(value) == value else json.dumps(value)


def repairs(text: str, names: Iterable[str]) -> Iterator[Json]:
    """What `text` may have been meant to say, where one of `names`, or a value of another kind, belongs."""
    plain = text.strip(" '\"")
    name = nearest(plain, names)
    if name is not None:
        yield name
    if plain.lower() in WORDS:
        yield WORDS[plain.lower()]
    yield from _numbers(plain)
    yield text  # where a text belongs that looks like a number


def _numbers(text: str) -> Iterator[int | float]:
    """The numbers that `text` may mean: 0,1 and 1,000 and 10% and 3.0 and -3, and 10 for a tenth."""
    if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", text):
        yield int(text.replace(",", ""))
    percent = text.endswith("%")
    try:
        number = float(text.removesuffix("%").replace(",", "."))
    except ValueError:
        return
    if not math.isfinite(number):
        return
    if not percent:
        yield from (number, abs(number), int(number), abs(int(number)))
    if percent or number > 1:
        yield number / 100
