"""Flatten: the order of the numbers, and that nothing is copied."""

import numpy as np

from framework import Dense, Flatten, Sequential, Step

STEP = Step(0, 0)


def test_the_last_dimension_counts_fastest() -> None:
    x = np.arange(12.0).reshape(1, 2, 3, 2)
    y = Flatten().forward(x)
    assert y.tolist() == [list(range(12))]
    assert np.shares_memory(y, x)
    assert Flatten().output_shape((2, 3, 2)) == (12,)
    assert Flatten().output_shape((5,)) == (5,)


def test_a_model_hands_out_a_copy() -> None:
    x = np.arange(12.0).reshape(2, 3, 2)
    model = Sequential([Flatten()], input_shape=(3, 2), dtype=np.float64)
    for y in (model.forward(x), model.forward(x, step=STEP)):
        assert not np.shares_memory(y, x)
        y[...] = -1
    assert x.ravel().tolist() == list(range(12))


def test_arrays_that_are_not_contiguous() -> None:
    layer = Flatten()
    x = np.arange(12.0).reshape(2, 3, 2).transpose(0, 2, 1)
    assert layer.forward(x, step=STEP).tolist() == [[0, 2, 4, 1, 3, 5], [6, 8, 10, 7, 9, 11]]
    dx = layer.backward(np.arange(12.0).reshape(6, 2).T)
    assert dx is not None
    assert dx.tolist() == [[[0, 2, 4], [6, 8, 10]], [[1, 3, 5], [7, 9, 11]]]
    assert layer.backward(np.ones((2, 6)), need_dx=False) is None


def test_what_comes_after_infers_its_inputs() -> None:
    model = Sequential([Flatten(), Dense(12, 2)], input_shape=(2, 3, 2), seed=0)
    assert model.shapes == ((12,), (2,))
