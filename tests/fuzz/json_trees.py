"""Damage to JSON that leaves it JSON. A flipped bit mostly ends in the first line of a JSON reader; a value in another
place, a key too many or a list in a list gets past it, to where meaning is checked.
"""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from random import Random

from framework.specs.complaints import Json

NUMBERS: tuple[Json, ...] = (
    *(0, 1, 2, 3, 4, 10, 255, 256, 784, 65_535, 65_536, 65_537, 2**31, 2**63, 2**64, 10**30, 10**400, -1, -(2**31)),
    *(0.0, -0.0, 0.5, 0.999, 1.0, 1.5, 1e-7, 1e-30, 1e-320, 1e30, 1e31, 1e308, -0.1, -1e308),
    *(float("inf"), float("-inf"), float("nan")),
)
OTHERS: tuple[Json, ...] = (
    *(None, True, False, [], {}, "", "1", "nan", "auto", "é", "\0", "\x1b[2J", "\u202e", "\ud800", "x" * 65),
)
REPEATS = (2, 2, 3, 64, 257)
MANY = 500
"""Values in a tree that is large enough."""


@dataclass(frozen=True)
class Place:
    """Where a value of a tree stands."""

    holder: dict[str, Json] | list[Json]
    step: str | int

    @property
    def value(self) -> Json:
        if isinstance(self.holder, dict):
            return self.holder[str(self.step)]
        return self.holder[int(self.step)]

    def put(self, value: Json) -> None:
        if isinstance(self.holder, dict):
            self.holder[str(self.step)] = value
        else:
            self.holder[int(self.step)] = value


class Damager:
    """Makes another JSON text of one. `names` are keys and texts worth trying, `parts` are whole subtrees."""

    def __init__(self, names: Sequence[str], parts: Sequence[Json]) -> None:
        self.names, self.parts = names, parts

    def damaged(self, text: bytes, seed: int) -> bytes | None:
        """`text` with one to four changes, the same for the same seed; None where it is no JSON to begin with."""
        try:
            root: list[Json] = [json.loads(text)]
        except (ValueError, RecursionError):
            return None
        random = Random(seed)
        for _ in range(random.choice((1, 1, 1, 2, 3, 4))):
            places = list(islice(_places(root), MANY))
            change = random.choice((self._replace, self._replace, self._move, self._swap, self._add, self._rename,
                                    self._remove, self._repeat, self._spell, self._wrap))  # fmt: skip
            change(places, random)
        return json.dumps(root[0]).encode()

    def _anything(self, random: Random) -> Json:
        return deepcopy(random.choice(random.choice((self.parts, self.names, NUMBERS, OTHERS))))

    def _replace(self, places: list[Place], random: Random) -> None:
        random.choice(places).put(self._anything(random))

    def _move(self, places: list[Place], random: Random) -> None:
        """The value of one place in another as well."""
        value = deepcopy(random.choice(places).value)
        random.choice(places).put(value)

    def _swap(self, places: list[Place], random: Random) -> None:
        one, other = random.choice(places), random.choice(places)
        values = deepcopy((one.value, other.value))
        one.put(values[1])
        if other.step in (other.holder if isinstance(other.holder, dict) else range(len(other.holder))):
            other.put(values[0])

    def _add(self, places: list[Place], random: Random) -> None:
        holder = random.choice([place.value for place in places if isinstance(place.value, dict | list)] or [[]])
        if isinstance(holder, dict):
            holder[random.choice(self.names)] = self._anything(random)
        elif isinstance(holder, list):
            holder.insert(random.randint(0, len(holder)), self._anything(random))

    def _rename(self, places: list[Place], random: Random) -> None:
        holder = random.choice(places).holder
        if isinstance(holder, dict):
            value = holder.pop(random.choice(list(holder)))
            holder[random.choice(self.names)] = value

    def _remove(self, places: list[Place], random: Random) -> None:
        holder = random.choice(places[1:] or places).holder
        if isinstance(holder, dict):
            del holder[random.choice(list(holder))]
        elif len(places) > 1:
            holder.pop(random.randrange(len(holder)))

    def _repeat(self, places: list[Place], random: Random) -> None:
        lists = [place.value for place in places if isinstance(place.value, list)]
        if lists and len(places) < MANY:  # or a few repeats in a row fill the memory
            found = random.choice(lists)
            found[:] = deepcopy(found * random.choice(REPEATS))

    def _spell(self, places: list[Place], random: Random) -> None:
        """A number as a text or the other way round, 3 as 3.0."""
        place = random.choice(places)
        value = place.value
        if isinstance(value, bool | str):
            place.put(len(str(value)))
        elif isinstance(value, int) and abs(value) < 2**53:
            place.put(random.choice((float(value), str(value), value + 1, -value, bool(value))))
        elif isinstance(value, float):
            place.put(random.choice((str(value), -value, value * 10, value / 10)))

    def _wrap(self, places: list[Place], random: Random) -> None:
        place = random.choice(places)
        value = deepcopy(place.value)
        holders: tuple[Json, ...] = (
            [value],
            {random.choice(self.names): value},
            {"type": "residual", "layers": [value]},
        )
        place.put(random.choice(holders))


def _places(holder: dict[str, Json] | list[Json]) -> Iterator[Place]:
    steps: Sequence[str | int] = list(holder) if isinstance(holder, dict) else range(len(holder))
    for step in steps:
        place = Place(holder, step)
        yield place
        if isinstance(place.value, dict | list):
            yield from _places(place.value)
