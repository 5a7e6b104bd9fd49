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
    LeCunNormal,
    LeCunUniform,
    Normal,
    Orthogonal,
    Uniform,
)
from framework.initializers import fans
from framework.specs.initializers import InitializerUnion
from framework.threads import blas_threads
from framework.types import Shape

SPREAD_TOLERANCE = 0.01
"""The variance of a million draws is off by 0.14 % (one standard deviation), their mean by 0.1 % of the deviation."""

ORTHOGONAL_TOLERANCE = 1e-6
"""Far above the 1e-14 that rounding leaves of products of unit columns, far below any two that are not orthogonal."""

SHAPE = (500, 2000)


@dataclass(frozen=True)
class Case:
    initializer: Initializer
    mean: float
    variance: float
    limit: float
    """The farthest a draw can be from the mean; infinite for a normal distribution."""


# fan_in 500, fan_out 2000: variance 2 / 500, 2 / 2500 or 1 / 500, and a uniform distribution ends at √(3 · variance);
# each row of an orthogonal matrix is a unit vector of 2000 numbers
CASES = (
    Case(HeNormal(), 0, 0.004, math.inf),
    Case(HeUniform(), 0, 0.004, math.sqrt(0.012)),
    Case(GlorotNormal(), 0, 0.0008, math.inf),
    Case(GlorotUniform(), 0, 0.0008, math.sqrt(0.0024)),
    Case(LeCunNormal(), 0, 0.002, math.inf),
    Case(LeCunUniform(), 0, 0.002, math.sqrt(0.006)),
    Case(Orthogonal(), 0, 0.0005, math.inf),
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


COUNTING = (HeNormal(), HeUniform(), GlorotNormal(), GlorotUniform(), LeCunNormal(), LeCunUniform(), Orthogonal())


@pytest.mark.parametrize("initializer", COUNTING, ids=repr)
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


@pytest.mark.parametrize("shape", [(1, 1), (7, 7), (60, 7), (7, 60), (3, 3, 4, 5), (2, 2, 5, 40)])
def test_orthogonal_columns_or_rows_are_unit_vectors_at_right_angles(shape: Shape) -> None:
    weight = Orthogonal().draw(np.random.default_rng(2), shape).reshape(-1, shape[-1])
    products = weight.T @ weight if weight.shape[0] >= weight.shape[1] else weight @ weight.T
    np.testing.assert_allclose(products, np.eye(min(weight.shape)), rtol=0, atol=ORTHOGONAL_TOLERANCE)


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 2), (2, 3)])
def test_no_rotation_is_likelier_than_its_opposite(shape: Shape) -> None:
    """Q as LAPACK gives it has a first column that points away from the first axis, or is always +1 for 1 x 1."""
    rng, draws = np.random.default_rng(3), 4000
    mean = sum(Orthogonal().draw(rng, shape) for _ in range(draws)) / draws
    assert np.abs(mean).max() < 4 / math.sqrt(draws)  # four standard deviations of the mean of numbers from −1 to 1


def test_orthogonal_weights_depend_on_the_seed_alone() -> None:
    """LAPACK's last bits depend on how many threads it has; the initial weights must not."""
    drawn = []
    for threads in (1, 2):
        with blas_threads(threads):
            drawn.append(Orthogonal().draw(np.random.default_rng(1), (300, 300)))
    np.testing.assert_array_equal(drawn[0], drawn[1])
