"""What a run was asked for beside its recipe: its tables, its submission, and how much it says."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, final

from framework.errors import InputError
from models import digits
from models.recipes import TABLES
from scripts.submission import check_target, check_unread
from scripts.tables import check_table
from scripts.words import word

OWN = "the digits come with a clone of the project; or give a table with --train"
MOVED = "if it has moved, --train, --test or --predict says where it is now"


@final
@dataclass(frozen=True)
class Options:
    """What was asked for on the command line, beside the recipe and its settings."""

    train: Path | None = None
    test: Path | None = None
    no_test: bool = False
    run: Path | None = None
    predict: Path | None = None
    out: Path | None = None
    force: bool = False
    every: int | None = None
    json: bool = False
    quiet: bool = False

    def of_recipe(self, recipe: str) -> Self:
        """With the recipe's own tables where nothing else is asked for, if it has any."""
        tables = TABLES.get(recipe)
        if tables is None:
            return self
        train, predict, out = self.train or tables.train, self.predict or tables.predict, self.out or tables.out
        return replace(self, train=train, predict=predict, out=out)

    def test_table(self) -> Path | None:
        """The table the finished model is measured on. Kaggle's training rows contain the embedded test digits, so
        rows of the user's own are never followed by ours.
        """
        if self.test is not None or self.no_test or self.train is not None:
            return self.test
        return digits.TEST

    def typed(self) -> str:
        """The tables, the submission and the leave to overwrite it, as `chalknet resume` takes them."""
        paths = {"train": self.train, "test": self.test, "predict": self.predict, "out": self.out}
        words = [f"--{name} {word(path)}" for name, path in paths.items() if path is not None]
        return " ".join([*words, *["--no-test"] * self.no_test, *["--force"] * self.force])

    def check(self, source: Path | None = None, *, resumed: bool = False, written: bool = False) -> None:
        """Raise InputError for what would otherwise go wrong only after the training. `source` is the spec file or the
        run that is read. A resumed run may find that its tables have moved, and, if it was `written`, its own
        submission.
        """
        if (self.predict is None) != (self.out is None):
            raise InputError("--predict and --out: got one of the two; expected both or neither")
        if self.test is not None and self.no_test:
            raise InputError("--test and --no-test: got both; expected at most one")
        for path, like in ((self.train or digits.TRAIN, "train"), (self.test_table(), "test"), (self.predict, "test")):
            if path is not None:
                own = path in (digits.TRAIN, digits.TEST)
                check_table(path, like=like, hint=MOVED if resumed else OWN if own else None)
        if self.out is not None:
            read = (self.train, self.test, self.predict, source)
            check_unread(self.out, [path for path in read if path is not None])
            check_target(self.out, force=self.force or written)
