"""BinaryCrossEntropy: yes or no, once for a single output, or once for each of several labels a sample may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from framework.curves import sigmoid, softplus
from framework.errors import InputError
from framework.losses.base import Loss, weighted_mean
from framework.losses.targets import target_rows
from framework.sums import sum_along_rows
from framework.types import Array


@final
@dataclass(frozen=True)
class BinaryCrossEntropy(Loss):
    """lᵢ = −Σₖ (t log σ(z) + (1 − t) log(1 − σ(z))) / k for scores z (logits); ∂l/∂z = (σ(z) − t) / k, σ the sigmoid.

    Targets t are 0, 1 or probabilities between: (n,) for one output, outputs (n, 1), and (n, k) for k answers that do
    not exclude each other. Integer labels (n,) with k > 1 outputs stand for their one-hot rows: each class against the
    rest. The sum is computed as softplus(z) − t z, and of it the part that is not 0: no score overflows.

    `sigmoid(model.forward(x))` are the probabilities this loss trains. `evaluate` gives the loss, and accuracy only for
    labels and one-hot rows of two or more outputs; `predict` and `predict_proba` choose one class of several and refuse
    a model with one output. Raises InputError for targets below 0 or above 1.
    """

    def formulas(self, z: str, number: int) -> tuple[str, ...]:
        a = f"A{number}"
        sigmoid_line = f"{a} {'←' if a == z else '='} 1 / (1 + exp −{z})"
        return sigmoid_line, f"L = −Σ (Y ⊙ log {a} + (1 − Y) ⊙ log(1 − {a})) / (k m)"

    def value(self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        return self.value_and_grad(outputs, targets, sample_weight)[0]

    def value_and_grad(
        self, outputs: Array, targets: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> tuple[float, Array]:
        rows = target_rows(outputs, targets)
        if not (rows.min() >= 0 and rows.max() <= 1):
            row, column = np.argwhere(~((rows >= 0) & (rows <= 1)))[0].tolist()
            raise InputError(f"targets: row {row}: got {rows[row, column]}; expected numbers from 0 to 1")
        # softplus(z) − t z loses its digits where both are large; of a score right by far only log1p(e^−|z|) is left
        losses = softplus(-np.abs(outputs))
        losses += np.maximum(outputs, 0) - rows * outputs
        k = outputs.shape[1]
        grad = sigmoid(outputs)
        grad -= rows
        grad /= k
        return weighted_mean(sum_along_rows(losses) / k, grad, sample_weight)
