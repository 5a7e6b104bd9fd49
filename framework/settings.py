"""TrainingSettings: how long a run is, how large its batches, and what ends it."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from framework.arguments import real_number, whole_number
from framework.errors import InputError, as_given
from framework.randomness import checked_seed

Monitor: TypeAlias = Literal["validation_loss", "validation_accuracy"]

MAX_THREADS = 1024


@final
@dataclass(frozen=True)
class TrainingSettings:
    """How long and how to train.

    `batch_size` None means all rows at once, plain gradient descent. `monitor` is the figure that decides, on the
    validation data, which epoch is best; with `patience` p the run ends after p epochs without a better one, and with
    `restore_best` the model ends up with the weights of the best. `threads` are the cores a step may use: by that many
    threads of the matrix products, by processes that share the training out (see framework.sharing), or for large
    batches by workers (see Gradients); "auto" measures a few steps and takes the fastest number.

    `clip_norm` limits the norm of each step's gradient, `max_norm` that of each unit's incoming weights. With
    `average`, a decay such as 0.999, a moving average of the weights is what is evaluated, compared and kept.
    """

    epochs: int = 10
    batch_size: int | None = 128
    seed: int = 0
    patience: int | None = None
    monitor: Monitor = "validation_loss"
    restore_best: bool = True
    threads: int | Literal["auto"] = "auto"
    clip_norm: float | None = None
    max_norm: float | None = None
    average: float | None = None

    def __post_init__(self) -> None:
        checked_seed(self.seed)
        whole_number("epochs", self.epochs)
        if self.batch_size is not None:
            whole_number("batch_size", self.batch_size, otherwise=" or None, all rows")
        if self.patience is not None:
            whole_number("patience", self.patience, otherwise=" or None, to the end")
        for name, norm in (("clip_norm", self.clip_norm), ("max_norm", self.max_norm)):
            if norm is not None:
                real_number(name, norm, "a finite number above 0, or None", fits=lambda number: 0 < number < math.inf)
        if self.average is not None:
            real_number("average", self.average, "a decay above 0 and below 1, or None", fits=lambda part: 0 < part < 1)
        if self.threads != "auto":
            whole_number("threads", self.threads, otherwise=f" (at most {MAX_THREADS}) or 'auto'")
            if self.threads > MAX_THREADS:
                raise InputError(f"threads: got {self.threads}; expected at most {MAX_THREADS}")
        if self.monitor not in ("validation_loss", "validation_accuracy"):
            raise InputError(f"monitor: got {as_given(self.monitor)}; expected validation_loss or validation_accuracy")
