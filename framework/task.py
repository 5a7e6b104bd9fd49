"""Task: what a training step needs to know, beside its batch."""

from typing import NamedTuple

from framework.data.augmentation import Augmentation
from framework.data.dataset import Dataset
from framework.losses import Loss
from framework.optimizers import Optimizer
from framework.sequential import Sequential
from framework.settings import TrainingSettings


class Task(NamedTuple):
    """A model, how it learns, from what, and in batches of how many rows at the most."""

    model: Sequential
    loss: Loss
    optimizer: Optimizer
    """One that has begun with the model."""
    settings: TrainingSettings
    augmentation: Augmentation | None
    data: Dataset
    rows: int
    fresh: bool
    """Whether the optimizer had learnt nothing before this training."""
