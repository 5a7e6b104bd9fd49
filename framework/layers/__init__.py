"""The layers a model is composed of, one file each; activations have a file of their own, `framework.activations`."""

from framework.layers.base import Activation, Layer
from framework.layers.batch_norm import BatchNorm
from framework.layers.conv2d import Conv2D
from framework.layers.dense import Dense
from framework.layers.dropout import Dropout
from framework.layers.flatten import Flatten
from framework.layers.gaussian_noise import GaussianNoise
from framework.layers.layer_norm import LayerNorm
from framework.layers.pooling import AveragePool2D, GlobalAveragePool2D, MaxPool2D
from framework.layers.rescale import Rescale
from framework.layers.reshape import Reshape
from framework.layers.residual import Residual

__all__ = [
    "Activation",
    "AveragePool2D",
    "BatchNorm",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePool2D",
    "Layer",
    "LayerNorm",
    "MaxPool2D",
    "Rescale",
    "Reshape",
    "Residual",
]
