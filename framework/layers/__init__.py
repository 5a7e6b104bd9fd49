"""The layers a model is composed of, one file each; activations have a file of their own, `framework.activations`."""

from framework.layers.base import Activation, Layer
from framework.layers.dense import Dense
from framework.layers.dropout import Dropout
from framework.layers.rescale import Rescale

__all__ = ["Activation", "Dense", "Dropout", "Layer", "Rescale"]
