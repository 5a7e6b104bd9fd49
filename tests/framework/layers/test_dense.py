"""Dense: its numbers worked by hand, and what it refuses."""

import numpy as np
import pytest

from framework import Constant, Dense, InputError, Sequential, Step


def model_of(weight: list[list[float]], bias: list[float]) -> Sequential:
    model = Sequential([Dense(len(weight), len(bias))], dtype=np.float64)
    model.set_weights({"layers.0.weight": np.array(weight), "layers.0.bias": np.array(bias)})
    return model


def test_by_hand() -> None:
    model = model_of([[1, 2, 3], [4, 5, 6]], [10, 20, 30])
    y = model.forward([[1, 1], [2, -1]], step=Step(0, 0))
    assert y.tolist() == [[15, 27, 39], [8, 19, 30]]
    dx = model.backward(np.array([[1.0, 0, 0], [0, 1, 1]]), need_dx=True)
    assert dx is not None
    assert dx.tolist() == [[1, 4], [5, 11]]
    weight, bias = model.parameters
    assert weight.grad.tolist() == [[1, 2, 2], [1, -1, -1]]
    assert bias.grad.tolist() == [1, 1, 1]


def test_parameters_have_the_shapes_that_were_asked_for() -> None:
    assert [(p.name, p.shape, p.size) for p in Dense(3, 2).parameters] == [("weight", (3, 2), 6), ("bias", (2,), 2)]
    assert [(p.name, p.shape) for p in Dense(3, 2, use_bias=False).parameters] == [("weight", (3, 2))]


def test_a_layer_outside_a_model_works_alone() -> None:
    layer = Dense(2, 1, weight_initializer=Constant(3), bias_initializer=Constant(1))
    x = np.array([[1, 2]], np.float32)
    assert layer.forward(x).tolist() == [[10]]
    layer.forward(x, step=Step(0, 0))
    assert layer.backward(np.ones((1, 1), np.float32)).tolist() == [[3, 3]]  # type: ignore[union-attr]
    assert layer.weight.grad.tolist() == [[1], [2]]


def test_infers_its_inputs_from_one_dimension_only() -> None:
    assert Dense.inferred((7,)) == {"in_features": 7}
    with pytest.raises(InputError, match=r"got samples of shape \(28, 28\); expected one dimension"):
        Dense.inferred((28, 28))


@pytest.mark.parametrize("size", [0, -1, 2.0, "3", True, None])
def test_sizes_are_counts(size: int) -> None:
    with pytest.raises(InputError, match="in_features: got"):
        Dense(size, 2)
    with pytest.raises(InputError, match="out_features: got"):
        Dense(2, size)


def test_sizes_may_be_numpy_integers() -> None:
    layer = Dense(np.int64(3), np.uint8(2))  # type: ignore[arg-type]
    assert repr(layer) == "Dense(3, 2)"
