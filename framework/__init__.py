"""chalknet: neural-network layers in plain NumPy.

    from framework import Dense, ReLU, Rescale, Sequential, fit

Everything is reachable from here by name. The specs live in `framework.specs` and, like the console and what saves, are
loaded at the first look, so that importing the framework costs little more than importing NumPy.
"""

from typing import TYPE_CHECKING

from framework import activations, initializers, layers, losses, optimizers, schedules
from framework.activations import *
from framework.buffers import Buffer, BufferVector
from framework.committee import Augmented, Committee, Ensemble
from framework.curves import sigmoid
from framework.data.augmentation import Affine, Augmentation
from framework.data.batches import Batches
from framework.data.dataset import Dataset
from framework.data.elastic import Elastic
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
from framework.initializers import *
from framework.layers import *
from framework.losses import *
from framework.metrics import ClassScores, accuracy, class_scores, confusion_matrix
from framework.optimizers import *
from framework.parameters import Parameter, ParameterVector
from framework.randomness import Step, stream
from framework.schedules import *
from framework.sequential import Sequential
from framework.settings import TrainingSettings
from framework.training import Training
from framework.training_state import TrainingState

if TYPE_CHECKING:
    from framework.console import report
    from framework.saving import Checkpoints, resume
    from framework.specs import LayerSpec, ModelSpec, RunSpec, parse_spec, read_spec

__version__ = "0.2.0"

__all__ = [
    "Affine",
    "Augmentation",
    "Augmented",
    "Batches",
    "Buffer",
    "BufferVector",
    "ChalknetError",
    "CheckFailed",
    "Checkpoints",
    "ClassScores",
    "Committee",
    "Dataset",
    "Diverged",
    "Elastic",
    "Ensemble",
    "EnvironmentFault",
    "EpochReport",
    "Evaluation",
    "History",
    "InputError",
    "LayerSpec",
    "ModelFileError",
    "ModelSpec",
    "Parameter",
    "ParameterVector",
    "RunSpec",
    "Sequential",
    "SpecError",
    "Step",
    "StepReport",
    "Table",
    "TableError",
    "TableFormat",
    "Training",
    "TrainingSettings",
    "TrainingState",
    "accuracy",
    "class_scores",
    "confusion_matrix",
    "evaluate",
    "fit",
    "parse_spec",
    "read_spec",
    "read_table",
    "report",
    "resume",
    "sigmoid",
    "split",
    "split_indices",
    "stream",
]
__all__ += layers.__all__
__all__ += activations.__all__
__all__ += losses.__all__
__all__ += optimizers.__all__
__all__ += schedules.__all__
__all__ += initializers.__all__


def __dir__() -> list[str]:
    """What an editor offers after `framework.`: the public names, without the files they come from."""
    return [*__all__, "__version__"]


def __getattr__(name: str) -> object:
    """Names that need pydantic or rich, which are imported when the first of them is asked for."""
    if name == "report":
        from framework.console import report

        return report
    if name in ("Checkpoints", "resume"):
        import framework.saving as saving

        kept: object = getattr(saving, name)
        return kept
    if not name.startswith("_"):
        import framework.specs as specs

        if name == "specs":
            return specs
        if name in specs.__all__:
            value: object = getattr(specs, name)
            return value
    raise AttributeError(f"module 'framework' has no attribute {name!r}")
