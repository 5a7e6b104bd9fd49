"""Holding samples out for validation: shuffled, stratified, and with a seed of its own."""

import numpy as np

from framework.data.dataset import Dataset
from framework.errors import InputError, as_given
from framework.randomness import checked_seed, stream
from framework.types import Integers


def split(dataset: Dataset, fraction: float, *, seed: int = 0) -> tuple[Dataset, Dataset]:
    """(training, validation) rows of `dataset`, as `split_indices` chooses them, copied."""
    kept, held_out = split_indices(dataset.labels, len(dataset), fraction, seed=seed)
    return dataset.rows(kept), dataset.rows(held_out)


def split_indices(labels: Integers | None, n: int, fraction: float, *, seed: int = 0) -> tuple[Integers, Integers]:
    """(training, validation) indices of n samples, both ascending: round(fraction · n) samples are held out.

    With `labels` every class gives its share, to within one sample; whole numbers to be predicted, which look like
    labels, are held out all along their range. Every sample is as likely to be chosen. The choice depends on the
    labels, `fraction` and `seed` alone, not on the seed of the training, so runs with different seeds are compared on
    the same samples.
    Raises InputError where either side would be empty.
    """
    if not 0 < fraction < 1:
        raise InputError(f"validation_split: got {as_given(fraction)}; expected a number above 0 and below 1")
    if labels is not None and len(labels) != n:
        raise InputError(f"labels: got {len(labels)}; expected one for each of {n} rows")
    held_out = round(fraction * n)
    if not 0 < held_out < n:
        raise InputError(f"validation_split: {fraction} of {n} rows is {held_out}; expected at least one on each side")
    random = stream(checked_seed(seed), "split")
    order: Integers = random.permutation(n)
    if labels is None:
        chosen = order[:held_out]
    else:
        # in the order of their classes, shuffled within each: so many at even distances, from a place that is drawn
        places = (np.arange(held_out) * n + random.integers(n)) // held_out
        chosen = order[labels[order].argsort(kind="stable")][places]
    training = np.ones(n, dtype=bool)
    training[chosen] = False
    return np.flatnonzero(training), np.flatnonzero(~training)
