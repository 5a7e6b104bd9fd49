"""The table of results in Markdown, as it stands in the README."""

from collections.abc import Sequence

from framework.console.text import clock
from models.recipes import TABLES
from scripts.benchmarks.machine import Machine
from scripts.reproduction.measuring import Result

COLUMNS = ("MNIST, test error in %", "published", "here, mean ± standard deviation", "runs", "longest training")


def heading() -> str:
    """When, where and with what."""
    here = Machine.here()
    libraries = ", ".join(f"{name} {here.versions[name]}" for name in ("chalknet", "numpy"))
    return f"{here.date}, {here.processor}, {here.cores} cores, Python {here.python}, {libraries}\n"


def lines(results: Sequence[Result]) -> list[str]:
    """A line for each row, below those of the head."""
    head = [f"| {' | '.join(COLUMNS)} |", "| --- | --- | --- | ---: | ---: |"]
    return [*head, *(f"| {' | '.join(cells(result))} |" for result in results)]


def cells(result: Result) -> tuple[str, ...]:
    """One row's cells."""
    row = result.row
    name = f"{row.title} (`{row.name}`)"
    if TABLES.keys() & set(row.recipes):
        name += ", rows held out"
    if row.committee:
        return name, row.published, f"**{result.mean:.2f}**", f"{result.members}", ""
    spread = "" if result.deviation is None else f" ± {result.deviation:.2f}"
    each = ", ".join(f"{errors:.2f}" for errors in result.errors)
    took = "" if result.longest is None else clock(result.longest)
    return name, row.published, f"**{result.mean:.2f}**{spread} ({each})", f"{result.members}", took
