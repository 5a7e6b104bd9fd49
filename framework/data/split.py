"""Holding samples out for validation: shuffled, stratified, and with a seed of its own."""

import numpy as np

from framework.errors import InputError, quoted
from framework.randomness import checked_seed, stream
from framework.types import Integers


def split_indices(labels: Integers | None, n: int, fraction: float, *, seed: int = 0) -> tuple[Integers, Integers]:
    """(training, validation) indices of n samples, both ascending: round(fraction · n) samples are held out.

    With `labels` every class gives its share, to within one sample. The choice depends on the labels, `fraction` and
    `seed` alone, not on the seed of the training, so runs with different seeds are compared on the same samples.
    Raises InputError where either side would be empty.
    """
    if not 0 < fraction < 1:
        raise InputError(f"validation_split: got {quoted(fraction)}; expected a number above 0 and below 1")
    held_out = round(fraction * n)
    if not 0 < held_out < n:
        raise InputError(f"validation_split: {fraction} of {n} rows is {held_out}; expected at least one on each side")
    shuffled: Integers = stream(checked_seed(seed), "split").permutation(n)
    if labels is not None:
        shuffled = _interleaved(labels[shuffled], shuffled)
    return np.sort(shuffled[held_out:]), np.sort(shuffled[:held_out])


def _interleaved(labels: Integers, indices: Integers) -> Integers:
    """`indices` so ordered that every prefix holds each class in proportion, keeping their order within a class.

    The j-th of c samples of a class gets the place (j + 1/2) / c on a line from 0 to 1; the places are then sorted.
    """
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return indices[np.argsort(place, kind="stable")]
