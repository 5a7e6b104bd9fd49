"""Consoles of every kind that write into a string, and small runs to watch on them."""

import re
from dataclasses import dataclass, field
from io import StringIO
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from rich.console import Console

from framework import (
    SGD,
    Dataset,
    Dense,
    EpochReport,
    Loss,
    MeanSquaredError,
    Optimizer,
    Sequential,
    Training,
    TrainingSettings,
)
from framework.types import Array
from tests.framework.console.screen import Screen, screen_of

Kind = Literal["terminal", "no color", "piped", "dumb"]
TERMINALS: tuple[Kind, ...] = ("terminal", "no color")
LINES: tuple[Kind, ...] = ("piped", "dumb")
"""Where nothing can be redrawn."""
KINDS = TERMINALS + LINES
WIDTHS = (80, 120)

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
FRAME = "╭╮╰╯"

FOREIGN = (
    "[red]x[/red]",
    "[link=https://example.org]x",
    "[/]",
    "[bold",
    "\\[red]",
    "a\\",
    ":warning:",
    "{x}",
    "数字",
)
"""Names that a console might read as more than they are."""
HARMFUL = ("\x1b[31mx", "x\x07", "x\x08", "x\ry", "x\x9b2J", "x\x00", "x\x7f", "x\u202ey", "x\udcffy")
"""Names that must not reach a terminal as they are: escape sequences, control characters, bidi, lone surrogates."""


@dataclass
class Shown:
    """A console, and what was written to it."""

    kind: Kind = "terminal"
    width: int = 80
    height: int = 24
    quiet: bool = False
    file: StringIO = field(default_factory=StringIO)

    def __post_init__(self) -> None:
        environment = {"NO_COLOR": "1"} if self.kind == "no color" else {}
        environment["TERM"] = "dumb" if self.kind == "dumb" else "xterm-256color"
        self.console = Console(
            file=self.file,
            width=self.width,
            height=self.height,
            force_terminal=self.kind != "piped",
            color_system="truecolor" if self.kind in TERMINALS else None,
            legacy_windows=False,
            quiet=self.quiet,
            _environ=environment,
        )

    @property
    def raw(self) -> str:
        return self.file.getvalue()

    @property
    def screen(self) -> Screen:
        """The screen in the end."""
        return screen_of(self.raw, self.height)

    @property
    def lines(self) -> list[str]:
        """What stands there in the end."""
        return self.screen.text.splitlines()

    @property
    def ever(self) -> str:
        """All that was ever written, without colours and movements."""
        return ESCAPES.sub("", self.raw)


def epoch_report(
    epoch: int,
    epochs: int = 10,
    *,
    loss: float = 0.5,
    accuracy: float | None = 0.75,
    validation_loss: float | None = None,
    validation_accuracy: float | None = None,
    learning_rate: float = 0.1,
    samples_per_second: float = 1000.0,
    best: bool = False,
) -> EpochReport:
    return EpochReport(
        epoch=epoch,
        epochs=epochs,
        loss=loss,
        accuracy=accuracy,
        validation_loss=validation_loss,
        validation_accuracy=validation_accuracy,
        learning_rate=learning_rate,
        seconds=1.0,
        samples_per_second=samples_per_second,
        best=best,
    )


def two_classes(n: int = 8) -> Dataset:
    return Dataset(np.arange(3 * n, dtype=np.float32).reshape(n, 3) / (3 * n), np.arange(n) % 2)


def run_of(
    epochs: int = 3,
    *,
    optimizer: Optimizer | None = None,
    loss: Loss | None = None,
    data: Dataset | None = None,
    validated: bool = False,
    patience: int | None = None,
    batch_size: int = 4,
    restore_best: bool = True,
    model: Sequential | None = None,
) -> Training:
    """A run on two classes in which, unless told, nothing changes, so that the first epoch is the best."""
    data = data or two_classes()
    return Training(
        model or Sequential([Dense(3, 2)], seed=0),
        data,
        optimizer=optimizer or SGD(0.0),
        loss=loss,
        validation_data=data if validated else None,
        settings=TrainingSettings(epochs, batch_size, patience=patience, restore_best=restore_best, threads=1),
    )


def regression(epochs: int = 2, *, loss: Loss | None = None, validated: bool = False) -> Training:
    data = Dataset(np.array([[1.0], [2.0], [4.0]], np.float32), np.array([[0.5], [1.0], [2.0]], np.float32))
    model = Sequential([Dense(1, 1)], seed=0)
    return run_of(epochs, model=model, data=data, loss=loss or MeanSquaredError(), validated=validated)


class Told(Loss):
    """A loss that is what it was told, one number after the other, and has no slope."""

    def __init__(self, *values: float) -> None:
        self.values = values
        self.calls = 0

    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return self.values[0]

    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        value = self.values[min(self.calls, len(self.values) - 1)]
        self.calls += 1
        return value, np.zeros_like(outputs)


class Odd(Optimizer):
    """Changes nothing, and is called what one likes."""

    def __init__(self, note: str) -> None:
        super().__init__()
        self.learning_rate = 0.0
        self.note = note

    def slot_names(self) -> tuple[str, ...]:
        return ()

    def step(self, values: Array, grads: Array, learning_rate: float, index: int) -> None:
        pass
