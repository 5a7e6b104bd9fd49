"""One battery for every initializer: the spread its formula promises, over a million draws."""

import math
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pytest

import framework
from framework import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    InputError,
    Normal,
    Uniform,
)
from framework.initializers import fans
from framework.specs.initializers import InitializerUnion
from framework.types import Shape

SPREAD_TOLERANCE = 0.01
"""The variance of a million draws is off by 0.14 % (one standard deviation), their mean by 0.1 % of the deviation."""

SHAPE = (500, 2000)


@dataclass(frozen=True)
class Case:
    initializer: Initializer
    mean: float
    variance: float
    limit: float
    """The farthest a draw can be from the mean; infinite for a normal distribution."""


# fan_in 500, fan_out 2000: variance 2 / 500 or 2 / 2500, and a uniform distribution ends at √(3 · variance)
CASES = (
    Case(HeNormal(), 0, 0.004, math.inf),
    Case(HeUniform(), 0, 0.004, math.sqrt(0.012)),
    Case(GlorotNormal(), 0, 0.0008, math.inf),
    Case(GlorotUniform(), 0, 0.0008, math.sqrt(0.0024)),
    Case(Normal(), 0, 0.0025, math.inf),
    Case(Normal(mean=0.5, deviation=2.0), 0.5, 4, math.inf),
    Case(Uniform(), 0, 0.01 / 12, 0.05),
    Case(Uniform(low=-1.0, high=3.0), 1, 16 / 12, 2),
    Case(Constant(), 0, 0, 0),
    Case(Constant(2.5), 2.5, 0, 0),
)

every_initializer = pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.initializer))


def test_every_initializer_of_the_vocabulary_has_a_case() -> None:
    assert {type(case.initializer) for case in CASES} == {spec.component for spec in get_args(InitializerUnion)}


@every_initializer
def test_a_million_draws_have_the_mean_and_variance_of_the_formula(case: Case) -> None:
    drawn = case.initializer.draw(np.random.default_rng(1), SHAPE)
    assert drawn.shape == SHAPE
    assert drawn.dtype == np.float64
    assert abs(drawn.mean() - case.mean) <= SPREAD_TOLERANCE * math.sqrt(case.variance)
    assert abs(drawn.var() - case.variance) <= SPREAD_TOLERANCE * case.variance
    farthest = np.abs(drawn - case.mean).max()
    if math.isinf(case.limit):
        assert farthest > 4 * math.sqrt(case.variance)  # tails: one draw in 16,000 of a normal distribution
    else:
        assert 0.999 * case.limit <= farthest <= case.limit


@every_initializer
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (1, 1), (1, 4), (4, 1), (2, 3, 4, 5), (0, 0, 3, 4)])
def test_any_shape_of_two_or_more_dimensions(case: Case, shape: Shape) -> None:
    drawn = case.initializer.draw(np.random.default_rng(1), shape)
    assert drawn.shape == shape
    assert np.isfinite(drawn).all()


@every_initializer
def test_the_same_generator_state_draws_the_same(case: Case) -> None:
    first, again = (case.initializer.draw(np.random.default_rng(5), (3, 4)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@every_initializer
def test_an_initializer_is_a_value(case: Case) -> None:
    assert eval(repr(case.initializer), vars(framework)) == case.initializer
    assert hash(case.initializer) == hash(eval(repr(case.initializer), vars(framework)))


def test_fans_count_inputs_and_outputs() -> None:
    assert fans((5, 7)) == (5, 7)
    assert fans((3, 4, 5, 7)) == (60, 84)


@pytest.mark.parametrize("initializer", [HeNormal(), HeUniform(), GlorotNormal(), GlorotUniform()], ids=repr)
@pytest.mark.parametrize("shape", [(), (5,)])
def test_a_bias_has_no_fans(initializer: Initializer, shape: Shape) -> None:
    with pytest.raises(InputError, match=r"shape: got \(.*\); expected two or more dimensions") as caught:
        initializer.draw(np.random.default_rng(1), shape)
    assert caught.value.hint == "give a bias Constant(), Normal() or Uniform()"


@pytest.mark.parametrize("initializer", [Constant(0.5), Normal(0.5, 0.0), Uniform(0.5, 0.5)], ids=repr)
def test_a_bias_may_start_anywhere(initializer: Initializer) -> None:
    assert initializer.draw(np.random.default_rng(1), (3,)).tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_numbers_are_finite(wrong: float) -> None:
    with pytest.raises(InputError, match=r"got Normal.*; expected a mean from -1e\+30, a deviation from 0, to 1e\+30"):
        Normal(mean=wrong)
    with pytest.raises(InputError, match=r"got Normal.*; expected a mean .*, a deviation from 0"):
        Normal(deviation=wrong)
    with pytest.raises(InputError, match=r"got Uniform.*; expected low <= high, both from"):
        Uniform(low=-wrong)
    with pytest.raises(InputError, match=r"got Uniform.*; expected low <= high, both from"):
        Uniform(high=wrong)
    with pytest.raises(InputError, match=r"got Constant.*; expected a number from"):
        Constant(wrong)


def test_ranges_are_the_right_way_round() -> None:
    with pytest.raises(InputError, match="expected low <= high"):
        Uniform(low=1.0, high=0.0)
    with pytest.raises(InputError, match=", a deviation from 0"):
        Normal(deviation=-1.0)
