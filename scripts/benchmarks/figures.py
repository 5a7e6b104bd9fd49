"""Figures: what one contender measured, round after round. Nothing is thrown away; tables show medians and the ends."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import final


@final
@dataclass(frozen=True)
class Figures:
    """One number per round, in the unit of its table. `threads` is None for whoever chooses them by itself."""

    name: str
    threads: int | None
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def lowest(self) -> float:
        return min(self.rounds)

    @property
    def highest(self) -> float:
        return max(self.rounds)

    def each(self, change: Callable[[float], float]) -> "Figures":
        """The same in another unit."""
        return Figures(self.name, self.threads, tuple(map(change, self.rounds)))

    def as_tree(self) -> dict[str, object]:
        """For JSON."""
        return {**asdict(self), "median": self.median}


def better(found: Iterable[Figures], *, most: bool) -> list[Figures]:
    """Of each name the figures with the better number of threads: the highest median if `most` is good, else the
    lowest. In the order in which the names come.
    """
    best: dict[str, Figures] = {}
    for one in found:
        known = best.setdefault(one.name, one)
        if one.median > known.median if most else one.median < known.median:
            best[one.name] = one
    return list(best.values())


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown, the first column to the left and all others to the right; an empty line behind it."""
    ruler = ["---", *["---:"] * (len(heads) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (heads, ruler, *rows)] + [""]


def spread(figures: Figures, form: str) -> str:
    """The lowest and the highest: `3.1 - 3.4`."""
    return f"{figures.lowest:{form}} - {figures.highest:{form}}"


def threads_of(figures: Figures) -> str:
    return "auto" if figures.threads is None else str(figures.threads)
