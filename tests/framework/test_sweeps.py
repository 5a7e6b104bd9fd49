"""The long sweeps, `make test-long`: what the other tests show on chosen cases, here on drawn ones by the thousand.

Everything is drawn from fixed seeds, so that a sweep which found something finds it again.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings

from framework import (
    Constant,
    Dense,
    Dropout,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    Layer,
    LeCunNormal,
    LeCunUniform,
    Loss,
    ModelSpec,
    Normal,
    Orthogonal,
    RunSpec,
    Sequential,
    Step,
    Uniform,
    parse_spec,
)
from framework.data.batches import Batches
from framework.data.dataset import Dataset
from framework.gradcheck import GradientReport, check
from framework.gradcheck.report import MOST_KINKS
from framework.randomness import MAX_SEED, stream
from framework.representation import constructor_call
from framework.specs.initializers import InitializerUnion
from framework.specs.layers import LayerUnion
from framework.specs.losses import LossUnion
from framework.types import Shape
from tests.framework.drawn import DRAW, LOSSES, Rng, batch, layer_and_batch, network, outputs_for, targets_for
from tests.framework.numeric import GRADIENT_TOLERANCE, numeric_gradient, relative_error
from tests.framework.specs.test_roundtrip import model_specs, run_specs

pytestmark = pytest.mark.long

DRAWS = 500
"""Layers of each class, and networks with each loss."""

LOSS_DRAWS, LOSS_SIZE = 3000, 4
"""Losses of each class, of up to so many rows and outputs: of more each slope is so small a part of the loss that
rounding reaches GRADIENT_TOLERANCE. At 4 the worst of 12,000 was 3e-8, at 7 one was 1.6e-7.
"""

SAMPLES = 20
"""Entries of each array, and two directions through all: more networks show more than more entries of one."""

WHOLE_TOLERANCE = 1e-6
"""What bends in five layers bends more than in one: ten times GRADIENT_TOLERANCE."""

LEAST_SEEN = 0.5
"""Of all slopes; half of those of ReLU and Dropout are 0, and a 0 that is compared to a 0 shows little."""

MODELS, RUNS = 8000, 2000

SPREAD_TOLERANCE = 0.01
"""The variance of a million draws is off by 0.14 % (one standard deviation), their mean by 0.1 % of the deviation."""


def test_the_sweeps_leave_nothing_out() -> None:
    assert set(DRAW) == {spec.component for spec in get_args(LayerUnion)}
    assert set(LOSSES) == {spec.component for spec in get_args(LossUnion)}
    assert set(INITIALIZERS) == {spec.component for spec in get_args(InitializerUnion)}


# Gradients


def _assert_right(reports: Iterable[tuple[str, GradientReport]]) -> None:
    """Every slope of every report is right, few lie at a kink, and enough of them are not 0."""
    compared = kinks = seen = 0
    for what, report in reports:
        assert report.problem is None, f"{what}: {report.problem}"
        assert not report.wrong, f"{what}\n{report}"
        compared += len(report.entries)
        kinks += report.kinks
        seen += sum(entry.seen and not entry.kink for entry in report.entries)
    assert kinks <= MOST_KINKS * compared
    assert seen >= LEAST_SEEN * compared


@pytest.mark.parametrize("kind", DRAW, ids=lambda kind: kind.__name__)
def test_gradients_of_a_layer_of_any_shape(kind: type[Layer]) -> None:
    def report(number: int) -> tuple[str, GradientReport]:
        layer, x = layer_and_batch(kind, stream(number, f"sweep/{kind.__name__}"))
        what = f"{number}: {layer} on {x.shape}"
        return what, check(layer, x, seed=number, samples=SAMPLES, tolerance=GRADIENT_TOLERANCE)

    _assert_right(map(report, range(DRAWS)))


@pytest.mark.parametrize("kind", LOSSES, ids=lambda kind: kind.__name__)
def test_gradients_of_a_network_of_any_layers(kind: type[Loss]) -> None:
    def report(number: int) -> tuple[str, GradientReport]:
        rng = stream(number, f"sweep/network/{kind.__name__}")
        k = outputs_for(kind, rng)
        model, loss = network(rng, k), LOSSES[kind](rng, k)
        x = batch(rng, model.layers, model.input_shape)
        what = f"{number}: {model} on {x.shape} with {constructor_call(loss)}"
        return what, check(model, x, loss=loss, seed=number, samples=SAMPLES, tolerance=WHOLE_TOLERANCE)

    _assert_right(map(report, range(DRAWS)))


@pytest.mark.parametrize("kind", LOSSES, ids=lambda kind: kind.__name__)
def test_gradients_of_a_loss_with_any_targets_and_weights(kind: type[Loss]) -> None:
    for number in range(LOSS_DRAWS):
        rng = stream(number, f"sweep/{kind.__name__}")
        n, k = int(rng.integers(1, LOSS_SIZE + 1)), outputs_for(kind, rng, LOSS_SIZE)
        loss, outputs = LOSSES[kind](rng, k), 2 * rng.standard_normal((n, k))
        targets = targets_for(loss, rng, n, k)
        weights = rng.uniform(0.1, 3, n) if rng.random() < 0.5 else None
        value, grad = loss.value_and_grad(outputs, targets, weights)
        numeric = numeric_gradient(partial(loss.value, outputs, targets, weights), outputs)
        what = f"{number}: {constructor_call(loss)} for {n} x {k} outputs"
        assert value == loss.value(outputs, targets, weights), what
        assert relative_error(grad, numeric) <= GRADIENT_TOLERANCE, what


# Specs


@given(model_specs())
@settings(derandomize=True, deadline=None, max_examples=MODELS)
def test_any_model_spec_survives_json(spec: ModelSpec) -> None:
    text = spec.model_dump_json()
    assert parse_spec(text) == spec
    assert parse_spec(text).model_dump_json() == text


@given(run_specs())
@settings(derandomize=True, deadline=None, max_examples=RUNS)
def test_any_run_spec_survives_json(spec: RunSpec) -> None:
    text = spec.model_dump_json()
    assert parse_spec(text) == spec
    assert parse_spec(text).model_dump_json() == text


# Initial numbers


MILLIONS: tuple[Shape, ...] = (
    (1000, 1000),
    (400, 2500),
    (2500, 400),
    (1, 1_000_000),
    (1_000_000, 1),
    (5, 5, 200, 200),
    (10, 10, 50, 200),
    (10, 10, 200, 50),
)
"""Shapes of a million numbers, of Dense and of Conv2D."""

INITIALIZERS: Mapping[type[Initializer], Callable[[Rng], Initializer]] = {
    HeNormal: lambda rng: HeNormal(),
    HeUniform: lambda rng: HeUniform(),
    GlorotNormal: lambda rng: GlorotNormal(),
    GlorotUniform: lambda rng: GlorotUniform(),
    LeCunNormal: lambda rng: LeCunNormal(),
    LeCunUniform: lambda rng: LeCunUniform(),
    Orthogonal: lambda rng: Orthogonal(),
    Normal: lambda rng: Normal(rng.uniform(-3, 3), 10 ** rng.uniform(-3, 1)),
    Uniform: lambda rng: Uniform(-(10 ** rng.uniform(-3, 1)), 10 ** rng.uniform(-3, 1)),
    Constant: lambda rng: Constant(int(rng.integers(-9, 10)) / 4),  # a million of them sum without rounding
}


def _spread(initializer: Initializer, shape: Shape) -> tuple[float, float]:
    """Mean and variance by the formula."""
    around = math.prod(shape[:-2])
    fan_in, fan_out = around * shape[-2], around * shape[-1]
    match initializer:
        case HeNormal() | HeUniform():
            return 0, 2 / fan_in
        case GlorotNormal() | GlorotUniform():
            return 0, 2 / (fan_in + fan_out)
        case LeCunNormal() | LeCunUniform():
            return 0, 1 / fan_in
        case Orthogonal():  # unit columns of fan_in numbers, or unit rows
            return 0, 1 / max(fan_in, shape[-1])
        case Normal(mean, deviation):
            return mean, deviation**2
        case Uniform(low, high):
            return (low + high) / 2, (high - low) ** 2 / 12
        case Constant(value):
            return value, 0
    raise AssertionError(f"no formula for {initializer}")


@pytest.mark.parametrize("shape", MILLIONS, ids=str)
@pytest.mark.parametrize("kind", INITIALIZERS, ids=lambda kind: kind.__name__)
def test_a_million_draws_of_any_shape_have_the_spread_of_the_formula(kind: type[Initializer], shape: Shape) -> None:
    rng = stream(0, f"sweep/{kind.__name__}/{shape}")
    initializer = INITIALIZERS[kind](rng)
    mean, variance = _spread(initializer, shape)
    drawn = initializer.draw(rng, shape)
    assert drawn.shape == shape
    assert abs(drawn.mean() - mean) <= SPREAD_TOLERANCE * math.sqrt(variance)
    assert abs(drawn.var() - variance) <= SPREAD_TOLERANCE * variance


# Random numbers


NAMES = ("split", "shuffle", "augmentation", "init/layers.1.weight", "layers.1", "layers.1/1", "layers.11")
SEEDS = [*range(500), *(MAX_SEED - number for number in range(500))]
"""A thousand, of one digit to twenty."""


@pytest.mark.parametrize("name", NAMES)
def test_every_seed_has_a_stream_of_its_own(name: str) -> None:
    assert len({stream(seed, name).bytes(16) for seed in SEEDS}) == len(SEEDS)


def test_no_two_streams_are_the_same() -> None:
    steps = (0, 1, 10)
    drawn = {stream(seed, name, step).bytes(16) for seed in SEEDS for name in NAMES for step in steps}
    assert len(drawn) == len(SEEDS) * len(NAMES) * len(steps)


def test_every_seed_shuffles_starts_and_drops_in_its_own_way() -> None:
    rows = Dataset(np.zeros((50, 1)), np.zeros(50, np.int64))
    layer, x = Sequential([Dropout(0.5)], input_shape=(200,)), np.ones((1, 200), np.float32)
    assert len({Batches(rows, 10, seed=seed).order(0).tobytes() for seed in SEEDS}) == len(SEEDS)
    assert len({Sequential([Dense(3, 3)], seed=seed).parameters.values.tobytes() for seed in SEEDS}) == len(SEEDS)
    assert len({layer.forward(x, step=Step(seed, 0)).tobytes() for seed in SEEDS}) == len(SEEDS)
