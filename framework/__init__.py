"""chalknet: neural-network layers in plain NumPy.

    from framework import Dense, ReLU, Rescale, Sequential, fit

Everything is reachable from here by name. The specs live in `framework.specs` and, like the console, are loaded at the
first look, so that importing the framework costs little more than importing NumPy.
"""

from typing import TYPE_CHECKING

from framework.activations import LeakyReLU, ReLU, Sigmoid, Tanh
from framework.data.augmentation import Affine, Augmentation
from framework.data.batches import Batches
from framework.data.dataset import Dataset
from framework.data.split import split, split_indices
from framework.data.table import Table, TableFormat, read_table
from framework.errors import (
    ChalknetError,
    Diverged,
    EnvironmentFault,
    InputError,
    ModelFileError,
    SpecError,
    TableError,
)
from framework.evaluation import Evaluation, evaluate
from framework.fitting import fit
from framework.history import EpochReport, History, StepReport
from framework.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    Normal,
    Uniform,
)
from framework.layers import Activation, Dense, Dropout, Layer, Rescale
from framework.losses import Loss, MeanSquaredError, SoftmaxCrossEntropy, softmax
from framework.metrics import ClassScores, accuracy, class_scores, confusion_matrix
from framework.optimizers import SGD, Adam, AdamW, Optimizer
from framework.parameters import Parameter, ParameterVector
from framework.randomness import Step, stream
from framework.schedules import ConstantSchedule, CosineSchedule, OneCycleSchedule, Schedule
from framework.sequential import Sequential
from framework.settings import TrainingSettings
from framework.training import Training, TrainingState

if TYPE_CHECKING:
    from framework.console import report
    from framework.specs import LayerSpec, ModelSpec, RunSpec, parse_spec, read_spec

__version__ = "0.1.0"

__all__ = [
    "SGD",
    "Activation",
    "Adam",
    "AdamW",
    "Affine",
    "Augmentation",
    "Batches",
    "ChalknetError",
    "ClassScores",
    "Constant",
    "ConstantSchedule",
    "CosineSchedule",
    "Dataset",
    "Dense",
    "Diverged",
    "Dropout",
    "EnvironmentFault",
    "EpochReport",
    "Evaluation",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "History",
    "Initializer",
    "InputError",
    "Layer",
    "LayerSpec",
    "LeakyReLU",
    "Loss",
    "MeanSquaredError",
    "ModelFileError",
    "ModelSpec",
    "Normal",
    "OneCycleSchedule",
    "Optimizer",
    "Parameter",
    "ParameterVector",
    "ReLU",
    "Rescale",
    "RunSpec",
    "Schedule",
    "Sequential",
    "Sigmoid",
    "SoftmaxCrossEntropy",
    "SpecError",
    "Step",
    "StepReport",
    "Table",
    "TableError",
    "TableFormat",
    "Tanh",
    "Training",
    "TrainingSettings",
    "TrainingState",
    "Uniform",
    "accuracy",
    "class_scores",
    "confusion_matrix",
    "evaluate",
    "fit",
    "parse_spec",
    "read_spec",
    "read_table",
    "report",
    "softmax",
    "split",
    "split_indices",
    "stream",
]


def __getattr__(name: str) -> object:
    """Names that need pydantic or rich, which are imported when the first of them is asked for."""
    if name == "report":
        from framework.console import report

        return report
    if not name.startswith("_"):
        import framework.specs as specs

        if name == "specs":
            return specs
        if name in specs.__all__:
            value: object = getattr(specs, name)
            return value
    raise AttributeError(f"module 'framework' has no attribute {name!r}")
