"""Part: what one part of the benchmark has found, for people and for programs."""

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Part:
    """`lines` are Markdown; `measured` is everything behind them, every single round, ready for JSON."""

    lines: tuple[str, ...]
    measured: dict[str, object]
