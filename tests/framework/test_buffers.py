"""Buffers: weights in all that copies and files are about, in a vector of their own that no optimizer sees."""

import copy
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from framework import (
    SGD,
    BatchNorm,
    Buffer,
    BufferVector,
    Constant,
    Dense,
    InputError,
    Layer,
    Parameter,
    Sequential,
    SoftmaxCrossEntropy,
    Step,
)
from framework.errors import ModelFileError
from framework.types import Array

STEP = Step(seed=1, index=0)


def buffers() -> dict[str, Buffer]:
    return {"a": Buffer("a", (2, 3), 1.0), "b": Buffer("b", (), -2.5), "c": Buffer("c", (4,), 0.0)}


def numbers(n: int, seed: int = 1) -> Array:
    return np.random.default_rng(seed).normal(2, 3, (n, 3))


def model_of(seed: int | None = 1, dtype: type[np.floating] = np.float32) -> Sequential:
    return Sequential([Dense(3, 4), BatchNorm(4), Dense(4, 2), BatchNorm(2)], seed=seed, dtype=dtype)


def trained(dtype: type[np.floating] = np.float32) -> Sequential:
    """A model whose running statistics are no longer what they were at first."""
    model = model_of(dtype=dtype)
    for index in range(3):
        train(model, index)
    return model


def train(model: Sequential, index: int = 0) -> None:
    optimizer = SGD(0.1)
    optimizer.begin(model.parameters)
    scores = model.forward(numbers(8, seed=index), step=Step(1, index))
    model.backward(SoftmaxCrossEntropy().value_and_grad(scores, np.arange(8) % 2)[1])
    optimizer.step(model.parameters.values, model.parameters.grads, 0.1, index)


# One, and a vector of them


def test_alone_it_owns_what_it_starts_from() -> None:
    buffer = Buffer("count", (2, 3), 1.5)
    assert buffer.value.tolist() == [[1.5] * 3] * 2
    assert (buffer.value.dtype.name, buffer.size, buffer.bound) == ("float32", 6, False)
    buffer.value[0, 0] = 7
    assert buffer.value[0, 0] == 7
    assert repr(buffer) == "Buffer('count', (2, 3))"
    assert Buffer("number", (), 2.0).size == 1


def test_every_buffer_is_a_view_of_its_place() -> None:
    named = buffers()
    named["a"].value[...] = 5
    vector = BufferVector(named, np.float64, restart=False)
    assert vector.values.tolist() == [5] * 6 + [-2.5] + [0] * 4
    assert (vector.values.dtype.name, vector.values.flags.c_contiguous, len(vector)) == ("float64", True, 3)
    vector.values[...] = np.arange(11)
    assert [buffer.value.tolist() for buffer in vector] == [[[0, 1, 2], [3, 4, 5]], 6, [7, 8, 9, 10]]
    named["c"].value[...] = -1
    assert vector.values[7:].tolist() == [-1] * 4
    assert repr(vector) == "BufferVector(11 numbers in 3 arrays, float64)"


def test_starting_again_forgets_what_was_there() -> None:
    named = buffers()
    for buffer in named.values():
        buffer.value[...] = 9
    assert BufferVector(named, np.float32, restart=True).values.tolist() == [1] * 6 + [-2.5] + [0] * 4


def test_arrays_cannot_be_replaced() -> None:
    model = model_of()
    for owner, name in ((Buffer("a", (2,), 0.0), "value"), (model.buffers, "values")):
        with pytest.raises(AttributeError):
            setattr(owner, name, np.zeros(2))
    with pytest.raises(InputError, match="a BufferVector cannot be copied or pickled apart from its layers"):
        copy.deepcopy(model.buffers)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda buffer: pickle.loads(pickle.dumps(buffer))])
def test_a_copied_buffer_has_an_array_of_its_own(duplicate: Callable[[Buffer], Buffer]) -> None:
    named = buffers()
    BufferVector(named, np.float32, restart=True)
    twin = duplicate(named["a"])
    twin.value[...] = 9
    assert (named["a"].value == 1).all()
    assert (twin.path, twin.bound) == ("a", False)


# In a model


def test_a_model_has_them_apart_from_its_parameters() -> None:
    model = model_of()
    assert [buffer.path for buffer in model.buffers] == [
        "layers.1.running_mean",
        "layers.1.running_variance",
        "layers.3.running_mean",
        "layers.3.running_variance",
    ]
    assert model.buffers.values.tolist() == [0] * 4 + [1] * 4 + [0] * 2 + [1] * 2
    assert model.parameters.values.size == model.parameters.grads.size == 12 + 4 + 8 + 8 + 2 + 4
    assert not np.may_share_memory(model.buffers.values, model.parameters.values)
    layer = model.layers[1]
    assert [np.shares_memory(buffer.value, model.buffers.values) for buffer in layer.buffers] == [True, True]
    assert not len(Sequential([Dense(3, 2)]).buffers)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_they_have_the_dtype_of_the_model(dtype: type[np.floating]) -> None:
    model = trained(dtype)
    assert {array.dtype for array in (model.buffers.values, *(b.value for b in model.buffers))} == {np.dtype(dtype)}


def test_no_optimizer_sees_them() -> None:
    model = trained()
    before = model.buffers.values.copy()
    optimizer = SGD(0.5, momentum=0.9, weight_decay=0.1)
    optimizer.begin(model.parameters)
    optimizer.step(model.parameters.values, np.ones_like(model.parameters.grads), 0.5, 0)
    np.testing.assert_array_equal(model.buffers.values, before)
    assert {slot.size for slot in optimizer.slots.values()} == {model.parameters.values.size}


def test_they_are_among_the_weights() -> None:
    model, other = trained(), model_of(seed=2)
    weights = model.get_weights()
    assert list(weights)[-4:] == [buffer.path for buffer in model.buffers]
    np.testing.assert_array_equal(weights["layers.1.running_mean"], model.buffers.values[:4])
    values = other.buffers.values
    other.set_weights(weights)
    assert other.buffers.values is values
    np.testing.assert_array_equal(values, model.buffers.values)
    np.testing.assert_array_equal(other.forward(numbers(5)), model.forward(numbers(5)))
    for array in weights.values():
        assert not np.may_share_memory(array, model.buffers.values)
        array[...] = 9
    np.testing.assert_array_equal(values, model.buffers.values)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (
            "layers.1.running_mean",
            None,
            "weights: 'layers.1.running_mean' is missing; expected exactly layers.0.weight",
        ),
        (
            "layers.2.running_mean",
            np.zeros(2),
            "weights: 'layers.2.running_mean' belongs to no layer; expected exactly",
        ),
        (
            "layers.3.running_variance",
            np.zeros(3),
            "weights: 'layers.3.running_variance': got shape (3,); expected (2,)",
        ),
        ("layers.3.running_variance", np.array([1, np.nan]), "weights: 'layers.3.running_variance': row 1: got nan"),
        (
            "layers.1.running_variance",
            np.array([1, 0, -0.5, -2]),
            "weights: 'layers.1.running_variance': row 2: got -0.5; expected 0 or more",
        ),
        ("layers.0.weight", np.zeros(3), "weights: 'layers.0.weight': got shape (3,); expected (3, 4)"),
    ],
)
def test_weights_that_do_not_fit_change_nothing(name: str, array: Array | None, message: str) -> None:
    model = trained()
    values, statistics = model.parameters.values.copy(), model.buffers.values.copy()
    weights = {path: np.full_like(old, 3) for path, old in model.get_weights().items()}
    if array is None:
        del weights[name]
    else:
        weights[name] = array
    with pytest.raises(InputError) as caught:
        model.set_weights(weights)
    assert str(caught.value).startswith(message)
    np.testing.assert_array_equal(model.parameters.values, values)
    np.testing.assert_array_equal(model.buffers.values, statistics)


def test_a_buffer_has_the_least_number_it_may_hold() -> None:
    mean, variance = model_of().layers[1].buffers
    assert (mean.minimum, variance.minimum) == (-np.inf, 0)
    model = Sequential(
        [Own(Buffer("seen", (), 2.0, minimum=1.0), Buffer("span", (2, 2), 0.0, minimum=-0.5))], input_shape=(3,)
    )
    fitting = {"layers.0.seen": np.array(1.0), "layers.0.span": np.full((2, 2), -0.5)}
    model.set_weights(fitting)
    np.testing.assert_array_equal(model.get_weights()["layers.0.span"], fitting["layers.0.span"])
    for name, array, said in (
        ("seen", np.array(0.75), "weights: 'layers.0.seen': got 0.75; expected 1 or more"),
        ("seen", np.array(np.nan), "weights: 'layers.0.seen': got nan; expected finite numbers"),
        (
            "span",
            np.array([[0, 1], [2, -1]]),
            "weights: 'layers.0.span': row 1, column 1: got -1.0; expected -0.5 or more",
        ),
    ):
        with pytest.raises(InputError) as caught:
            model.set_weights({**fitting, f"layers.0.{name}": array})
        assert str(caught.value) == said
    with pytest.raises(InputError, match=r"^spread: start: got -1\.0; expected 0 or more, its minimum$"):
        Buffer("spread", (2,), -1.0, minimum=0.0)


def test_a_negative_variance_is_neither_saved_nor_loaded(tmp_path: Path) -> None:
    """It would make inference nan; only writing into the array itself leads there."""
    model, path = trained(), tmp_path / "model.safetensors"
    model.save(path)
    before = path.read_bytes()
    model.layers[3].buffers[1].value[1] = -0.25
    said = "'layers.3.running_variance': row 1: got -0.25; expected 0 or more"
    with pytest.raises(InputError) as refused:
        model.save(path)
    assert str(refused.value) == f"{path}: tensor {said}"
    assert path.read_bytes() == before
    model.layers[3].buffers[1].minimum = -np.inf  # so that a file with it can be made
    model.save(path)
    with pytest.raises(ModelFileError) as caught:
        Sequential.load(path)
    assert str(caught.value) == f"{path}: weights: {said}"


def test_a_seed_lets_them_start_again_and_none_keeps_them() -> None:
    layers = copy.deepcopy(trained().layers)
    kept = Sequential(layers)
    np.testing.assert_array_equal(kept.buffers.values, trained().buffers.values)
    again = Sequential(copy.deepcopy(layers), seed=1)
    np.testing.assert_array_equal(again.buffers.values, model_of().buffers.values)
    np.testing.assert_array_equal(again.forward(numbers(5)), model_of().forward(numbers(5)))


@pytest.mark.parametrize(
    "duplicate",
    [
        copy.copy,
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),
        lambda model: copy.deepcopy(copy.copy(model)),
        lambda model: copy.deepcopy(model.replica()),
    ],
)
def test_a_copy_has_its_own_and_goes_on_with_them(duplicate: Callable[[Sequential], Sequential]) -> None:
    model = trained()
    twin = duplicate(model)
    statistics = model.buffers.values.copy()
    np.testing.assert_array_equal(twin.buffers.values, statistics)
    train(twin, 3)
    assert (twin.buffers.values != statistics).all()
    np.testing.assert_array_equal(model.buffers.values, statistics)
    for buffer in twin.buffers:
        assert np.shares_memory(buffer.value, twin.buffers.values)
        assert not np.may_share_memory(buffer.value, model.buffers.values)
    train(model, 3)
    np.testing.assert_array_equal(model.buffers.values, twin.buffers.values)
    np.testing.assert_array_equal(model.forward(numbers(5)), twin.forward(numbers(5)))


def test_a_replica_shares_them() -> None:
    model = trained()
    for twin in (model.replica(), model.replica().replica()):
        assert twin.buffers.values is model.buffers.values
        twin.forward(numbers(8), step=STEP)
        for mine, theirs in zip(model.buffers, twin.buffers, strict=True):
            np.testing.assert_array_equal(mine.value, theirs.value)
            assert np.shares_memory(theirs.value, model.buffers.values)


def test_a_copied_layer_starts_outside_any_model_with_the_values_it_had() -> None:
    model = trained()
    layer = copy.deepcopy(model.layers[1])
    assert [(b.path, b.bound) for b in layer.buffers] == [("running_mean", False), ("running_variance", False)]
    np.testing.assert_array_equal(layer.buffers[0].value, model.buffers.values[:4])


# Layers of one's own


class Own(Layer):
    """Hands everything on, and has what it is given."""

    def __init__(self, *arrays: Parameter | Buffer) -> None:
        self.parameters = tuple(array for array in arrays if isinstance(array, Parameter))
        self.buffers = tuple(array for array in arrays if isinstance(array, Buffer))

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        return x

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy if need_dx else None


def test_a_hidden_buffer_is_told() -> None:
    layer = Own()
    layer.hidden = Buffer("running", (3,), 0.0)  # type: ignore[attr-defined]
    with pytest.raises(
        InputError, match=r"^layers\.0: running of .* is not in its buffers; expected every Buffer"
    ) as caught:
        Sequential([layer], input_shape=(3,))
    assert caught.value.hint == "set self.buffers = (...) to all of them in the constructor"


def test_a_hidden_parameter_is_told() -> None:
    layer = Own()
    layer.hidden = Parameter("gain", (3,), Constant())  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=r"^layers\.0: gain of .* is not in its parameters; expected every Parameter"):
        Sequential([layer], input_shape=(3,))


@pytest.mark.parametrize(
    "arrays",
    [
        (Buffer("same", (3,), 0.0), Buffer("same", (2,), 0.0)),
        (Parameter("same", (3,), Constant()), Buffer("same", (3,), 0.0)),
    ],
)
def test_names_are_told_apart(arrays: tuple[Parameter | Buffer, ...]) -> None:
    with pytest.raises(InputError, match=r"^layers\.0\.same: .* has two arrays of this name"):
        Sequential([Own(*arrays)], input_shape=(3,))


def test_a_buffer_belongs_to_one_layer() -> None:
    shared = Buffer("shared", (3,), 0.0)
    with pytest.raises(InputError, match=r"^layers\.1: .* already belongs to a model"):
        Sequential([Own(shared), Own(shared)], input_shape=(3,))
    Sequential([Own(shared)], input_shape=(3,))
    with pytest.raises(InputError, match=r"^layers\.0: .* already belongs to a model"):
        Sequential([Own(shared)], input_shape=(3,))
