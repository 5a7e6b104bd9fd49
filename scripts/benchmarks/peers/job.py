"""StepJob: what every contender trains."""

from dataclasses import dataclass
from typing import Literal, final

SGD_RATE, ADAM_RATE = 0.1, 0.001
CHUNK = 100
"""Steps a contender makes between two looks at the clock."""


@final
@dataclass(frozen=True)
class StepJob:
    """784-hidden-10 with ReLU and softmax cross-entropy, plain SGD at 0.1 or Adam at 0.001."""

    hidden: int
    batch: int
    optimizer: Literal["sgd", "adam"] = "sgd"

    @property
    def rate(self) -> float:
        return SGD_RATE if self.optimizer == "sgd" else ADAM_RATE
