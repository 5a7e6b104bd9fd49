"""Trainings small enough to be stopped everywhere, and what of them must be the same bits afterwards."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from framework import (
    SGD,
    Adam,
    AdamW,
    BatchNorm,
    CosineSchedule,
    Dataset,
    Dense,
    Dropout,
    Layer,
    Optimizer,
    ReLU,
    RMSprop,
    Schedule,
    Sequential,
    SoftmaxCrossEntropy,
    Training,
    TrainingSettings,
)
from framework.keeper import Keeper
from framework.saving import Checkpoints
from framework.saving.container import CHECKPOINT, pack
from framework.saving.progress import Progress, tensors_of

ROWS, FEATURES, CLASSES, BATCH, EPOCHS = 23, 3, 3, 5, 4
PER_EPOCH = 5
"""Batches of 5, 5, 5, 5 and 3 rows."""

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": SGD(0.1),
    "momentum": SGD(0.1, momentum=0.9),
    "nesterov": SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": RMSprop(0.01),
    "adam": Adam(0.01),
    "adamw": AdamW(0.01),
    "scheduled": SGD(0.1, momentum=0.5),
}
KINDS = ("dropout", "batch norm", "both", "none")


class Stopped(BaseException):
    """What a kill is to a test that goes on."""


@dataclass
class StopAt:
    """Checkpoints of a process that ends at step `step` of the run, or once `epochs` are over. What follows the saving
    of a state is lost, as in a kill.
    """

    checkpoints: Checkpoints
    step: int | None = None
    epochs: int | None = None
    training: Training | None = None

    def attach(self, training: Training) -> None:
        self.training = training
        self.checkpoints.attach(training)

    def after_step(self) -> None:
        self.checkpoints.after_step()
        if self.training is not None and self.training.state.step == self.step:
            raise Stopped

    def after_epoch(self) -> None:
        self.checkpoints.after_epoch()
        if self.training is not None and self.training.state.epoch == self.epochs:
            raise Stopped

    def __enter__(self) -> object:
        return self.checkpoints.__enter__()

    def __exit__(self, *error: object) -> None:
        self.checkpoints.__exit__(*error)


def rows(count: int = ROWS, seed: int = 1, *, weighted: bool = False) -> Dataset:
    """Rows that are neither learnt at once nor never."""
    random = np.random.Generator(np.random.PCG64(seed))
    labels = random.integers(0, CLASSES, count)
    x = random.normal(size=(count, FEATURES)) + labels[:, np.newaxis]
    return Dataset(x.astype(np.float32), labels, random.uniform(0.5, 2, count) if weighted else None)


@dataclass(frozen=True)
class Plan:
    """What a training is made of; each call of `training` makes the same one anew."""

    optimizer: str = "momentum"
    layers: str = "both"
    validation: bool = False
    class_weights: bool = False
    weighted: bool = False
    settings: dict[str, Any] = field(default_factory=dict)

    def model(self) -> Sequential:
        layers: list[Layer] = [Dense(FEATURES, 5), ReLU(), Dense(5, CLASSES)]
        if self.layers in ("batch norm", "both"):
            layers.insert(1, BatchNorm(5))
        if self.layers in ("dropout", "both"):
            layers.insert(-1, Dropout(0.3))
        return Sequential(layers, seed=2)

    def training(self, checkpoints: Keeper | None = None, *, model: Sequential | None = None) -> Training:
        schedule: Schedule | None = CosineSchedule(warmup=0.2) if self.optimizer == "scheduled" else None
        return Training(
            model or self.model(),
            rows(weighted=self.weighted),
            optimizer=fresh(self.optimizer),
            loss=SoftmaxCrossEntropy(class_weights=(1.0, 2.0, 0.5)) if self.class_weights else None,
            schedule=schedule,
            validation_data=rows(9, seed=3) if self.validation else None,
            settings=TrainingSettings(**{"epochs": EPOCHS, "batch_size": BATCH, "threads": 1, **self.settings}),
            checkpoints=checkpoints,
        )


def fresh(name: str) -> Optimizer:
    """An optimizer that has trained nothing yet."""
    optimizer = OPTIMIZERS[name]
    return type(optimizer)(**{key: value for key, value in vars(optimizer).items() if key in _arguments(optimizer)})


def _arguments(optimizer: Optimizer) -> set[str]:
    code = type(optimizer).__init__.__code__
    return set(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])


def run(training: Training) -> Training:
    for _ in training:
        pass
    return training


def run_until_stopped(training: Training) -> None:
    """Raises AssertionError where nothing stops it."""
    try:
        run(training)
    except Stopped:
        return
    raise AssertionError("nothing stopped the training")


def bits(training: Training) -> str:
    """SHA-256 over every number of a training: weights, statistics, slots, the best, the average, all counts, the
    history.
    """
    text = {"progress": Progress.of(training).model_dump(mode="json"), "weights_are": training.model.weights_are}
    return hashlib.sha256(pack(CHECKPOINT, text, tensors_of(training))).hexdigest()


def contents(folder: Path) -> dict[str, bytes]:
    """Every plain file in `folder`, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
