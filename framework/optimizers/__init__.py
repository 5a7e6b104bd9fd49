"""How the parameters learn: an Optimizer turns the gradient vector into a change of the value vector; one file a rule.

It sees two flat vectors and knows nothing of layers or shapes. What it must remember between steps, such as Adam's
running averages, are its `slots`, one vector each.
"""

from framework.optimizers.adam import Adam, AdamW
from framework.optimizers.base import Optimizer
from framework.optimizers.rmsprop import RMSprop
from framework.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSprop"]
