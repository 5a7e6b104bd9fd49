"""Reshape: the order of the numbers, that nothing is copied, and what it refuses."""

import numpy as np
import pytest

from framework import Dense, InputError, Reshape, Sequential, Step

STEP = Step(0, 0)


def test_the_last_dimension_counts_fastest() -> None:
    layer = Reshape((2, 3))
    assert layer.forward(np.arange(6.0)[np.newaxis]).tolist() == [[[0, 1, 2], [3, 4, 5]]]
    assert layer.forward(np.arange(12.0).reshape(2, 3, 1, 2))[1].tolist() == [[6, 7, 8], [9, 10, 11]]


def test_it_copies_nothing_and_a_model_hands_out_a_copy() -> None:
    x = np.arange(12.0).reshape(2, 6)
    assert np.shares_memory(Reshape((3, 2)).forward(x), x)
    model = Sequential([Reshape((3, 2))], input_shape=(6,), dtype=np.float64)
    for y in (model.forward(x), model.forward(x, step=STEP)):
        assert y.shape == (2, 3, 2)
        assert not np.shares_memory(y, x)


def test_backward_puts_every_number_back() -> None:
    layer = Reshape((3, 2))
    x = np.arange(24.0).reshape(2, 2, 6).transpose(0, 2, 1)[:, ::2]  # not contiguous
    y = layer.forward(x.reshape(2, 6), step=STEP)
    assert y.tolist() == [[[0, 6], [2, 8], [4, 10]], [[12, 18], [14, 20], [16, 22]]]
    dy = np.arange(12.0).reshape(2, 2, 3).transpose(0, 2, 1)
    dx = layer.backward(dy)
    assert dx is not None
    assert dx.tolist() == [[0, 3, 1, 4, 2, 5], [6, 9, 7, 10, 8, 11]]
    assert layer.backward(dy, need_dx=False) is None


def test_an_array_that_is_not_contiguous_is_read_in_its_own_order() -> None:
    x = np.arange(24.0).reshape(2, 4, 3).transpose(0, 2, 1)
    assert Reshape((12,)).forward(x)[0].tolist() == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]


@pytest.mark.parametrize("shape", [5, "28", (), None, 2.5])
def test_a_shape_is_a_tuple(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"^Reshape: shape: got .*; expected a tuple of integers, such as"):
        Reshape(shape)


@pytest.mark.parametrize("size", [0, -1, 2.0, "3", True, None])
def test_its_sizes_are_counts(size: int) -> None:
    with pytest.raises(InputError, match=r"^Reshape: shape\[1\]: got .*; expected an integer of 1 or more"):
        Reshape((2, size))


def test_a_list_becomes_a_tuple() -> None:
    assert Reshape([2, np.int64(3)]).shape == (2, 3)  # type: ignore[arg-type]
    assert repr(Reshape([2, 3])) == "Reshape((2, 3))"  # type: ignore[arg-type]


def test_the_numbers_must_be_as_many() -> None:
    expected = r"^Reshape\(\(28, 28, 1\)\): got samples of shape \(783,\), 783 numbers; expected 784$"
    with pytest.raises(InputError, match=expected):
        Reshape((28, 28, 1)).output_shape((783,))
    with pytest.raises(InputError, match=r"^layers\.0: Reshape\(\(2, 2\)\): got samples of shape \(5,\)"):
        Sequential([Reshape((2, 2))], input_shape=(5,))


def test_a_model_that_starts_with_one_asks_for_its_input_shape() -> None:
    with pytest.raises(InputError, match=r"^input_shape: no layer fixes it"):
        Sequential([Reshape((7,)), Dense(3, 2)])
