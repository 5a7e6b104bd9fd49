"""Copies, pickles and replicas of a model: which arrays they share, and that what is trained is what predicts."""

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest

from framework import SGD, Dense, Dropout, InputError, ReLU, Rescale, Sequential, SoftmaxCrossEntropy, Step
from framework.types import Array

X = np.random.default_rng(1).integers(0, 256, (20, 6)).astype(np.uint8)
Y = np.arange(20) % 3

Duplicate = Callable[[Sequential], Sequential]

DUPLICATES: dict[str, Duplicate] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "copy of a copy": lambda model: copy.deepcopy(copy.copy(model)),
    "copy in a list": lambda model: copy.deepcopy([model])[0],
}

every_duplicate = pytest.mark.parametrize("duplicate", DUPLICATES.values(), ids=DUPLICATES)


def model_of(dtype: type[np.floating] = np.float32) -> Sequential:
    layers = [Rescale(1 / 255), Dense(6, 8), ReLU(), Dropout(0.2), Dense(8, 3)]
    return Sequential(layers, seed=1, dtype=dtype)


def train(model: Sequential, steps: int = 5) -> None:
    """A few steps of gradient descent through the vectors, as the training loop takes them."""
    optimizer = SGD(0.5)
    optimizer.begin(model.parameters)
    for index in range(steps):
        _, dy = SoftmaxCrossEntropy().value_and_grad(model.forward(X, step=Step(0, index)), Y)
        model.backward(dy)
        optimizer.step(model.parameters.values, model.parameters.grads, 0.5, index)


@every_duplicate
@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_copy_learns_apart_and_as_well(duplicate: Duplicate, trained: bool, dtype: type[np.floating]) -> None:
    model = model_of(dtype)
    if trained:
        train(model, steps=2)
    twin = duplicate(model)
    scores = model.forward(X)
    assert twin is not model
    assert (repr(twin), twin.dtype, twin.input_shape) == (repr(model), model.dtype, model.input_shape)
    np.testing.assert_array_equal(twin.forward(X), scores)

    train(twin)
    learnt = twin.forward(X)
    assert (learnt != scores).any()
    np.testing.assert_array_equal(model.forward(X), scores)

    train(model)
    np.testing.assert_array_equal(model.forward(X), learnt)
    np.testing.assert_array_equal(twin.forward(X), learnt)


@every_duplicate
def test_a_copy_shares_no_memory(duplicate: Duplicate) -> None:
    model = model_of()
    train(model)
    twin = duplicate(model)
    mine, theirs = model.parameters, twin.parameters
    assert not np.may_share_memory(mine.values, theirs.values)
    assert not np.may_share_memory(mine.grads, theirs.grads)
    for parameter in theirs:
        assert np.shares_memory(parameter.value, theirs.values)
        assert np.shares_memory(parameter.grad, theirs.grads)
    assert list(twin.get_weights()) == list(model.get_weights())
    assert not any("scratch" in vars(layer) for layer in twin.layers)


def test_a_copied_layer_starts_outside_any_model() -> None:
    model = model_of()
    layers = copy.deepcopy(model.layers)
    assert {layer.path for layer in layers} == {""}
    again = Sequential(layers)
    np.testing.assert_array_equal(again.forward(X), model.forward(X))
    again.parameters.values[...] = 0
    assert model.parameters.values.any()


def test_a_shallow_copy_of_a_layer_leaves_its_model_whole() -> None:
    layer = Dense(3, 2)
    model = Sequential([layer], seed=1)
    with suppress(InputError):  # refusing it would do as well
        Sequential([copy.copy(layer)], seed=2)
    assert np.shares_memory(layer.weight.value, model.parameters.values)


def test_the_parameters_of_a_copied_layer_have_their_own_names() -> None:
    layer = Dense(3, 2)
    Sequential([layer])
    assert repr(copy.deepcopy(layer).weight) == "Parameter('weight', (3, 2))"


def test_a_replica_shares_the_values_and_nothing_else() -> None:
    model = model_of()
    twin = model.replica()
    scores = model.forward(X)
    np.testing.assert_array_equal(twin.forward(X), scores)

    twin.backward(np.ones_like(twin.forward(X, step=Step(0, 0))))
    assert twin.parameters.grads.any()
    assert not model.parameters.grads.any()
    assert not any("scratch" in vars(layer) for layer in model.layers)

    train(model)
    assert (model.forward(X) != scores).any()
    np.testing.assert_array_equal(twin.forward(X), model.forward(X))
    twin.set_weights({path: np.zeros_like(array) for path, array in twin.get_weights().items()})
    assert not model.forward(X).any()


def test_a_replica_of_a_replica_shares_the_values_too() -> None:
    model = model_of()
    twin = model.replica().replica()
    model.parameters.values[...] = 0
    assert not twin.forward(X).any()


def test_a_copy_of_a_replica_is_on_its_own() -> None:
    model = model_of()
    twin = copy.deepcopy(model.replica())
    model.parameters.values[...] = 0
    assert twin.forward(X).any()


def test_replicas_step_side_by_side() -> None:
    """Gradients of two halves of a batch, each on a replica of its own, add up to those of the whole."""
    model = Sequential([Dense(6, 8), ReLU(), Dense(8, 3)], seed=1, dtype=np.float64)
    x = X / 255
    twins = [model.replica() for _ in range(2)]

    def grads(owner: Sequential, rows: slice) -> Array:
        scores = owner.forward(x[rows], step=Step(0, 0))
        owner.backward(SoftmaxCrossEntropy().value_and_grad(scores, Y[rows])[1])
        return owner.parameters.grads

    halves = [grads(twin, rows) for twin, rows in zip(twins, (slice(0, 10), slice(10, 20)), strict=True)]
    # the same terms, added in two groups
    np.testing.assert_allclose(sum(halves) / 2, grads(model, slice(0, 20)), atol=1e-15, rtol=1e-12)


def test_threads_may_predict_with_one_model() -> None:
    model = Sequential([Rescale(1 / 255), Dense(6, 300), ReLU(), Dropout(0.5), Dense(300, 3)], seed=1)
    batches = [np.random.default_rng(seed).integers(0, 256, (200 + seed, 6)).astype(np.uint8) for seed in range(8)]
    expected = [model.predict_proba(x) for x in batches]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(20):
            for probabilities, reference in zip(pool.map(model.predict_proba, batches), expected, strict=True):
                np.testing.assert_array_equal(probabilities, reference)
