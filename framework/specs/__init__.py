"""Specs: models and whole runs as validated data, from Python to JSON and back."""

from framework.specs.augmentations import AffineSpec
from framework.specs.base import (
    AugmentationSpec,
    ComponentSpec,
    Count,
    Dimension,
    Flag,
    Fraction,
    InitializerSpec,
    LayerSpec,
    LossSpec,
    NonNegative,
    Number,
    OptimizerSpec,
    Positive,
    ScheduleSpec,
    Spec,
)
from framework.specs.initializers import (
    ConstantSpec,
    GlorotNormalSpec,
    GlorotUniformSpec,
    HeNormalSpec,
    HeUniformSpec,
    NormalSpec,
    UniformSpec,
)
from framework.specs.layers import DenseSpec, DropoutSpec, LeakyReLUSpec, ReLUSpec, RescaleSpec, SigmoidSpec, TanhSpec
from framework.specs.losses import MeanSquaredErrorSpec, SoftmaxCrossEntropySpec
from framework.specs.model import ModelSpec
from framework.specs.optimizers import AdamSpec, AdamWSpec, SGDSpec
from framework.specs.reading import parse_spec, read_spec
from framework.specs.run import DataSpec, NumberedColumns, RunSpec, TrainingSpec
from framework.specs.schedules import ConstantScheduleSpec, CosineScheduleSpec, OneCycleScheduleSpec
from framework.specs.schema import json_schema

__all__ = [
    "AdamSpec",
    "AdamWSpec",
    "AffineSpec",
    "AugmentationSpec",
    "ComponentSpec",
    "ConstantScheduleSpec",
    "ConstantSpec",
    "CosineScheduleSpec",
    "Count",
    "DataSpec",
    "DenseSpec",
    "Dimension",
    "DropoutSpec",
    "Flag",
    "Fraction",
    "GlorotNormalSpec",
    "GlorotUniformSpec",
    "HeNormalSpec",
    "HeUniformSpec",
    "InitializerSpec",
    "LayerSpec",
    "LeakyReLUSpec",
    "LossSpec",
    "MeanSquaredErrorSpec",
    "ModelSpec",
    "NonNegative",
    "NormalSpec",
    "Number",
    "NumberedColumns",
    "OneCycleScheduleSpec",
    "OptimizerSpec",
    "Positive",
    "ReLUSpec",
    "RescaleSpec",
    "RunSpec",
    "SGDSpec",
    "ScheduleSpec",
    "SigmoidSpec",
    "SoftmaxCrossEntropySpec",
    "Spec",
    "TanhSpec",
    "TrainingSpec",
    "UniformSpec",
    "json_schema",
    "parse_spec",
    "read_spec",
]
