"""One battery for every optimizer: twenty steps as PyTorch takes them, and the rules about slots and memory."""

import copy
import weakref
from typing import get_args

import numpy as np
import pytest

import framework
from framework import (
    SGD,
    Adam,
    AdamW,
    Constant,
    Dense,
    InputError,
    Optimizer,
    Parameter,
    ParameterVector,
    RMSprop,
    Sequential,
)
from framework.optimizers.base import Elementwise
from framework.specs.optimizers import OptimizerUnion
from framework.types import Array

STEPS = 20

TORCH_TOLERANCE = 1e-12
"""Twenty steps of some ten roundings of 1e-16 each, in another order than PyTorch's."""

FLOAT32_TOLERANCE = 1e-4
"""The same with float32's roundings, 6e-8, on weights of size 1 that come as near to 0 as 0.05."""

# The parabola Σ curvature · (w − minimum)² / 2, from these weights; the last two are biases.
START = np.array([1.0, -2.0, 3.0, 0.5])
CURVATURE = np.array([1.0, 0.5, 2.0, 0.1])
MINIMUM = np.array([0.0, 1.0, -1.0, 2.0])
EXTREME = np.array([1e30, -1e-30, 0.0, 1e-30])

# Weights after step 1, after step 20, and after 20 steps of the gradient EXTREME; step t runs at learning_rate ·
# (1 − t/40). Printed by torch 2.13.0 in float64, with weight_decay set for the first two weights only.
TORCH: tuple[tuple[Optimizer, list[float], list[float], list[float]], ...] = (
    (
        SGD(0.1),
        [0.9, -1.85, 2.2, 0.515],
        [0.20418843218075555, -0.3780028499161551, -0.8555150075082664, 0.7129411841832969],
        [-1.5250000000000003e30, -2.0, 3.0, 0.5],
    ),
    (
        SGD(0.1, momentum=0.9),
        [0.9, -1.85, 2.2, 0.515],
        [0.20384718500535243, 1.8297368420058915, -1.1886482889649572, 1.5206853237556022],
        [-8.57590222011166e30, -2.0, 3.0, 0.5],
    ),
    (
        SGD(0.1, momentum=0.9, nesterov=True),
        [0.81, -1.715, 1.48, 0.5285],
        [0.09847244763319378, 1.551015699551366, -1.0806145659071473, 1.5489264772470546],
        [-9.243311998100495e30, -2.0, 3.0, 0.5],
    ),
    (
        SGD(0.1, weight_decay=0.05),
        [0.895, -1.84, 2.2, 0.515],
        [0.1879275315295366, -0.3249702117029467, -0.8555150075082664, 0.7129411841832969],
        [-1.47110665188537e30, -1.852889334811463, 3.0, 0.5],
    ),
    (
        SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.05),
        [0.8005, -1.696, 1.48, 0.5285],
        [0.10739199395082516, 1.3470101141348012, -1.0806145659071473, 1.5489264772470546],
        [-8.040633592811948e30, -1.195936640718805, 3.0, 0.5],
    ),
    (
        SGD(0.1, momentum=0.8, weight_decay=0.05),
        [0.895, -1.84, 2.2, 0.515],
        [0.04553497454542433, 1.226877266129312, -0.9954668149296351, 1.2200725666134422],
        [-5.292835931380843e30, -1.4707164068619156, 3.0, 0.5],
    ),
    (
        Adam(0.1),
        [0.900000001, -1.9000000006666666, 2.900000000125, 0.5999999933333338],
        [-0.16029493956763774, -0.5346747047510872, 1.515853448004087, 1.8508299062517153],
        [-0.5249999999999985, -2.0, 3.0, 0.5],
    ),
    (
        Adam(0.05, beta_1=0.7, beta_2=0.95, epsilon=1e-3),
        [0.9500499500499501, -1.950033311125916, 2.9500062492188475, 0.5496688741721855],
        [0.33205978358433064, -1.2621217414066321, 2.255122742727892, 1.2027310620380158],
        [0.2375, -2.0, 3.0, 0.5],
    ),
    (
        AdamW(0.1, weight_decay=0.1),
        [0.890000001, -1.8800000006666666, 2.900000000125, 0.5999999933333338],
        [-0.1698656774424936, -0.3660396606275664, 1.515853448004087, 1.8508299062517153],
        [-0.5615686840108405, -1.716078421088938, 3.0, 0.5],
    ),
    (
        AdamW(0.05, beta_1=0.7, beta_2=0.95, epsilon=1e-3, weight_decay=0.2),
        [0.9400499500499501, -1.930033311125916, 2.9500062492188475, 0.5496688741721855],
        [0.2595631406518118, -1.0389970700940967, 2.255122742727892, 1.2027310620380158],
        [0.1482352632668137, -1.716078421088938, 3.0, 0.5],
    ),
    (
        RMSprop(0.05),
        [0.8418861219915809, -1.8418861203249142, 2.841886117616581, 0.6581138496750927],
        [0.15139869030384423, -0.9278517589510185, 1.9071438478210134, 1.4730925934719399],
        [-0.14666453872577218, -2.0, 3.0, 0.5],
    ),
    (
        RMSprop(0.02, decay=0.7, epsilon=1e-3, momentum=0.8),
        [0.963551708005349, -1.963529553247142, 2.9634934942649416, 0.5360757372762371],
        [-0.026543249160525122, -0.7248881085388645, 1.7087329985897555, 1.6815802426705115],
        [-0.32913775477297663, -2.0, 3.0, 0.5],
    ),
)

EVERY: tuple[type[SGD | Adam | AdamW | RMSprop], ...] = (SGD, Adam, AdamW, RMSprop)
WITH_SLOTS: tuple[Optimizer, ...] = (SGD(momentum=0.9), Adam(), AdamW(), RMSprop(), RMSprop(momentum=0.9))

every_rule = pytest.mark.parametrize(
    ("optimizer", "first", "last", "extreme"), TORCH, ids=[repr(optimizer) for optimizer, *_ in TORCH]
)
every_optimizer = pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
every_memory = pytest.mark.parametrize("optimizer", WITH_SLOTS, ids=repr)


def vector(start: Array = START, dtype: type[np.floating] = np.float64) -> ParameterVector:
    """Two weights and two biases."""
    parameters = ParameterVector(
        {"bias": Parameter("bias", (2,), Constant()), "weight": Parameter("weight", (1, 2), Constant())}, dtype, seed=0
    )
    parameters.values[...] = start
    return parameters


def run(optimizer: Optimizer, parameters: ParameterVector, steps: int, constant: Array | None = None) -> Array:
    """The weights after some steps down the parabola, or along a constant gradient."""
    optimizer.begin(parameters)
    for index in range(steps):
        slope = CURVATURE * (parameters.values - MINIMUM) if constant is None else constant
        parameters.grads[...] = slope
        rate = optimizer.learning_rate * (1 - index / 40)
        optimizer.step(parameters.values, parameters.grads, rate, index)
    return parameters.values


def test_every_optimizer_of_the_vocabulary_has_a_case() -> None:
    vocabulary = {spec.component for spec in get_args(OptimizerUnion)}
    assert {type(optimizer) for optimizer, *_ in TORCH} == vocabulary
    assert set(EVERY) == vocabulary
    assert {type(optimizer) for optimizer in WITH_SLOTS} == vocabulary


@every_rule
def test_steps_are_those_of_pytorch(
    optimizer: Optimizer, first: list[float], last: list[float], extreme: list[float]
) -> None:
    np.testing.assert_allclose(run(optimizer, vector(), 1), first, rtol=TORCH_TOLERANCE)
    np.testing.assert_allclose(run(optimizer, vector(), STEPS), last, rtol=TORCH_TOLERANCE)
    np.testing.assert_allclose(run(optimizer, vector(), STEPS, EXTREME), extreme, rtol=TORCH_TOLERANCE)


@every_rule
def test_float32_takes_the_same_steps(
    optimizer: Optimizer, first: list[float], last: list[float], extreme: list[float]
) -> None:
    values = run(optimizer, vector(dtype=np.float32), STEPS)
    np.testing.assert_allclose(values, last, rtol=FLOAT32_TOLERANCE)
    assert {array.dtype.name for array in (values, *optimizer.slots.values())} == {"float32"}


@every_optimizer
def test_a_gradient_of_0_changes_nothing_but_by_decay(kind: type[SGD | Adam | AdamW | RMSprop]) -> None:
    values = run(kind(learning_rate=0.1), vector(), 1, np.zeros(4))
    # AdamW decays 1 % unless told otherwise: w (1 − 0.1 · 0.01)
    expected = [0.999, -1.998, 3.0, 0.5] if kind is AdamW else START
    np.testing.assert_allclose(values, expected, rtol=TORCH_TOLERANCE)


@every_rule
def test_a_rule_knows_whether_it_lets_a_weight_rest(
    optimizer: Optimizer, first: list[float], last: list[float], extreme: list[float]
) -> None:
    assert isinstance(optimizer, Elementwise)
    values = run(optimizer, vector(), 3, np.zeros(4))
    assert optimizer.lets_rest == np.array_equal(values, START)


@pytest.mark.parametrize("optimizer", [SGD(0.5, weight_decay=0.2), AdamW(0.5, weight_decay=0.2)], ids=repr)
def test_decay_shrinks_weights_and_no_bias(optimizer: Optimizer) -> None:
    parameters = vector()
    optimizer.begin(parameters)
    optimizer.step(parameters.values, np.zeros(4), 0.5, 0)
    np.testing.assert_allclose(parameters.values, [0.9, -1.8, 3.0, 0.5], rtol=TORCH_TOLERANCE)


@every_rule
def test_a_step_keeps_neither_array_and_leaves_the_gradient(
    optimizer: Optimizer, first: list[float], last: list[float], extreme: list[float]
) -> None:
    optimizer.begin(vector())
    values, grads = START.copy(), EXTREME.copy()
    grads.flags.writeable = False
    optimizer.step(values, grads, 0.1, 0)
    for array in vars(optimizer).values():
        assert not isinstance(array, np.ndarray) or not np.may_share_memory(array, values)
    watched = weakref.ref(values), weakref.ref(grads)
    del values, grads
    assert watched[0]() is None
    assert watched[1]() is None


@every_optimizer
def test_there_are_no_slots_before_begin(kind: type[SGD | Adam | AdamW | RMSprop]) -> None:
    optimizer = kind()
    with pytest.raises(InputError, match=r"has no slots yet; call begin\(model.parameters\) first"):
        _ = optimizer.slots
    with pytest.raises(InputError, match="has no slots yet"):
        optimizer.load_slots({})


@every_memory
def test_slots_begin_at_0(optimizer: Optimizer) -> None:
    optimizer.begin(vector())
    assert tuple(optimizer.slots) == optimizer.slot_names()
    for slot in optimizer.slots.values():
        assert slot.shape == (4,)
        assert slot.dtype == np.float64
        assert not slot.any()


def test_plain_sgd_remembers_nothing() -> None:
    optimizer = SGD(0.1)
    optimizer.begin(vector())
    assert optimizer.slots == {}


@every_memory
def test_the_same_vector_again_goes_on_and_another_starts_anew(optimizer: Optimizer) -> None:
    parameters = vector()
    run(optimizer, parameters, 3)
    optimizer.steps = 3
    before = {name: slot.copy() for name, slot in optimizer.slots.items()}
    assert all(slot.any() for slot in before.values())
    optimizer.begin(parameters)
    assert optimizer.steps == 3
    for name, slot in optimizer.slots.items():
        np.testing.assert_array_equal(slot, before[name])
    optimizer.begin(vector())
    assert optimizer.steps == 0
    assert not any(slot.any() for slot in optimizer.slots.values())


@every_memory
def test_loaded_slots_are_a_copy_and_go_on_as_the_saved_ones_would_have(optimizer: Optimizer) -> None:
    uninterrupted = run(optimizer, vector(), STEPS).copy()

    parameters = vector()
    run(optimizer, parameters, 10)
    saved = {name: slot.copy() for name, slot in optimizer.slots.items()}
    optimizer.begin(vector())  # all forgotten
    optimizer.load_slots(saved)
    for slot in saved.values():
        slot[...] = 7
    for index in range(10, STEPS):
        slope = CURVATURE * (parameters.values - MINIMUM)
        optimizer.step(parameters.values, slope, optimizer.learning_rate * (1 - index / 40), index)
    np.testing.assert_array_equal(parameters.values, uninterrupted)


@every_memory
def test_slots_that_do_not_fit_change_nothing(optimizer: Optimizer) -> None:
    optimizer.begin(vector())
    names = list(optimizer.slots)
    good = {name: np.ones(4) for name in names}
    refused: tuple[tuple[dict[str, Array], str], ...] = (
        ({}, "slots: got "),
        ({**good, "more": np.ones(4)}, "slots: got .*'more'"),
        ({**good, names[-1]: np.ones(3)}, rf"slots: '{names[-1]}': got float64 of shape \(3,\)"),
        ({**good, names[-1]: np.ones((4, 1))}, rf"slots: '{names[-1]}': got float64 of shape \(4, 1\)"),
        ({**good, names[-1]: np.ones(4, np.float32)}, rf"slots: '{names[-1]}': got float32 of shape \(4,\)"),
    )
    for bad, message in refused:
        with pytest.raises(InputError, match=message):
            optimizer.load_slots(bad)
        assert not any(slot.any() for slot in optimizer.slots.values())


@every_rule
def test_repr_is_the_call_that_makes_it_again(
    optimizer: Optimizer, first: list[float], last: list[float], extreme: list[float]
) -> None:
    again = eval(repr(optimizer), vars(framework))
    assert repr(again) == repr(optimizer)
    assert run(again, vector(), STEPS).tolist() == run(optimizer, vector(), STEPS).tolist()


NONE_BELOW_0 = (-0.1, float("nan"), float("inf"))
FROM_0_TO_BELOW_1 = (-0.1, 1.0, float("nan"))


@pytest.mark.parametrize(
    ("kind", "name", "values"),
    [
        (SGD, "learning_rate", NONE_BELOW_0),
        (SGD, "weight_decay", NONE_BELOW_0),
        (SGD, "momentum", FROM_0_TO_BELOW_1),
        (Adam, "learning_rate", NONE_BELOW_0),
        (Adam, "beta_1", FROM_0_TO_BELOW_1),
        (Adam, "beta_2", FROM_0_TO_BELOW_1),
        (Adam, "epsilon", (0.0, *NONE_BELOW_0)),
        (AdamW, "learning_rate", NONE_BELOW_0),
        (AdamW, "weight_decay", NONE_BELOW_0),
        (AdamW, "beta_1", FROM_0_TO_BELOW_1),
        (AdamW, "beta_2", FROM_0_TO_BELOW_1),
        (AdamW, "epsilon", (0.0, *NONE_BELOW_0)),
        (RMSprop, "learning_rate", NONE_BELOW_0),
        (RMSprop, "decay", FROM_0_TO_BELOW_1),
        (RMSprop, "momentum", FROM_0_TO_BELOW_1),
        (RMSprop, "epsilon", (0.0, 1.1, *NONE_BELOW_0)),
    ],
)
def test_arguments_out_of_range_are_refused(kind: type[Optimizer], name: str, values: tuple[float, ...]) -> None:
    for value in values:
        with pytest.raises(InputError, match=f"^{kind.__name__}: {name}: got {value!r}; expected"):
            kind(**{name: value})


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(InputError, match="nesterov: got True with momentum 0; expected a momentum above 0"):
        SGD(0.1, nesterov=True)


@pytest.mark.parametrize(
    "optimizer", [SGD(0.1, momentum=0.9), Adam(), AdamW(), RMSprop(), RMSprop(momentum=0.9)], ids=repr
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_average_becomes_denormal(optimizer: Optimizer, dtype: type[np.floating]) -> None:
    """One gradient, then none for long: what decays by 0.9 a step reaches 0 without a stay below the normal range."""
    parameters = vector(dtype=dtype)
    optimizer.begin(parameters)
    average = next(iter(optimizer.slots.values()))
    with np.errstate(under="raise"):
        for index in range(8000 if dtype is np.float64 else 1000):
            parameters.grads[...] = 1 if index == 0 else 0
            optimizer.step(parameters.values, parameters.grads, 0.01, index)
            if index == 60:
                assert (average != 0).all()
    assert not average.any()


@pytest.mark.parametrize("optimizer", [SGD(), SGD(momentum=0.9), Adam(), AdamW(), RMSprop()], ids=repr)
def test_a_step_before_begin_says_what_is_missing(optimizer: Optimizer) -> None:
    values = np.ones(3)
    with pytest.raises(InputError, match=r"call begin\(model\.parameters\) first"):
        optimizer.step(values, np.ones(3), 0.1, 0)
    assert values.tolist() == [1, 1, 1]


def test_rmsprop_by_hand() -> None:
    """With ρ = 3/4 the gradients 8, 1, 11.5 have roots of 4, 3.5, 6.5: 4² = 64/4, 3.5² = (3 · 16 + 1)/4, and so on.

    So the steps are 8/4 = 2, 1/3.5 = 2/7 and 11.5/6.5 = 23/13 of the rate; with μ = 1/2 they add up to 2, 9/7, 439/182.
    """
    for momentum, moved in ((0.0, (2, 2 + 2 / 7, 2 + 2 / 7 + 23 / 13)), (0.5, (2, 2 + 9 / 7, 2 + 9 / 7 + 439 / 182))):
        optimizer, parameters = RMSprop(decay=0.75, epsilon=1e-30, momentum=momentum), vector()
        optimizer.begin(parameters)
        for index, (gradient, distance) in enumerate(zip((8, 1, 11.5), moved, strict=True)):
            optimizer.step(parameters.values, np.full(4, gradient), 0.5, index)
            np.testing.assert_allclose(parameters.values, START - 0.5 * distance, rtol=TORCH_TOLERANCE)
        np.testing.assert_allclose(optimizer.slots["v"], 42.25, rtol=TORCH_TOLERANCE)


def test_a_square_just_come_is_not_forgotten() -> None:
    """Where old squares are forgotten, in step 64, a tiny gradient still meets its own root and not epsilon alone."""
    parameters = vector(dtype=np.float32)
    optimizer = RMSprop(decay=0.5, epsilon=1e-30)
    optimizer.begin(parameters)
    before = parameters.values.copy()
    optimizer.step(parameters.values, np.full(4, 1e-18, np.float32), 0.5, 63)
    np.testing.assert_allclose(before - parameters.values, 0.5 * 2**0.5, rtol=FLOAT32_TOLERANCE)


@pytest.mark.parametrize(
    "optimizer",
    [SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.2), Adam(0.1), AdamW(0.1, weight_decay=0.2), RMSprop(0.1)],
    ids=repr,
)
@pytest.mark.parametrize("block", [1, 5, 12, 16, 30])
def test_how_many_weights_change_at_a_time_changes_no_bit(
    optimizer: Optimizer, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """12 weights that decay, and 5 biases."""
    rng = np.random.default_rng(3)
    grads = rng.standard_normal((4, 17))
    results = []
    for size in (1000, block):
        monkeypatch.setattr("framework.optimizers.base.BLOCK", size)
        matrix = Parameter("matrix", (3, 4), framework.HeNormal())
        bias = Parameter("bias", (5,), Constant(0.5))
        parameters = ParameterVector({"matrix": matrix, "bias": bias}, np.float64, seed=1)
        rule = copy.deepcopy(optimizer)
        rule.begin(parameters)
        for index, gradient in enumerate(grads):
            rule.step(parameters.values, gradient, 0.1, index)
        results.append([parameters.values.tobytes(), *(slot.tobytes() for slot in rule.slots.values())])
    assert results[0] == results[1]


@pytest.mark.parametrize("optimizer", [SGD(), RMSprop()], ids=repr)
def test_a_momentum_that_comes_late_is_refused(optimizer: SGD | RMSprop) -> None:
    vector = Sequential([Dense(2, 3)], seed=0).parameters
    vector.grads[...] = 1
    optimizer.begin(vector)
    optimizer.step(vector.values, vector.grads, 0.1, 0)
    before = vector.values.copy()
    optimizer.momentum = 0.5
    message = r"momentum=0\.5\): got no velocity from the steps before; expected such a setting from the start"
    with pytest.raises(InputError, match=message):
        optimizer.step(vector.values, vector.grads, 0.1, 1)
    np.testing.assert_array_equal(vector.values, before)
