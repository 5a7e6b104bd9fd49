"""What is asked of the benchmark: the words of its command line, checked before anything is measured."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from framework.errors import EnvironmentFault, InputError, quoted, shown_path
from scripts.benchmarks.libraries import check_libraries
from scripts.benchmarks.sample_tables import Tables

PARTS = ("steps", "job", "inference", "cost", "growth")
ROUNDS = 5
TEXT, DATA = "benchmark.md", "benchmark.json"


@final
@dataclass(frozen=True)
class Request:
    """`tables` is None where they are to be made, `out` where nothing is to be kept."""

    parts: tuple[str, ...] = PARTS
    tables: Tables | None = None
    rounds: int = ROUNDS
    out: Path | None = None

    @staticmethod
    def of(words: Sequence[str]) -> "Request":
        """Read the command line. Raises InputError for values that cannot be; for others argparse ends the process."""
        parser = argparse.ArgumentParser(
            "python -m scripts.benchmark",
            description="All speed figures with one command, taken in turn.",
            allow_abbrev=False,
        )
        parser.add_argument("parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)}; all unless given")
        parser.add_argument("--train", type=Path, metavar="CSV", help="Kaggle's train.csv")
        parser.add_argument("--test", type=Path, metavar="CSV", help="Kaggle's test.csv")
        parser.add_argument("--rounds", default=str(ROUNDS), metavar="N", help=f"{ROUNDS} unless given")
        parser.add_argument("--out", type=Path, metavar="FOLDER", help=f"where {TEXT} and {DATA} go")
        found = parser.parse_args(words)
        for part in found.parts:
            if part not in PARTS:
                raise InputError(f"part: got {quoted(part)}; expected one of {', '.join(PARTS)}")
        if not (found.rounds.isascii() and found.rounds.isdecimal()) or int(found.rounds) < 1:
            raise InputError(f"--rounds: got {quoted(found.rounds)}; expected an integer of 1 or more")
        if (found.train is None) != (found.test is None):
            raise InputError("--train and --test: got one of the two; expected both or neither")
        parts = tuple(part for part in PARTS if part in (found.parts or PARTS))
        tables = None if found.train is None else Tables(found.train, found.test)
        return Request(parts, tables, int(found.rounds), found.out)

    def check(self) -> None:
        """Raise what would otherwise go wrong only after some of the work, and make the folder."""
        check_libraries(self.parts)
        if self.tables is not None:
            self.tables.check()
        if self.out is None:
            return
        for path in (self.out / TEXT, self.out / DATA):
            if os.path.lexists(path):
                raise InputError(f"{shown_path(path)}: got a file that exists; expected a new name")
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EnvironmentFault(f"{shown_path(self.out)}: cannot be made: {error.strerror or error}") from error
        if not os.access(self.out, os.W_OK):
            raise EnvironmentFault(f"{shown_path(self.out)}: cannot be written: no permission")
