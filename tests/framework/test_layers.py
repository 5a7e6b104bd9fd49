"""One battery, run on every layer of the vocabulary: what Layer promises, each of them keeps."""

import copy
import inspect
import math
import pickle
from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest

import framework
from framework import Dense, Flatten, InputError, Layer, Reshape, Sequential, Step
from framework.specs.layers import LayerUnion
from framework.types import Array, Shape
from tests.cases.layers import FEATURES, LAYERS, LayerCase
from tests.framework.numeric import GRADIENT_TOLERANCE, KINK_DISTANCE, numeric_gradient, relative_error

STEP = Step(seed=11, index=3)
OTHER = FEATURES + 5
"""A size that does not fit."""
BATCH = 5

FLOAT32_TOLERANCE = 1e-5
"""Some 100 roundings of float32 (6e-8 each), on numbers of size 1."""

ORDER_TOLERANCE = 1e-14
"""A matrix product may sum in another order when it has another number of rows: a few roundings of 1e-16."""


def on_every_layer(where: Callable[[LayerCase], bool] = lambda case: True) -> pytest.MarkDecorator:
    """Run a test on every case, or on all of a kind."""
    cases = [case for case in LAYERS if where(case)]
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def alone(case: LayerCase, dtype: type[np.floating] = np.float64) -> Sequential:
    """A model of this one layer, with weights that are not what it starts from."""
    return _with_values(Sequential([case.make()], input_shape=case.shape, dtype=dtype))


def between(case: LayerCase) -> Sequential:
    """A model with a Dense layer below and above."""
    layer = case.make()
    size, width = math.prod(case.shape), math.prod(layer.output_shape(case.shape))
    middle = [layer] if case.shape == (FEATURES,) else [Reshape(case.shape), layer, Flatten()]
    below = Dense(3, size, use_bias=not case.fewest)  # what is added to a whole batch may be taken away again
    return _with_values(Sequential([below, *middle, Dense(width, 3)], dtype=np.float64))


def numbers(shape: Shape, seed: int = 1) -> Array:
    """From 0.2 to 1 away from 0, on both sides: no kink is near."""
    rng = np.random.default_rng(seed)
    sign: Array = rng.choice([-1.0, 1.0], shape)
    return sign * rng.uniform(0.2, 1, shape)


def memory(layer: Layer) -> bytes:
    """All a layer has on it, scratch included, as something that can be compared."""
    return pickle.dumps(vars(layer))


def own_arrays(layer: Layer) -> list[Array]:
    """What a layer writes into in training."""
    values = [value for store in vars(layer.scratch).values() for value in store.values()]
    inner = [array for part in layer.layers for array in own_arrays(part)]
    return [value for value in values if isinstance(value, np.ndarray)] + inner


def _with_values(model: Sequential) -> Sequential:
    model.parameters.values[...] = numbers(model.parameters.values.shape, seed=2)
    return model


def test_every_layer_of_the_vocabulary_has_a_case() -> None:
    assert {type(case.make()) for case in LAYERS} == {spec.component for spec in get_args(LayerUnion)}


@on_every_layer()
@pytest.mark.parametrize("build", [alone, between])
@pytest.mark.parametrize("n", [1, BATCH])
def test_gradients_are_the_slopes_of_forward(case: LayerCase, build: Callable[[LayerCase], Sequential], n: int) -> None:
    model = build(case)
    n = n if n >= case.fewest else BATCH + 1
    x = numbers((n, *model.input_shape))
    cotangent = numbers((n, *model.output_shape), seed=3)

    def contracted() -> float:
        return float(np.sum(cotangent * model.forward(x, step=STEP)))

    if build is between and case.shape == (FEATURES,):  # images bend where two pixels are equal, which no two are
        assert np.abs(model.layers[0].forward(x)).min() > KINK_DISTANCE
    contracted()
    dx = model.backward(cotangent.copy(), need_dx=True)
    assert dx is not None
    dx, grads = dx.copy(), [parameter.grad.copy() for parameter in model.parameters]

    assert relative_error(dx, numeric_gradient(contracted, x)) <= GRADIENT_TOLERANCE
    for parameter, grad in zip(model.parameters, grads, strict=True):
        assert relative_error(grad, numeric_gradient(contracted, parameter.value)) <= GRADIENT_TOLERANCE, parameter


@on_every_layer(lambda case: case.make().input_shape is None and not case.last_axis and case.shape == (FEATURES,))
def test_layers_that_fix_no_shape_take_any(case: LayerCase) -> None:
    image, row = (Sequential([case.make()], input_shape=shape) for shape in ((2, 2, 3), (12,)))
    assert image.output_shape == (2, 2, 3)
    x, dy = numbers((BATCH, 12)).astype(np.float32), numbers((BATCH, 12), seed=3).astype(np.float32)
    of_image = image.forward(x.reshape(BATCH, 2, 2, 3), step=STEP)
    of_row = row.forward(x, step=STEP)
    assert of_image.shape == (BATCH, 2, 2, 3)
    np.testing.assert_array_equal(of_image.reshape(BATCH, 12), of_row)
    dx_image = image.backward(dy.reshape(BATCH, 2, 2, 3).copy(), need_dx=True)
    dx_row = row.backward(dy.copy(), need_dx=True)
    assert dx_image is not None
    assert dx_row is not None
    np.testing.assert_array_equal(dx_image.reshape(BATCH, 12), dx_row)


@on_every_layer()
def test_x_is_never_written(case: LayerCase) -> None:
    model = alone(case)
    x = numbers((BATCH, *case.shape))
    before = x.copy()
    x.flags.writeable = False
    model.forward(x)
    y = model.forward(x, step=STEP)
    model.backward(np.ones_like(y), need_dx=True)
    np.testing.assert_array_equal(x, before)


@on_every_layer()
def test_inference_stores_nothing(case: LayerCase) -> None:
    model = alone(case)
    (layer,) = model.layers
    fresh = memory(layer)
    model.forward(numbers((BATCH, *case.shape)))
    assert memory(layer) == fresh

    model.forward(numbers((BATCH, *case.shape)), step=STEP)
    trained = memory(layer)
    model.forward(numbers((BATCH, *case.shape), seed=9))
    assert memory(layer) == trained


@on_every_layer()
def test_what_a_model_hands_out_is_nobody_elses_memory(case: LayerCase) -> None:
    model = alone(case)
    x = numbers((BATCH, *case.shape))
    assert not np.may_share_memory(model.forward(x, step=STEP), x)
    y = model.forward(x)
    assert not any(np.may_share_memory(y, array) for array in [x, *own_arrays(model.layers[0])])


@on_every_layer(lambda case: not case.random and not case.fewest)
def test_training_computes_what_inference_does(case: LayerCase) -> None:
    model = alone(case)
    x = numbers((BATCH, *case.shape))
    np.testing.assert_array_equal(model.forward(x, step=STEP), model.forward(x))


@on_every_layer()
def test_batches_of_any_size_follow_each_other(case: LayerCase) -> None:
    reused = alone(case)
    for n in [n for n in (5, 3, 8, 1, 0, 8) if n >= case.fewest]:
        x, dy = numbers((n, *case.shape), seed=n), numbers((n, *reused.output_shape), seed=n + 1)
        fresh = alone(case)
        np.testing.assert_array_equal(reused.forward(x, step=STEP), fresh.forward(x, step=STEP))
        dx, expected = reused.backward(dy.copy(), need_dx=True), fresh.backward(dy.copy(), need_dx=True)
        assert dx is not None
        assert dx.shape == x.shape
        np.testing.assert_array_equal(dx, expected)
        np.testing.assert_array_equal(reused.parameters.grads, fresh.parameters.grads)


@on_every_layer()
def test_a_batch_of_one_is_a_row_of_a_larger_one(case: LayerCase) -> None:
    model = alone(case)
    x = numbers((BATCH, *case.shape))
    np.testing.assert_allclose(model.forward(x[:1]), model.forward(x)[:1], rtol=ORDER_TOLERANCE)


@on_every_layer(lambda case: not case.fewest)
def test_an_empty_batch_has_no_rows_and_no_slope(case: LayerCase) -> None:
    model = alone(case)
    empty = np.zeros((0, *case.shape))
    assert model.forward(empty).shape == (0, *model.output_shape)
    y = model.forward(empty, step=STEP)
    assert y.shape == (0, *model.output_shape)
    model.parameters.grads[...] = 7
    dx = model.backward(y.copy(), need_dx=True)
    assert dx is not None
    assert dx.shape == (0, *case.shape)
    assert not model.parameters.grads.any()


@on_every_layer()
def test_without_need_dx_there_are_only_gradients(case: LayerCase) -> None:
    model = alone(case)
    (layer,) = model.layers
    y = model.forward(numbers((BATCH, *case.shape)), step=STEP)
    dy = numbers(y.shape, seed=3)
    layer.backward(dy.copy(), need_dx=True)
    expected = model.parameters.grads.copy()
    model.parameters.grads[...] = 7
    assert layer.backward(dy.copy(), need_dx=False) is None
    np.testing.assert_array_equal(model.parameters.grads, expected)


@on_every_layer(lambda case: bool(case.make().parameters))
def test_gradients_are_overwritten(case: LayerCase) -> None:
    model = alone(case)
    y = model.forward(numbers((BATCH, *case.shape)), step=STEP)
    dy = numbers(y.shape, seed=3)
    model.backward(dy.copy())
    once = model.parameters.grads.copy()
    model.parameters.grads[...] = np.inf
    model.backward(dy.copy())
    np.testing.assert_array_equal(model.parameters.grads, once)


@on_every_layer(lambda case: not case.forgets)
def test_backward_before_forward_names_the_layer(case: LayerCase) -> None:
    layer = case.make()
    dy = np.ones((1, *layer.output_shape(case.shape)), np.float32)
    with pytest.raises(InputError, match=f"^{type(layer).__name__}: backward found nothing kept"):
        layer.backward(dy)
    model = alone(case)
    model.forward(numbers((1, *case.shape)))  # inference leaves nothing to go back through
    with pytest.raises(InputError, match=r"^layers\.0: backward found nothing kept"):
        model.backward(dy, need_dx=True)


@on_every_layer()
def test_float32_stays_float32(case: LayerCase) -> None:
    model = alone(case, np.float32)
    y = model.forward(numbers((BATCH, *case.shape)), step=STEP)
    dx = model.backward(np.ones_like(y), need_dx=True)
    assert dx is not None
    scores = model.forward(numbers((BATCH, *case.shape)))
    assert {array.dtype.name for array in (y, dx, scores, *(p.grad for p in model.parameters))} == {"float32"}


@on_every_layer()
def test_float32_is_close_to_float64(case: LayerCase) -> None:
    single, double = alone(case, np.float32), alone(case, np.float64)
    x = numbers((BATCH, *case.shape))
    dy = numbers((BATCH, *single.output_shape), seed=3)
    y, expected = single.forward(x, step=STEP), double.forward(x, step=STEP)
    np.testing.assert_allclose(y, expected, rtol=FLOAT32_TOLERANCE, atol=FLOAT32_TOLERANCE)
    dx, expected_dx = single.backward(dy.astype(np.float32), need_dx=True), double.backward(dy.copy(), need_dx=True)
    assert dx is not None
    assert expected_dx is not None
    np.testing.assert_allclose(dx, expected_dx, rtol=FLOAT32_TOLERANCE, atol=FLOAT32_TOLERANCE)
    grads, expected_grads = single.parameters.grads, double.parameters.grads
    np.testing.assert_allclose(grads, expected_grads, rtol=FLOAT32_TOLERANCE, atol=FLOAT32_TOLERANCE)


@on_every_layer()
def test_repr_is_the_call_that_makes_it_again(case: LayerCase) -> None:
    layer = case.make()
    again = eval(repr(layer), vars(framework))
    assert type(again) is type(layer)
    assert repr(again) == repr(layer)
    for name in inspect.signature(type(layer)).parameters:
        if name != "layers":  # which are equal to themselves alone
            assert getattr(again, name) == getattr(layer, name)


@on_every_layer()
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_is_a_layer_of_its_own(case: LayerCase, duplicate: Callable[[Layer], Layer]) -> None:
    model = alone(case)
    model.forward(numbers((BATCH, *case.shape)), step=STEP)
    twin = duplicate(model.layers[0])
    assert "scratch" not in vars(twin)
    for mine, theirs in zip(model.layers[0].parameters, twin.parameters, strict=True):
        np.testing.assert_array_equal(theirs.value, mine.value)
        assert not np.may_share_memory(theirs.value, mine.value)
        assert not np.may_share_memory(theirs.grad, mine.grad)
    other = Sequential([twin], input_shape=case.shape, dtype=np.float64)
    x = numbers((BATCH, *case.shape))
    np.testing.assert_array_equal(other.forward(x, step=STEP), model.forward(x, step=STEP))
    before = model.forward(x)
    other.parameters.values[...] = 0
    np.testing.assert_array_equal(model.forward(x), before)


@on_every_layer(lambda case: case.shape == (FEATURES,))
def test_output_shape_refuses_what_does_not_fit(case: LayerCase) -> None:
    layer = case.make()
    if layer.input_shape is None and not case.last_axis:
        assert layer.output_shape((2, 7)) == (2, 7)
        return
    with pytest.raises(InputError) as caught:
        layer.output_shape((OTHER,))
    assert f"({OTHER},)" in str(caught.value)
    assert (f"(..., {FEATURES})" if case.last_axis else str(layer.input_shape)) in str(caught.value)
