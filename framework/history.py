"""What a training run has to say: a report now and then, one per epoch, and the history of them all."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    import pandas

COLUMNS = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate")


@final
@dataclass(frozen=True)
class StepReport:
    """Where a run is inside an epoch. loss and accuracy are means over this epoch's samples so far."""

    epoch: int
    batch: int
    batches: int
    loss: float
    accuracy: float | None
    learning_rate: float
    samples_per_second: float


@final
@dataclass(frozen=True)
class EpochReport:
    """A finished epoch (numbered from 1). loss and accuracy are means over its training samples, each measured just
    before the step it took part in; accuracy is None where targets are no labels or one-hot rows, and the validation
    figures are None without validation data. `seconds` includes the validation; it and the speed are None for an epoch
    that was finished before the run was resumed. `best` marks the best epoch so far.
    """

    epoch: int
    epochs: int
    loss: float
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float | None
    samples_per_second: float | None
    best: bool


@final
class History:
    """The epoch reports of a run, in order."""

    def __init__(self) -> None:
        self.epochs: list[EpochReport] = []
        self.stopped_early = False

    @property
    def history(self) -> dict[str, list[float | None]]:
        """Each figure as a list over the epochs, as in Keras. Times are left out: equal runs have equal histories."""
        return {column: [getattr(report, column) for report in self.epochs] for column in COLUMNS}

    @property
    def best(self) -> EpochReport | None:
        """The best epoch by the monitored figure, or None without validation data."""
        return next((report for report in reversed(self.epochs) if report.best), None)

    def to_frame(self) -> "pandas.DataFrame":
        """`history` as a pandas table."""
        import pandas

        return pandas.DataFrame(self.history)

    def __iter__(self) -> Iterator[EpochReport]:
        return iter(self.epochs)

    def __len__(self) -> int:
        return len(self.epochs)

    def __repr__(self) -> str:
        return f"History({len(self.epochs)} epochs)"
