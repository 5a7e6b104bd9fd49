"""Cautions: where a model meets rows that it has learnt from, and figures or a submission would flatter it.

A model is known by the SHA-256 of the table it learnt from, the embedded tables by theirs, and Kaggle's by how many
rows they have. Kaggle has dealt the 70,000 digits out anew (see data/README.md): of its 42,000 training rows 35,985 are
among the embedded training digits and 6,015 among the test digits, of its 28,000 test rows 24,015 and 3,985.
"""

import sys
from collections.abc import Sequence

from framework.data.table import Table
from models.digits import FEATURES, TRAIN_SHA256

EMBEDDED_TRAIN = {TRAIN_SHA256, "a15dad728e71092adbf48d4771f80dd4878819c8177c1e33d8e93b366eaebc82"}
EMBEDDED_TEST = {
    "d6ebf8052c374614247349a2c59e76b04f25dee944dabe59c77ef10bdd9ba9db",
    "a2352fb1a1baa1fcb2e57c5a14ecc04245294f60366ab633bcebfb01ce7c308f",
}
"""As they come, and unpacked."""
KAGGLE_TRAIN, KAGGLE_TEST = 42_000, 28_000
"""Rows of Kaggle's tables."""

LEARNT = "these are the rows this model has learnt from, and the figures say nothing of rows it does not know"
FROM_ELSEWHERE = "this model did not learn from the embedded training digits"
FROM_SOMEWHERE = "nothing says what this model has learnt from"
IF_KAGGLES = "if its rows were Kaggle's, it has seen {} digits, and the figures flatter it"
TEST_DIGITS = IF_KAGGLES.format("6,015 of the 10,000 test")
TRAINING_DIGITS = IF_KAGGLES.format("35,985 of these 60,000")
KAGGLES_ROWS = (
    "if these are Kaggle's training rows, this model has learnt from 35,985 of the 42,000, for they are among the "
    "embedded training digits, and the figures flatter it"
)
INSTEAD = "for the competition, train with --train data/kaggle/train.csv"
KAGGLES_IMAGES = (
    "if these are Kaggle's test images, this model has learnt from 24,015 of them, for they are among the "
    f"embedded training digits; {INSTEAD}"
)
PERHAPS_KAGGLES_IMAGES = (
    f"{FROM_SOMEWHERE}; if it was the embedded training digits and these are Kaggle's test images, it has seen 24,015 "
    f"of them; {INSTEAD}"
)


def on_measuring(learnt: str | None, table: Table) -> str | None:
    """What to say of a model that is measured on `table`; `learnt` is the SHA-256 of what it learnt from, if known."""
    if learnt == table.sha256 or any({learnt, table.sha256} <= alike for alike in (EMBEDDED_TRAIN, EMBEDDED_TEST)):
        return LEARNT
    if learnt in EMBEDDED_TRAIN:
        return KAGGLES_ROWS if len(table.features) == KAGGLE_TRAIN else None
    if table.sha256 not in EMBEDDED_TEST | EMBEDDED_TRAIN:
        return None
    met = TEST_DIGITS if table.sha256 in EMBEDDED_TEST else TRAINING_DIGITS
    return f"{FROM_SOMEWHERE if learnt is None else FROM_ELSEWHERE}; {met}"


def on_predicting(learnt: str | None, table: Table) -> str | None:
    """What to say of a model that labels `table`, where that may be for the competition."""
    if table.features.shape != (KAGGLE_TEST, FEATURES):
        return None
    if learnt is None:
        return PERHAPS_KAGGLES_IMAGES
    return KAGGLES_IMAGES if learnt in EMBEDDED_TRAIN else None


def warn(cautions: Sequence[tuple[str, str | None]]) -> None:
    """Say each caution on stderr once, and of which models it is true; `cautions` are names of models and theirs."""
    for text in dict.fromkeys(text for _, text in cautions if text is not None):
        names = [name for name, its in cautions if its == text]
        which = f"{', '.join(names)}: " if len(cautions) > 1 else ""
        print(f"caution: {which}{text}", file=sys.stderr)
