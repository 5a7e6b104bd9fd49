"""Specs: models and whole runs as validated data, from Python to JSON and back.

The spec classes of components, such as DenseSpec, come from the file of their family.
"""

from framework.specs import augmentations, initializers, layers, losses, optimizers, schedules
from framework.specs.augmentations import *
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
from framework.specs.initializers import *
from framework.specs.layers import *
from framework.specs.losses import *
from framework.specs.model import ModelSpec
from framework.specs.optimizers import *
from framework.specs.reading import parse_spec, read_spec
from framework.specs.run import DataSpec, NumberedColumns, RunSpec, TrainingSpec
from framework.specs.schedules import *
from framework.specs.schema import json_schema

__all__ = [
    "AugmentationSpec",
    "ComponentSpec",
    "Count",
    "DataSpec",
    "Dimension",
    "Flag",
    "Fraction",
    "InitializerSpec",
    "LayerSpec",
    "LossSpec",
    "ModelSpec",
    "NonNegative",
    "Number",
    "NumberedColumns",
    "OptimizerSpec",
    "Positive",
    "RunSpec",
    "ScheduleSpec",
    "Spec",
    "TrainingSpec",
    "json_schema",
    "parse_spec",
    "read_spec",
]
__all__ += layers.__all__
__all__ += losses.__all__
__all__ += optimizers.__all__
__all__ += schedules.__all__
__all__ += initializers.__all__
__all__ += augmentations.__all__
