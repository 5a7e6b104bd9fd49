"""StepJob: what every contender trains, and in which batches. And the weights one has that only has to answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from framework import Sequential
from framework.types import Array, Integers

SGD_RATE, ADAM_RATE = 0.1, 0.001
CHUNK = 100
"""Steps a contender makes between two looks at the clock."""
ROWS = 60_000
"""All embedded training digits."""


@final
@dataclass(frozen=True)
class StepJob:
    """784-hidden-10 with ReLU and softmax cross-entropy, SGD at 0.1 or Adam at 0.001, on the first `rows` digits."""

    hidden: int
    batch: int
    optimizer: Literal["sgd", "adam"] = "sgd"
    rows: int = ROWS

    @property
    def rate(self) -> float:
        return SGD_RATE if self.optimizer == "sgd" else ADAM_RATE

    def words(self) -> tuple[str, ...]:
        """For a command line."""
        return str(self.hidden), str(self.batch), self.optimizer, str(self.rows)

    @staticmethod
    def of(words: list[str]) -> "StepJob":
        """What `words` made words of."""
        hidden, batch, optimizer, rows = words
        return StepJob(int(hidden), int(batch), "adam" if optimizer == "adam" else "sgd", int(rows))


def endless_batches(rows: int, batch: int, rng: np.random.Generator) -> Iterator[Integers]:
    """Which rows are in one whole batch after another, all of them shuffled anew for each epoch."""
    while True:
        order = rng.permutation(rows)
        for start in range(0, rows - batch + 1, batch):
            yield order[start : start + batch]


def weights_of(model: Sequential) -> tuple[Array, Array, Array, Array]:
    """A copy of W1 (784, hidden), b1, W2 (hidden, 10) and b2, for scores = relu(x W1 + b1) W2 + b2 of x from 0 to 1."""
    arrays = model.get_weights()
    w1, w2 = (array for path, array in arrays.items() if path.endswith(".weight"))
    b1, b2 = (array for path, array in arrays.items() if path.endswith(".bias"))
    return w1, b1, w2, b2
