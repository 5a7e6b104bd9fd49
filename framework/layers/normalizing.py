"""What the layers that normalise have in common: features on the last axis, and an ε that keeps 1/√(σ² + ε) finite."""

from framework.arguments import real_number
from framework.errors import InputError
from framework.sums import sum_over_rows
from framework.types import Array, Shape

SMALLEST_EPSILON = 1e-30
"""1/√ε is 1e15 then; a still smaller one could overflow float32 a few layers on."""


def checked_epsilon(place: str, value: float) -> float:
    """`value` if it is from SMALLEST_EPSILON to 1."""
    expected = f"a number from {SMALLEST_EPSILON} to 1"
    return real_number(place, value, expected, fits=lambda number: SMALLEST_EPSILON <= number <= 1)


def checked_last_axis(layer: object, input_shape: Shape, features: int) -> Shape:
    """`input_shape` if its last size is `features`."""
    if not input_shape or input_shape[-1] != features:
        raise InputError(f"{layer!r}: got samples of shape {input_shape}; expected (..., {features})")
    return input_shape


def feature_sums(x: Array) -> Array:
    """Σ over all axes but the last."""
    return sum_over_rows(x.reshape(-1, x.shape[-1]))
