"""fit: the one call that trains a model and shows how it goes."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from framework.data.augmentation import Augmentation
from framework.data.dataset import Dataset
from framework.data.split import split
from framework.errors import InputError
from framework.history import History
from framework.keeper import Keeper
from framework.losses import Loss
from framework.optimizers import Adam, Optimizer
from framework.schedules import Schedule
from framework.sequential import Sequential
from framework.settings import Monitor, TrainingSettings
from framework.training import Training

if TYPE_CHECKING:
    from framework.saving import Checkpoints


def fit(
    model: Sequential,
    train: Dataset | tuple[ArrayLike, ArrayLike] | ArrayLike,
    labels: ArrayLike | None = None,
    *,
    optimizer: Optimizer | None = None,
    loss: Loss | None = None,
    schedule: Schedule | None = None,
    augmentation: Augmentation | None = None,
    epochs: int = 10,
    batch_size: int | None = 128,
    seed: int = 0,
    validation_data: Dataset | tuple[ArrayLike, ArrayLike] | None = None,
    validation_split: float = 0.0,
    split_seed: int = 0,
    patience: int | None = None,
    monitor: Monitor = "validation_loss",
    restore_best: bool = True,
    threads: int | Literal["auto"] = "auto",
    clip_norm: float | None = None,
    max_norm: float | None = None,
    average: float | None = None,
    sample_weight: ArrayLike | None = None,
    checkpoints: str | os.PathLike[str] | Keeper | None = None,
    show: bool = True,
) -> History:
    """Train `model` in place on `train`, a Dataset or a pair (x, y), or on x and `labels`; return the run's history.

    The names are those of TrainingSettings; the optimizer is Adam() and the loss SoftmaxCrossEntropy() unless given.
    `sample_weight` (n,) says how much each row of `train` counts in the loss: Σ wᵢ lᵢ / Σ wᵢ of a batch is descended.
    `validation_split` holds that part of `train` out, shuffled and stratified by `split_seed`. Calling it again goes
    on: from the weights as they are, with the model's optimizer and its memory unless it is given another, and with
    batches in an order not seen before; a new optimizer begins at step 0, and with the same seed so does the order.
    `show=False` is silent.

    With `checkpoints`, the name of a folder, the training is kept there while it runs, and the same call goes on from
    there when the first one was killed, to the same bits. A Checkpoints object says more: how often, and with what.
    """
    dataset = Dataset.of(train, labels, sample_weight)
    if validation_split:
        if validation_data is not None:
            raise InputError("validation: got both validation_data and validation_split; expected at most one")
        dataset, validation_data = split(dataset, validation_split, seed=split_seed)
    optimizer = optimizer or model.optimizer or Adam()
    kept: Checkpoints | None = None
    if isinstance(checkpoints, str | os.PathLike):
        from framework import saving  # here, because files need pydantic and numerics do not

        checkpoints = kept = saving.Checkpoints(checkpoints, resume=True)
    elif checkpoints is not None and not hasattr(checkpoints, "attach"):
        raise InputError(
            f"checkpoints: got {type(checkpoints).__name__}; expected the name of a folder, or Checkpoints"
        )
    with checkpoints or nullcontext():
        training = Training(
            model,
            dataset,
            optimizer=optimizer,
            loss=loss,
            schedule=schedule,
            augmentation=augmentation,
            validation_data=validation_data,
            settings=TrainingSettings(
                epochs, batch_size, seed, patience, monitor, restore_best, threads, clip_norm, max_norm, average
            ),
            checkpoints=checkpoints,
        )
        if kept is not None and not training.state.step:
            kept.save()  # so that the same call, after a stop at any moment, begins with the same weights
        model.optimizer = optimizer
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # what is not finite ends in Diverged
            if show:
                from framework.console import watch  # here, so that a silent fit never loads rich

                watch(training)
            else:
                for _ in training:
                    pass
    return training.history
