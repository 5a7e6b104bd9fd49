"""Keeper: what a training asks of whoever keeps it safe. Numerics know no files, and of these no more than this."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from framework.training import Training


class Keeper(Protocol):
    """Keeps a training safe while it runs, as Checkpoints does."""

    def attach(self, training: "Training") -> None:
        """Have `training` be where it was kept, if it was, and keep it from now on."""

    def after_step(self) -> None:
        """Called between two steps."""

    def after_epoch(self) -> None:
        """Called between two epochs."""

    def __enter__(self) -> object:
        """Called before the first step."""

    def __exit__(self, *error: object) -> None:
        """Called when the training has come to its end, or was broken off."""
