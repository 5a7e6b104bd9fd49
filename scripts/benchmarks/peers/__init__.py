"""The same network, 784-H-10 on digits, in every library it is compared with: a file each, all but naive NumPy float32.

Each has `contender(job, x, y)`, which prepares the training and returns a function: called, it makes some steps and
says how many samples they saw. And `answerer(model, images)`, which takes over the weights of a model of ours and
returns a function that gives, for all images, an array of scores or probabilities (n, 10). x is (n, 784) uint8, y (n,)
uint8; how a library likes its data best is its own affair, and prepared before the clock runs.
"""

from importlib import import_module
from types import ModuleType


def peer(name: str) -> ModuleType:
    """The one of this name, a file here; no other is imported, so that libraries and their threads do not meet."""
    return import_module(f"{__name__}.{name}")
