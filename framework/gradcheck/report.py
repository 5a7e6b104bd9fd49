"""What a gradient check found: every slope both ways, and a table of them that fits on a screen, worst first."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from textwrap import wrap
from typing import final

from framework.errors import CheckFailed

MOST_KINKS = 0.05
"""A check that had to skip more of its entries than that has not shown enough."""

MOST_ROWS = 12
"""Arrays in the table; with the lines around them that is a screen."""

WIDTH = 80


@final
@dataclass(frozen=True)
class Comparison:
    """One slope of the loss: `analytic` by backward, `numeric` by differences, `error` the relative one.

    `parameter` is the array's name in its layer, 'x' for what goes into the layer. `index` is None for the slope along
    a random direction through the whole array. At a `kink` there is no slope to compare; a slope that is not `seen` is
    0 but for rounding, so that the two agree says little.
    """

    layer: str
    kind: str
    parameter: str
    index: tuple[int, ...] | None
    analytic: float
    numeric: float
    error: float
    kink: bool = False
    seen: bool = True

    @property
    def array(self) -> str:
        """`layers.1.weight`."""
        return f"{self.layer}.{self.parameter}"

    @property
    def place(self) -> str:
        """`weight[3, 7]`, or `weight[:]` for a direction."""
        return f"{self.parameter}[{':' if self.index is None else ', '.join(map(str, self.index))}]"

    def __str__(self) -> str:
        where = f"{self.parameter} along a direction" if self.index is None else self.place
        return (
            f"{self.layer} ({self.kind}): gradient of {where}: backward gives {self.analytic:.9g}, "
            f"central differences give {self.numeric:.9g}, a relative error of {self.error:.1g}"
        )


@final
@dataclass(frozen=True, repr=False)
class GradientReport:
    """The outcome of a gradient check.

    `problem` says why nothing could be compared, if so. Of all wrong entries `culprit` is the one to look at: gradients
    flow downward, so a layer below a wrong one may only pass the mistake on, and the topmost wrong layer made it.
    """

    subject: str
    setting: str
    tolerance: float
    entries: tuple[Comparison, ...] = ()
    culprit: Comparison | None = None
    problem: str | None = None

    @cached_property
    def wrong(self) -> tuple[Comparison, ...]:
        """Every entry beyond the tolerance, worst first."""
        return tuple(entry for entry in _by_error(self.entries) if entry.error > self.tolerance)

    @cached_property
    def worst(self) -> Comparison | None:
        """The entry of the largest relative error."""
        return next(iter(_by_error(self.entries)), None)

    @property
    def kinks(self) -> int:
        """How many entries were skipped as the loss has a kink there."""
        return sum(entry.kink for entry in self.entries)

    @property
    def unseen(self) -> tuple[str, ...]:
        """The layers no gradient reaches."""
        layers = {entry.layer: f"{entry.layer} ({entry.kind})" for entry in self.entries}
        for entry in self.entries:
            if entry.seen and not entry.kink:
                layers.pop(entry.layer, None)
        return tuple(layers.values())

    @property
    def ok(self) -> bool:
        return self.failure is None

    @property
    def failure(self) -> str | None:
        """In a sentence, why the check does not pass."""
        if self.problem is not None:
            return self.problem
        if self.wrong:
            return str(self.culprit or self.wrong[0])
        if self.kinks > MOST_KINKS * len(self.entries):
            return (
                f"{self.kinks} of {len(self.entries)} entries lie at a kink of the loss, where there is no gradient to "
                f"compare; expected at most {MOST_KINKS:.0%}"
            )
        if self.unseen:
            return f"{self.unseen[0]}: all gradients are 0 but for rounding, which proves nothing; expected others"
        return None

    def raise_if_wrong(self) -> None:
        """Raise CheckFailed, which names layer, parameter, index and both values, unless all is right."""
        if self.failure is not None:
            hint = None
            if self.wrong:
                hint = f"{len(self.wrong)} of {len(self.entries)} are wrong; a layer below may only pass the mistake on"
            elif not self.problem:
                hint = "check at other data or other weights"
            raise CheckFailed(self.failure, hint=hint)

    def table(self) -> str:
        """Each array's worst entry, the worst array first."""
        lines = [f"gradients of {self.subject}: {'right' if self.ok else 'WRONG'}", *wrap(self.setting, WIDTH)]
        if self.entries:
            lines += ["", *_table(self.entries, self.tolerance), "", self._summary()]
        return "\n".join(lines)

    def __str__(self) -> str:
        """The table and, where something is wrong, what and where."""
        failure = [] if self.failure is None else ["", *wrap(self.failure, WIDTH)]
        return "\n".join([self.table(), *failure])

    def __repr__(self) -> str:
        """As in print, for whoever has `check(model)` in the last line of a notebook's cell."""
        return str(self)

    def _summary(self) -> str:
        kinks = f", {self.kinks} skipped at kinks" if self.kinks else ""
        largest = "" if self.worst is None else f"largest relative error {self.worst.error:.1e}, "
        return f"{len(self.entries):,} compared{kinks}; {largest}{self.tolerance:.0e} allowed"


def _by_error(entries: Sequence[Comparison]) -> list[Comparison]:
    return sorted((entry for entry in entries if not entry.kink), key=lambda entry: -entry.error)


def _table(entries: Sequence[Comparison], tolerance: float) -> list[str]:
    """A row per array with its worst entry, the array of the worst first."""
    rows = []
    for _, group in groupby(sorted(entries, key=lambda entry: entry.array), key=lambda entry: entry.array):
        members = list(group)
        compared = _by_error(members)
        if compared:
            rows.append((compared[0], len(members), sum(entry.error > tolerance for entry in compared)))
    rows.sort(key=lambda row: -row[0].error)
    cells = [("layer", "", "worst", "wrong", "backward", "differences", "error")]
    for worst, count, wrong in rows[:MOST_ROWS]:
        numbers = f"{worst.analytic: .4e}", f"{worst.numeric: .4e}", f"{worst.error:.0e}"
        cells.append((worst.layer, worst.kind, worst.place, f"{wrong}/{count}", *numbers))
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = []
    for row in cells:
        left, right = zip(row[:3], widths[:3], strict=True), zip(row[3:], widths[3:], strict=True)
        words = [*(f"{cell:<{width}}" for cell, width in left), *(f"{cell:>{width}}" for cell, width in right)]
        lines.append("  ".join(words).rstrip())
    if len(rows) > MOST_ROWS:
        lines.append(f"... and {len(rows) - MOST_ROWS} more arrays")
    return lines
