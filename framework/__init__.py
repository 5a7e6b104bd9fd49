"""chalknet: neural-network layers in plain NumPy.

    from framework import Dense, ReLU, Rescale, Sequential, fit

Everything is reachable from here by name. The specs live in `framework.specs` and, like the console, are loaded at the
first look, so that importing the framework costs little more than importing NumPy.
"""

from typing import TYPE_CHECKING

from framework.activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softplus, Tanh
from framework.buffers import Buffer, BufferVector
from framework.curves import sigmoid
from framework.data.augmentation import Affine, Augmentation
from framework.data.batches import Batches
from framework.data.dataset import Dataset
from framework.data.split import split, split_indices
from framework.data.table import Table, TableFormat, read_table
from framework.errors import (
    ChalknetError,
    CheckFailed,
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
    LeCunNormal,
    LeCunUniform,
    Normal,
    Orthogonal,
    Uniform,
)
from framework.layers import (
    Activation,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    MaxPool2D,
    Rescale,
    Reshape,
    Residual,
)
from framework.losses import BinaryCrossEntropy, Huber, Loss, MeanSquaredError, SoftmaxCrossEntropy, softmax
from framework.metrics import ClassScores, accuracy, class_scores, confusion_matrix
from framework.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from framework.parameters import Parameter, ParameterVector
from framework.randomness import Step, stream
from framework.schedules import (
    ConstantSchedule,
    CosineSchedule,
    ExponentialSchedule,
    OneCycleSchedule,
    Schedule,
    StepSchedule,
)
from framework.sequential import Sequential
from framework.settings import TrainingSettings
from framework.training import Training, TrainingState

if TYPE_CHECKING:
    from framework.console import report
    from framework.specs import LayerSpec, ModelSpec, RunSpec, parse_spec, read_spec

__version__ = "0.1.0"

__all__ = [
    "ELU",
    "GELU",
    "SGD",
    "Activation",
    "Adam",
    "AdamW",
    "Affine",
    "Augmentation",
    "AveragePool2D",
    "BatchNorm",
    "Batches",
    "BinaryCrossEntropy",
    "Buffer",
    "BufferVector",
    "ChalknetError",
    "CheckFailed",
    "ClassScores",
    "Constant",
    "ConstantSchedule",
    "Conv2D",
    "CosineSchedule",
    "Dataset",
    "Dense",
    "Diverged",
    "Dropout",
    "EnvironmentFault",
    "EpochReport",
    "Evaluation",
    "ExponentialSchedule",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePool2D",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "History",
    "Huber",
    "Initializer",
    "InputError",
    "Layer",
    "LayerNorm",
    "LayerSpec",
    "LeCunNormal",
    "LeCunUniform",
    "LeakyReLU",
    "Loss",
    "MaxPool2D",
    "MeanSquaredError",
    "ModelFileError",
    "ModelSpec",
    "Normal",
    "OneCycleSchedule",
    "Optimizer",
    "Orthogonal",
    "Parameter",
    "ParameterVector",
    "RMSprop",
    "ReLU",
    "Rescale",
    "Reshape",
    "Residual",
    "RunSpec",
    "Schedule",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SoftmaxCrossEntropy",
    "Softplus",
    "SpecError",
    "Step",
    "StepReport",
    "StepSchedule",
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
    "sigmoid",
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
