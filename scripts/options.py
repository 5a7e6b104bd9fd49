"""What a run was asked for beside its recipe: its tables, its submission, and how much it says."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, final

from framework.errors import InputError, shown_path
from models import digits
from models.recipes import KAGGLE, TABLES
from scripts.submission import check_target


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

    def check(self, *, resumed: bool = False, written: bool = False) -> None:
        """Raise InputError for what would otherwise go wrong only after the training. A resumed run may find that its
        tables have moved, and, if it was `written`, its own submission.
        """
        if (self.predict is None) != (self.out is None):
            raise InputError("--predict and --out: got one of the two; expected both or neither")
        if self.test is not None and self.no_test:
            raise InputError("--test and --no-test: got both; expected at most one")
        for path in (self.train or digits.TRAIN, self.test_table(), self.predict):
            if path is not None and not os.path.exists(path):
                own = path in (digits.TRAIN, digits.TEST)
                hint = "the digits come with a clone of the project; or give a table with --train" if own else None
                if path.parent == KAGGLE:
                    hint = f"train.csv and test.csv of kaggle.com/c/digit-recognizer belong into {KAGGLE}; "
                    hint += "or say where they are with --train and --predict"
                if resumed:
                    hint = "if it has moved, --train, --test or --predict says where it is now"
                raise InputError(f"{shown_path(path)}: no such file", hint=hint)
            if (
                path is not None
                and self.out is not None
                and os.path.exists(self.out)
                and os.path.samefile(path, self.out)
            ):
                raise InputError(f"--out: got {shown_path(path)}, which is read; expected the name of another file")
        if self.out is not None:
            check_target(self.out, force=self.force or written)
