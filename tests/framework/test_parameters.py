"""Parameters: one vector, views into it, and no way to leave it unnoticed."""

import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from framework import Constant, HeNormal, InputError, Parameter, ParameterVector, Uniform
from framework.types import Array


def parameters() -> list[Parameter]:
    """As two Dense layers have them: a matrix, a bias, a matrix, a bias; and a scale, which is a single number."""
    shapes = {"w1": (2, 3), "b1": (3,), "w2": (3, 2), "b2": (2,), "scale": ()}
    return [Parameter(name, shape, Uniform(-1, 1)) for name, shape in shapes.items()]


def named(parameters: list[Parameter]) -> dict[str, Parameter]:
    return {parameter.name: parameter for parameter in parameters}


def vector(seed: int | None = 1) -> ParameterVector:
    return ParameterVector(named(parameters()), np.float32, seed=seed)


def weights_of(numbers: ParameterVector, value: float) -> dict[str, Array]:
    return {parameter.path: np.full(parameter.shape, value) for parameter in numbers}


def test_matrices_come_first_then_what_decay_must_not_touch() -> None:
    numbers = vector()
    assert [parameter.name for parameter in numbers] == ["w1", "w2", "b1", "b2", "scale"]
    assert numbers.decayed == 12
    assert numbers.values.shape == numbers.grads.shape == (18,)
    assert len(numbers) == 5
    numbers.values[: numbers.decayed] = 0
    assert [parameter.name for parameter in numbers if not parameter.value.any()] == ["w1", "w2"]


def test_every_parameter_is_a_view_of_its_place() -> None:
    numbers = vector()
    numbers.values[...] = np.arange(18)
    numbers.grads[...] = -np.arange(18.0)
    start = 0
    for parameter in numbers:
        expected = np.arange(start, start + parameter.size).reshape(parameter.shape)
        np.testing.assert_array_equal(parameter.value, expected)
        np.testing.assert_array_equal(parameter.grad, -expected)
        parameter.value[...] = 7
        parameter.grad[...] = 8
        start += parameter.size
    assert (numbers.values == 7).all()
    assert (numbers.grads == 8).all()


def test_the_vectors_are_contiguous_and_of_one_dtype() -> None:
    for dtype in (np.float32, np.float64):
        numbers = ParameterVector(named(parameters()), dtype, seed=1)
        assert numbers.values.flags.c_contiguous
        assert numbers.grads.flags.c_contiguous
        assert {array.dtype for array in (numbers.values, numbers.grads, *numbers.get().values())} == {np.dtype(dtype)}


def test_no_parameters_are_an_empty_vector() -> None:
    numbers = ParameterVector(named([]), np.float32, seed=1)
    assert (numbers.values.size, numbers.grads.size, numbers.decayed, len(numbers)) == (0, 0, 0, 0)


def test_arrays_cannot_be_replaced() -> None:
    parameter = Parameter("weight", (2,), Constant())
    with pytest.raises(AttributeError):
        parameter.value = np.zeros(2)  # type: ignore[misc]
    with pytest.raises(AttributeError):
        parameter.grad = np.zeros(2)  # type: ignore[misc]


def test_a_parameter_alone_owns_what_it_drew() -> None:
    parameter = Parameter("weight", (3, 4), HeNormal())
    first = parameter.value.copy()
    np.testing.assert_array_equal(parameter.value, first)
    assert parameter.value.dtype == np.float32
    assert (parameter.value != Parameter("weight", (3, 4), HeNormal()).value).any()
    assert parameter.grad.shape == (3, 4)
    assert not parameter.grad.any()
    assert parameter.size == 12
    assert repr(parameter) == "Parameter('weight', (3, 4))"


def test_a_seed_draws_anew_and_none_keeps_what_is_there() -> None:
    kept = parameters()
    kept[0].value[...] = 5
    numbers = ParameterVector(named(kept), np.float32)
    assert (kept[0].value == 5).all()
    np.testing.assert_array_equal(numbers.values[:6], 5)
    numbers = ParameterVector(named(kept), np.float32, seed=1)
    assert (kept[0].value != 5).all()
    np.testing.assert_array_equal(numbers.values, vector(seed=1).values)
    assert (vector(seed=2).values != numbers.values).any()


def test_each_parameter_draws_from_a_stream_of_its_own() -> None:
    same = [Parameter(name, (50,), Uniform(-1, 1)) for name in ("a", "b")]
    ParameterVector(named(same), np.float32, seed=1)
    assert (same[0].value != same[1].value).all()
    alone = Parameter("b", (50,), Uniform(-1, 1))
    ParameterVector(named([alone]), np.float32, seed=1)
    np.testing.assert_array_equal(alone.value, same[1].value)


def test_get_copies() -> None:
    numbers = vector()
    weights = numbers.get()
    assert list(weights) == ["w1", "w2", "b1", "b2", "scale"]
    before = numbers.values.copy()
    for array in weights.values():
        assert not np.may_share_memory(array, numbers.values)
        array[...] = 9
    np.testing.assert_array_equal(numbers.values, before)


def test_set_copies_in_place() -> None:
    numbers = vector()
    values, weights = numbers.values, weights_of(numbers, 3.5)
    numbers.set(weights)
    assert numbers.values is values
    assert (values == 3.5).all()
    for array in weights.values():
        array[...] = 9
    assert (values == 3.5).all()
    numbers.set(vector(seed=4).get())
    np.testing.assert_array_equal(values, vector(seed=4).values)


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int64, np.uint8])
def test_set_takes_any_real_numbers(dtype: type[np.number]) -> None:
    numbers = vector()
    numbers.set({path: array.astype(dtype) for path, array in weights_of(numbers, 2).items()})
    assert (numbers.values == 2).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"more": np.zeros(2)}, r"weights: 'more' belongs to no layer; expected exactly w1, w2, b1, b2, scale"),
        ({"b2": np.zeros(3)}, r"weights: 'b2': got shape \(3,\); expected \(2,\)"),
        ({"b2": np.zeros(())}, r"weights: 'b2': got shape \(\)"),
        ({"w2": np.zeros((2, 3))}, r"weights: 'w2': got shape \(2, 3\); expected \(3, 2\)"),
        ({"scale": np.zeros(1)}, r"weights: 'scale': got shape \(1,\); expected \(\)"),
        ({"b2": np.zeros(2, complex)}, r"weights: 'b2': got an array of complex128"),
        ({"b2": np.array(["1", "2"])}, r"weights: 'b2': got an array of <U1"),
        ({"b2": np.array([None, None])}, r"weights: 'b2': got an array of object"),
    ],
)
def test_weights_that_do_not_fit_change_nothing(change: dict[str, Array], message: str) -> None:
    numbers = vector()
    before = numbers.values.copy()
    with pytest.raises(InputError, match=message):
        numbers.set({**weights_of(numbers, 3), **change})
    np.testing.assert_array_equal(numbers.values, before)


def test_missing_weights_change_nothing() -> None:
    numbers = vector()
    before = numbers.values.copy()
    weights = weights_of(numbers, 3)
    del weights["b1"]
    with pytest.raises(InputError, match="weights: 'b1' is missing"):
        numbers.set(weights)
    np.testing.assert_array_equal(numbers.values, before)


def test_arrays_may_change_places() -> None:
    numbers = ParameterVector({name: Parameter(name, (2,), Uniform(-1, 1)) for name in ("a", "b")}, np.float32, seed=1)
    a, b = numbers
    before = numbers.values.copy()
    numbers.set({"a": b.value, "b": a.value})
    np.testing.assert_array_equal(numbers.values, before[[2, 3, 0, 1]])


def test_numbers_too_large_for_the_dtype_change_nothing() -> None:
    numbers = vector()
    before = numbers.values.copy()
    with pytest.raises(InputError, match="weights: 'b2': row 0: got inf"):
        numbers.set({**weights_of(numbers, 3), "b2": np.array([1e300, 0])})
    np.testing.assert_array_equal(numbers.values, before)


def test_shared_values_are_the_same_memory_and_gradients_are_not() -> None:
    owner, guest = vector(seed=1), vector(seed=2)
    guest.share_values(owner)
    np.testing.assert_array_equal(guest.values, vector(seed=1).values)
    assert guest.values is owner.values
    for mine, theirs in zip(owner, guest, strict=True):
        assert np.shares_memory(mine.value, theirs.value)
        assert not np.may_share_memory(mine.grad, theirs.grad)
        assert np.shares_memory(theirs.grad, guest.grads)
    owner.values[...] = 4
    assert all((parameter.value == 4).all() for parameter in guest)
    guest.grads[...] = 5
    assert not owner.grads.any()


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda parameter: pickle.loads(pickle.dumps(parameter))]
)
def test_a_copied_parameter_has_arrays_of_its_own(duplicate: Callable[[Parameter], Parameter]) -> None:
    numbers = vector()
    original = next(iter(numbers))
    original.grad[...] = 3
    twin = duplicate(original)
    np.testing.assert_array_equal(twin.value, original.value)
    assert not twin.grad.any()
    twin.value[...] = 9
    twin.grad[...] = 9
    assert not (numbers.values == 9).any()
    assert not (numbers.grads == 9).any()


def test_repr_says_how_much_there_is() -> None:
    assert repr(vector()) == "ParameterVector(18 numbers in 5 arrays, float32)"
