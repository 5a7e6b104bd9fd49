"""How wrong is the network? A Loss turns scores and targets into one number, and that number's slope; one file each."""

from framework.losses.base import Loss
from framework.losses.binary_cross_entropy import BinaryCrossEntropy
from framework.losses.huber import Huber
from framework.losses.mean_squared_error import MeanSquaredError
from framework.losses.softmax_cross_entropy import SoftmaxCrossEntropy, softmax

__all__ = ["BinaryCrossEntropy", "Huber", "Loss", "MeanSquaredError", "SoftmaxCrossEntropy", "softmax"]
