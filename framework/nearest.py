"""Which of the right names was meant by a wrong one: by its spelling, or by what other libraries call it.

People shorten names rather than scramble them, so names are compared word by word before letters are counted. A guess
it stays, and is always shown as a question.
"""

import difflib
from collections.abc import Iterable

ELSEWHERE = {
    "alpha": "negative_slope",
    "bce": "binary_cross_entropy",
    "bs": "batch_size",
    "criterion": "loss",
    "crossentropy": "softmax_cross_entropy",
    "data": "train",
    "early_stopping": "patience",
    "eps": "epsilon",
    "eta": "learning_rate",
    "fit": "train",
    "hidden": "out_features",
    "hidden_size": "out_features",
    "input": "train",
    "iterations": "epochs",
    "jobs": "threads",
    "kaiming": "he_normal",
    "l2": "weight_decay",
    "linear": "dense",
    "lr": "learning_rate",
    "mse": "mean_squared_error",
    "n_epochs": "epochs",
    "neurons": "out_features",
    "random_state": "seed",
    "swish": "silu",
    "test_size": "validation_split",
    "units": "out_features",
    "width": "out_features",
    "workers": "threads",
    "xavier": "glorot_normal",
}
"""What has another name in other libraries, or in everyday speech, and too different a one for its spelling to tell."""

UNLIKE = 0.65
"""Two spellings below this ratio have nothing to do with each other."""


def likeness(given: str, name: str) -> float:
    """From 0, nothing in common, to 1, the same name."""
    given, name = (word.strip(" -").lower().replace("-", "_") for word in (given, name))
    if given == name:
        return 1.0
    if given in ELSEWHERE:
        return 0.95 if ELSEWHERE[given] == name else 0.0
    shorter, longer = sorted((given, name), key=len)
    if len(shorter) > 2 and longer.endswith(f"_{shorter}"):
        return 0.9  # the noun comes last: rate for learning_rate
    beginnings, words = shorter.split("_"), longer.split("_")
    pairs = list(zip(beginnings, words, strict=False))
    if len(pairs) == len(beginnings) and all(len(one) > 2 and word.startswith(one) for one, word in pairs):
        return 0.85  # word by word the beginning of the other: batch, opt, val_acc
    ratio = difflib.SequenceMatcher(None, given, name).ratio()
    return ratio if ratio >= UNLIKE else 0.0


def nearest(given: str, names: Iterable[str]) -> str | None:
    """The name most like `given`, the first of equals, if any is like it at all."""
    scores = {name: likeness(given, name) for name in names}
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] else None
