"""The parts of a training - model, loss, optimizer, schedule - as specs; with what its table looks like, a RunSpec."""

import math
from dataclasses import asdict
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from framework.data.augmentation import Augmentation
from framework.data.dataset import Dataset
from framework.data.split import split
from framework.data.table import TableFormat
from framework.errors import InputError, SpecError, quoted
from framework.initializers import LARGEST
from framework.keeper import Keeper
from framework.sequential import Sequential
from framework.settings import MAX_THREADS, TrainingSettings
from framework.specs.augmentations import AnyAugmentation
from framework.specs.base import Count, Dimension, Flag, Format, Fraction, Positive, Spec
from framework.specs.components import checked_extra, describe
from framework.specs.extra import Extra
from framework.specs.limits import MAX_COUNT, MAX_DIMENSION
from framework.specs.losses import AnyLoss, SoftmaxCrossEntropySpec
from framework.specs.model import ModelSpec
from framework.specs.optimizers import AdamSpec, AnyOptimizer
from framework.specs.schedules import AnySchedule, ConstantScheduleSpec
from framework.training import Training

Name = Annotated[str, Field(strict=True, min_length=1, max_length=64)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**64)]
Limited = Annotated[Count, Field(le=MAX_COUNT)]
Norm = Annotated[Positive, Field(ge=1 / LARGEST, le=LARGEST)]
Value = Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)]


class NumberedColumns(Spec):
    """`count` columns named prefix0, prefix1, ...: the short way to say pixel0 to pixel783."""

    prefix: Name
    count: Annotated[int, Field(strict=True, ge=1, le=MAX_DIMENSION)]
    start: Annotated[int, Field(strict=True, ge=0, le=MAX_DIMENSION)] = 0

    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.prefix}{number}" for number in range(self.start, self.start + self.count))


class DataSpec(Spec):
    """What the table looks like, and how much of it is held out for validation."""

    label_column: Name = "label"
    feature_columns: (
        NumberedColumns | Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_DIMENSION, fail_fast=True)]
    )
    image_shape: tuple[Dimension, Dimension] | None = None
    minimum: Value = 0
    maximum: Value = 255
    classes: Annotated[int, Field(strict=True, ge=2, le=MAX_DIMENSION)] = 10
    validation_split: Fraction = 0.0
    split_seed: Seed = 0

    @model_validator(mode="after")
    def _makes_a_table(self) -> Self:
        features = len(self.table_format().feature_columns)  # raises where names repeat or the range is empty
        if self.image_shape is not None and math.prod(self.image_shape) != features:
            height, width = self.image_shape
            raise ValueError(f"image_shape: got {height} x {width} pixels; expected {features}, one per feature")
        return self

    def table_format(self) -> TableFormat:
        """What the table reader needs to know."""
        columns = self.feature_columns
        names = columns.names() if isinstance(columns, NumberedColumns) else columns
        return TableFormat(names, self.label_column, self.minimum, self.maximum, self.classes)


class TrainingSpec(Spec):
    """The fields of TrainingSettings."""

    epochs: Limited = 10
    batch_size: Limited | None = 128
    seed: Seed = 0
    patience: Limited | None = None
    monitor: Literal["validation_loss", "validation_accuracy"] = "validation_loss"
    restore_best: Flag = True
    threads: Annotated[int, Field(strict=True, ge=1, le=MAX_THREADS)] | Literal["auto"] = "auto"
    clip_norm: Norm | None = None
    max_norm: Norm | None = None
    average: Annotated[Positive, Field(lt=1)] | None = None

    def build(self) -> TrainingSettings:
        return TrainingSettings(**{name: getattr(self, name) for name in type(self).model_fields})


class PartsSpec(Spec):
    """What a training is made of, but for its data."""

    format: Format = 1
    model: ModelSpec
    loss: AnyLoss = SoftmaxCrossEntropySpec()
    optimizer: AnyOptimizer = AdamSpec()
    schedule: AnySchedule = ConstantScheduleSpec()
    augmentation: AnyAugmentation | None = None
    training: TrainingSpec = TrainingSpec()

    def build(self, seed: int | None = None) -> Sequential:
        """A new model, drawn from `seed` or else from the recipe's own."""
        return self.model.build(self.training.seed if seed is None else seed)

    def build_augmentation(self) -> Augmentation | None:
        """What makes each epoch's samples a little different, or None."""
        return None if self.augmentation is None else self.augmentation.build_for(self._image_shape())

    def train_on(
        self,
        data: Dataset,
        validation_data: Dataset | tuple[ArrayLike, ArrayLike] | None = None,
        *,
        model: Sequential | None = None,
        checkpoints: Keeper | None = None,
    ) -> Training:
        """The training of this plan on `data`, of a new model unless given."""
        return Training(
            model or self.build(),
            data,
            optimizer=self.optimizer.build(),
            loss=self.loss.build(),
            schedule=self.schedule.build(),
            augmentation=self.build_augmentation(),
            validation_data=validation_data,
            settings=self.training.build(),
            checkpoints=checkpoints,
        )

    def _image_shape(self) -> tuple[int, int] | None:
        return None


class PlanSpec(PartsSpec):
    """A training on arrays that a script hands over. `image_shape` is for an augmentation that has to know it, and
    `model_seed` tells a model from another one of the same layers, where it was drawn from a seed.
    """

    model_seed: Seed | None = None
    image_shape: tuple[Dimension, Dimension] | None = None

    @classmethod
    def of(cls, training: Training, *, extra: Extra = ()) -> "PlanSpec":
        """The plan of a training composed in Python. `extra` names the specs of parts of your own."""
        parts = {name: getattr(training, name) for name in ("loss", "optimizer", "schedule", "augmentation")}
        tree = {
            "model": ModelSpec.of(training.model, extra=extra),
            "model_seed": training.model.seed,
            "training": {name: _plain(value) for name, value in asdict(training.settings).items()},
            "image_shape": getattr(training.augmentation, "image_shape", None),
            **{name: None if part is None else describe(part, checked_extra(extra)) for name, part in parts.items()},
        }
        try:
            return PlanSpec.model_validate(tree, context={"extra": extra})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise SpecError(
                f"{place}: got {quoted(first['input'])}; {first['msg'].lower()}, as files have it"
            ) from None

    def _image_shape(self) -> tuple[int, int] | None:
        return self.image_shape


class RunSpec(PartsSpec):
    """A whole recipe. With the same data, machine, wheels and thread count it gives the same weights, to the bit."""

    data: DataSpec

    @model_validator(mode="after")
    def _data_fits_model(self) -> Self:
        features = len(self.data.table_format().feature_columns)
        if self.model.input_shape != (features,):
            raise _fault(
                "/model/input_shape", f"got {list(self.model.input_shape)}; expected [{features}], a feature each"
            )
        outputs = self.model.output_shape()
        if outputs != (self.data.classes,):
            last = f"/model/layers/{len(self.model.layers) - 1}"
            raise _fault(
                last, f"got outputs of shape {list(outputs)}; expected [{self.data.classes}], a score per class"
            )
        weights = self.loss.class_weights if isinstance(self.loss, SoftmaxCrossEntropySpec) else None
        if weights is not None and len(weights) != self.data.classes:
            message = f"got {len(weights)} of them; expected {self.data.classes}, one per class"
            raise _fault("/loss/class_weights", message)
        try:
            self.build_augmentation()
        except InputError as error:
            raise _fault("/augmentation", str(error)) from None
        if self.training.patience is not None and not self.data.validation_split:
            raise _fault(
                "/training/patience", "got a patience without validation; expected data.validation_split above 0"
            )
        return self

    def prepare(self, data: Dataset, *, model: Sequential | None = None, checkpoints: Keeper | None = None) -> Training:
        """The training of this recipe on `data`, part of which is held out as it says; of a new model unless given."""
        held_out: Dataset | None = None
        if self.data.validation_split:
            data, held_out = split(data, self.data.validation_split, seed=self.data.split_seed)
        return self.train_on(data, held_out, model=model, checkpoints=checkpoints)

    def _image_shape(self) -> tuple[int, int] | None:
        return self.data.image_shape


def _plain(value: object) -> object:
    """What NumPy counts with, as Python has it."""
    return value.item() if isinstance(value, np.generic) else value


def _fault(pointer: str, message: str) -> PydanticCustomError:
    return PydanticCustomError("run", "{message}", {"pointer": pointer, "message": message})
