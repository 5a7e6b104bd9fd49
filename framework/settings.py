"""TrainingSettings: how long a run is, how large its batches, and what ends it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from framework.errors import InputError, quoted
from framework.randomness import checked_seed

Monitor: TypeAlias = Literal["validation_loss", "validation_accuracy"]

MAX_THREADS = 1024


@final
@dataclass(frozen=True)
class TrainingSettings:
    """How long and how to train.

    `batch_size` None means all rows at once, plain gradient descent. `monitor` is the figure that decides, on the
    validation data, which epoch is best; with `patience` p the run ends after p epochs without a better one, and with
    `restore_best` the model ends up with the weights of the best. `threads` are those of the matrix products; "auto"
    measures a few steps and takes the fastest number.
    """

    epochs: int = 10
    batch_size: int | None = 128
    seed: int = 0
    patience: int | None = None
    monitor: Monitor = "validation_loss"
    restore_best: bool = True
    threads: int | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        checked_seed(self.seed)
        _check_count("epochs", self.epochs)
        if self.batch_size is not None:
            _check_count("batch_size", self.batch_size, otherwise=" or None, all rows")
        if self.patience is not None:
            _check_count("patience", self.patience, otherwise=" or None, to the end")
        if self.threads != "auto":
            _check_count("threads", self.threads, otherwise=f" (at most {MAX_THREADS}) or 'auto'")
            if self.threads > MAX_THREADS:
                raise InputError(f"threads: got {self.threads}; expected at most {MAX_THREADS}")
        if self.monitor not in ("validation_loss", "validation_accuracy"):
            raise InputError(f"monitor: got {quoted(self.monitor)}; expected validation_loss or validation_accuracy")


def _check_count(name: str, value: object, *, otherwise: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"{name}: got {quoted(value)}; expected an integer of 1 or more{otherwise}")
