"""A slope from losses alone: the loss a small step above, less that a small step below, over the way between them.

How small? A step h is wrong by about h² for what bends, and by ε L / h for what rounds, with ε = 2.2e-16 the spacing of
float64 and L the loss. On 784-512-10 and on small networks with tanh and sigmoid the two are equal near 1e-5: the
largest error of 60 weights was 5e-9 at 1e-4, 5e-11 at 1e-5, 4e-10 at 1e-6 and 6e-9 at 1e-7. So 1e-5 comes first, and a
shorter step only where it does not agree: a kink or a sharp bend that is near lies outside it, and one that lies at the
very point shows, as the slopes to its two sides differ however short the step.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

STEPS = (1e-5, 1e-6, 1e-7)

ROUNDINGS = 8
"""How many times ε L a difference of two losses may be wrong by rounding; the most that was measured is 1.2."""

SEEN = 10
"""Times the rounding: a slope below that may be wrong by a tenth and nobody would know."""

STILL_THERE = 0.03
"""Where all is smooth, the two sides' slopes differ a hundred times less at the last step than at the first."""


@final
@dataclass(frozen=True)
class Slope:
    """The slope by differences, how far an analytic one is from it, whether it is one slope at all, and whether it
    stands out from rounding.
    """

    numeric: float
    error: float
    kink: bool = False
    seen: bool = True


def rounding(loss: float, flow: float) -> float:
    """What a difference of two losses may be wrong by, where Σ |v ∂L/∂v| over the numbers v between two layers is at
    most `flow`: v is rounded too, and by some ε |v|.
    """
    return ROUNDINGS * float(np.finfo(np.float64).eps) * (abs(loss) + flow)


def relative_error(analytic: float, numeric: float, floor: float) -> float:
    """|a − n| / max(|a| + |n|, floor): the floor stands in for slopes so small that rounding is all there is to see."""
    error = abs(analytic - numeric) / max(abs(analytic) + abs(numeric), floor)
    return error if math.isfinite(error) else math.inf


def judged(
    loss: Callable[[float], float], analytic: float, *, here: float, scale: float, noise: float, tolerance: float
) -> Slope:
    """`analytic` beside the slope of `loss` at 0, where it is `here`; its argument is of size `scale`, and its values
    are rounded by `noise`.

    The floor of the relative error is where `noise` in the two losses alone makes an error of `tolerance`. A kink is
    where no step agrees and the two sides' slopes are apart, by as much as could explain it, at the shortest step too.
    """
    nearest, bends = Slope(math.nan, math.inf), []
    for step in STEPS:
        h = step * scale
        above, below = loss(h), loss(-h)
        numeric = (above - below) / (2 * h)
        error = relative_error(analytic, numeric, noise / (h * tolerance))
        if error <= tolerance:
            return Slope(numeric, error, seen=abs(analytic) + abs(numeric) > SEEN * noise / h)
        if error < nearest.error or math.isnan(nearest.numeric):
            nearest = Slope(numeric, error)
        bends.append(abs(above - 2 * here + below) / h)  # the slope to the right less the slope to the left
    apart = abs(analytic - numeric)
    kink = bends[-1] >= apart / 2 and bends[-1] >= STILL_THERE * bends[0]
    return Slope(nearest.numeric, nearest.error, kink)
