"""Sequential: how a model is put together, goes forward and backward, and predicts."""

import hashlib
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike

import framework
from framework import (
    Constant,
    Dense,
    Dropout,
    Initializer,
    InputError,
    Layer,
    LeakyReLU,
    Loss,
    MeanSquaredError,
    Parameter,
    ReLU,
    Rescale,
    Sequential,
    Sigmoid,
    SoftmaxCrossEntropy,
    Step,
    Tanh,
    softmax,
)
from framework.sequential import PREDICT_BATCH
from framework.types import Array, Shape
from tests.framework.numeric import GRADIENT_TOLERANCE, numeric_gradient, relative_error

STEP = Step(seed=2, index=7)

BATCH_TOLERANCE = 1e-6
"""A matrix product may sum in another order for another number of rows: some ten roundings of 6e-8."""


def classifier(dtype: type[np.floating] = np.float32) -> Sequential:
    return Sequential([Dense(3, 5), ReLU(), Dense(5, 2)], seed=1, dtype=dtype)


def numbers(shape: Shape, seed: int = 1) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


class Witness(Layer):
    """Hands everything on and notes what backward was asked for."""

    def __init__(self, *, learns: bool = False) -> None:
        self.asked: list[bool] = []
        if learns:
            self.parameters = (Parameter("unused", (1,), Constant()),)

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        return x

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        self.asked.append(need_dx)
        return dy if need_dx else None


def test_by_hand() -> None:
    model = Sequential([Rescale(0.5), Dense(2, 2), ReLU()])
    model.set_weights({"layers.1.weight": np.array([[1, -1], [2, 3]]), "layers.1.bias": np.array([0.5, -0.5])})
    assert model.forward([[2, 4], [2, 0]]).tolist() == [[5.5, 4.5], [1.5, 0]]
    assert model([[2, 4]]).tolist() == [[5.5, 4.5]]
    assert model.predict([[2, 4], [0, 10]]).tolist() == [0, 1]
    assert (len(model), model.input_shape, model.output_shape) == (3, (2,), (2,))


def test_weights_of_a_seed_are_what_they_always_were() -> None:
    model = Sequential([Dense(784, 128), ReLU(), Dense(128, 10)], seed=3)
    digest = hashlib.sha256(model.parameters.values.astype("<f4").tobytes()).hexdigest()
    # drawn with numpy 2.4.6: saved recipes rely on it
    assert digest == "628a0f206195c57d1fcfb76fdf7f811cf56834c0c91388acd710938456c3f29a"


def test_the_same_seed_gives_the_same_weights_whatever_was_there() -> None:
    first, again, other = (Sequential([Dense(3, 4), Dense(4, 2)], seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.parameters.values, again.parameters.values)
    assert (first.get_weights()["layers.0.weight"] != other.get_weights()["layers.0.weight"]).all()
    layer = Dense(3, 4)
    layer.weight.value[...] = 9
    np.testing.assert_array_equal(
        Sequential([layer], seed=5).get_weights()["layers.0.weight"], first.layers[0].parameters[0].value
    )


def test_without_a_seed_layers_keep_their_weights() -> None:
    layer = Dense(3, 4, bias_initializer=Constant(2))
    layer.weight.value[...] = 9
    model = Sequential([layer])
    assert (model.get_weights()["layers.0.weight"] == 9).all()
    assert (model.get_weights()["layers.0.bias"] == 2).all()
    assert (Sequential([Dense(3, 4)]).parameters.values != Sequential([Dense(3, 4)]).parameters.values).any()


def test_parameters_are_named_by_their_place() -> None:
    assert list(classifier().get_weights()) == ["layers.0.weight", "layers.2.weight", "layers.0.bias", "layers.2.bias"]


def test_a_layer_belongs_to_one_model() -> None:
    layer = Dense(3, 3)
    Sequential([layer])
    with pytest.raises(InputError, match=r"layers\.1: Dense\(3, 3\) already belongs to a model") as caught:
        Sequential([ReLU(), layer])
    assert caught.value.hint == "make a new one, or copy.deepcopy(layer)"


def test_a_layer_cannot_be_in_one_model_twice() -> None:
    layer = Dense(3, 3)
    with pytest.raises(InputError, match=r"layers\.1: Dense\(3, 3\) already belongs"):
        Sequential([layer, layer])
    assert Sequential([layer]).layers == (layer,)  # the failure has not made it belong anywhere


class Broken(Initializer):
    def draw(self, rng: np.random.Generator, shape: Shape) -> Array:
        raise InputError("no numbers today")


@pytest.mark.parametrize("seed", [-1, 1])
def test_a_model_that_cannot_be_leaves_its_layers_free(seed: int) -> None:
    layers = [Dense(3, 2), Dense(2, 2, bias_initializer=Broken() if seed == 1 else Constant())]
    with pytest.raises(InputError):
        Sequential(layers, seed=seed)
    Sequential(layers[:1], seed=1)


@pytest.mark.parametrize(
    ("layers", "message", "hint"),
    [
        ([], "layers: got none; expected one or more", None),
        ([Dense(3, 2), ReLU], r"layers\.1: got .*; expected a Layer", "write ReLU(...)"),
        (["relu"], r"layers\.0: got str; expected a Layer", None),
        ([Dense(3, 2), None], r"layers\.1: got NoneType; expected a Layer", None),
    ],
)
def test_layers_are_layers(layers: list[Layer], message: str, hint: str | None) -> None:
    with pytest.raises(InputError, match=message) as caught:
        Sequential(layers)
    assert caught.value.hint == hint


def test_shapes_that_do_not_fit_are_both_named() -> None:
    with pytest.raises(InputError, match=r"layers\.2: Dense\(4, 2\): got samples of shape \(5,\); expected \(4,\)"):
        Sequential([Dense(3, 5), ReLU(), Dense(4, 2)])
    with pytest.raises(InputError, match=r"layers\.0: Dense\(3, 5\): got samples of shape \(7,\); expected \(3,\)"):
        Sequential([Dense(3, 5)], input_shape=(7,))


def test_the_input_shape_is_read_off_the_first_layer_that_fixes_it() -> None:
    model = Sequential([Rescale(1 / 255), Dropout(0.1), Dense(7, 4), ReLU(), Dense(4, 2)])
    assert model.input_shape == (7,)
    assert model.shapes == ((7,), (7,), (4,), (4,), (2,))
    with pytest.raises(InputError, match="input_shape: no layer fixes it; give it"):
        Sequential([ReLU(), Dropout(0.5)])
    assert Sequential([ReLU(), Dropout(0.5)], input_shape=(28, 28)).output_shape == (28, 28)


def test_the_input_shape_is_not_read_off_behind_a_layer_that_changes_shapes() -> None:
    class Doubled(Witness):
        def output_shape(self, input_shape: Shape) -> Shape:
            return (2 * input_shape[0], *input_shape[1:])

    with pytest.raises(InputError, match="input_shape: no layer fixes it"):
        Sequential([ReLU(), Doubled(), Dense(6, 4)])
    assert Sequential([ReLU(), Doubled(), Dense(6, 4)], input_shape=(3,)).shapes == ((3,), (6,), (4,))


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.longdouble, complex, bool])
def test_models_are_of_float32_or_float64(dtype: type[np.generic]) -> None:
    with pytest.raises(InputError, match=r"dtype: got .*; expected float32 or float64"):
        Sequential([Dense(3, 2)], dtype=dtype)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, True])
def test_seeds_are_checked(seed: int) -> None:
    with pytest.raises(InputError, match="seed: got"):
        Sequential([Dense(3, 2)], seed=seed)


@pytest.mark.parametrize(
    ("loss", "targets"), [(SoftmaxCrossEntropy(), [0, 2, 1]), (MeanSquaredError(), numbers((3, 3)))], ids=str
)
@pytest.mark.parametrize(
    "make",
    [
        lambda: [Dense(4, 3), Sigmoid()],
        lambda: [Rescale(0.5), Dense(4, 5), Tanh(), Dense(5, 3)],
        lambda: [Dense(4, 6), LeakyReLU(0.2), Dropout(0.3), Dense(6, 4, use_bias=False), Dense(4, 3)],
        lambda: [Dropout(0.3), Dense(4, 6), ReLU(), Dense(6, 3), Rescale(2.0)],
    ],
)
def test_gradients_of_whole_nets(make: Callable[[], list[Layer]], loss: Loss, targets: ArrayLike) -> None:
    model = Sequential(make(), seed=4, dtype=np.float64)
    x = numbers((3, 4))

    def value() -> float:
        return loss.value(model.forward(x, step=STEP), targets)

    dx = model.backward(loss.value_and_grad(model.forward(x, step=STEP), targets)[1], need_dx=True)
    assert dx is not None
    dx, grads = dx.copy(), model.parameters.grads.copy()
    assert relative_error(dx, numeric_gradient(value, x)) <= GRADIENT_TOLERANCE
    assert relative_error(grads, numeric_gradient(value, model.parameters.values)) <= GRADIENT_TOLERANCE


def test_backward_ends_at_the_first_layer_that_learns() -> None:
    below, first, above = Witness(), Witness(learns=True), Witness()
    model = Sequential([below, first, above], input_shape=(3,))
    assert model.backward(np.ones((4, 3))) is None
    assert (below.asked, first.asked, above.asked) == ([], [False], [True])
    assert model.backward(np.ones((4, 3)), need_dx=True) is not None
    assert (below.asked, first.asked, above.asked) == ([True], [False, True], [True, True])


def test_a_layer_that_owes_its_dx_is_named() -> None:
    class Silent(Witness):
        def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
            return None

    model = Sequential([Dense(3, 3), Silent()], seed=1)
    y = model.forward(numbers((4, 3)), step=STEP)
    with pytest.raises(InputError, match=r"layers\.1: backward with need_dx=True returned None; expected dx"):
        model.backward(np.ones_like(y))


def test_nothing_to_learn_is_nothing_to_do() -> None:
    witness = Witness()
    model = Sequential([witness], input_shape=(3,))
    assert model.backward(np.ones((2, 3))) is None
    assert witness.asked == []
    assert model.parameters.values.size == 0


@pytest.mark.parametrize("step", [None, STEP])
@pytest.mark.parametrize("make", [lambda: [Dropout(0.5)], lambda: [ReLU()], lambda: [Dropout(0.5), Dropout(0.0)]])
def test_what_comes_out_is_not_what_went_in(make: Callable[[], list[Layer]], step: Step | None) -> None:
    model = Sequential(make(), input_shape=(3,))
    x = np.ones((4, 3), np.float32)
    y = model.forward(x, step=step)
    assert not np.may_share_memory(y, x)
    y[...] = 9
    assert (x == 1).all()


def test_inference_outputs_stay_as_they_are() -> None:
    model = classifier()
    first = model.forward(numbers((4, 3)))
    before = first.copy()
    model.forward(numbers((4, 3), seed=2))
    model.forward(numbers((4, 3), seed=2), step=STEP)
    np.testing.assert_array_equal(first, before)


def test_inference_between_forward_and_backward_changes_no_gradient() -> None:
    model, disturbed = classifier(), classifier()
    x, dy = numbers((4, 3)), numbers((4, 2))
    for candidate in (model, disturbed):
        candidate.forward(x, step=STEP)
        if candidate is disturbed:
            candidate.predict(numbers((9, 3), seed=3))
        candidate.backward(dy.copy())
    np.testing.assert_array_equal(model.parameters.grads, disturbed.parameters.grads)


@pytest.mark.parametrize("n", [0, 1, PREDICT_BATCH, PREDICT_BATCH + 5])
def test_predictions_are_of_every_row(n: int) -> None:
    model = classifier()
    x = numbers((n, 3))
    labels, probabilities = model.predict(x), model.predict_proba(x)
    assert (labels.shape, probabilities.shape) == ((n,), (n, 2))
    assert labels.dtype == np.int64
    scores = model.forward(x)
    np.testing.assert_array_equal(labels, scores.argmax(axis=1))
    np.testing.assert_allclose(probabilities, softmax(scores), atol=BATCH_TOLERANCE)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=BATCH_TOLERANCE)


def test_predictions_do_not_depend_on_the_batch() -> None:
    model = Sequential([Dense(50, 20), ReLU(), Dense(20, 10)], seed=1)
    x = numbers((200, 50))
    whole = model.predict_proba(x)
    for size in (1, 7, 64):
        parts = np.concatenate([model.predict_proba(x[start : start + size]) for start in range(0, 200, size)])
        np.testing.assert_allclose(parts, whole, atol=BATCH_TOLERANCE)


@pytest.mark.parametrize("make", [lambda: [Dense(3, 1)], lambda: [ReLU()]])
def test_only_a_classifier_predicts(make: Callable[[], list[Layer]]) -> None:
    shape = (3,) if isinstance(make()[0], Dense) else (3, 3)
    model = Sequential(make(), input_shape=shape)
    for ask in (model.predict, model.predict_proba):
        with pytest.raises(InputError, match="expected two or more class scores") as caught:
            ask(np.zeros((1, *shape)))
        assert caught.value.hint == "use forward(x) for the outputs as they are"


def test_summary() -> None:
    model = Sequential([Rescale(0.5), Dense(784, 128), ReLU(), Dense(128, 10)])
    assert model.summary().splitlines() == [
        "layer            output shape  parameters",
        "input            (784,)",
        "Rescale(0.5)     (784,)",
        "Dense(784, 128)  (128,)           100,480",
        "ReLU()           (128,)",
        "Dense(128, 10)   (10,)              1,290",
        "total                             101,770",
    ]


def test_repr_is_the_call_that_makes_it_again() -> None:
    model = Sequential([Rescale(0.5), Dense(3, 2, use_bias=False), LeakyReLU(0.3), Dropout(0.1)])
    assert repr(model) == (
        "Sequential([Rescale(0.5), Dense(3, 2, use_bias=False), LeakyReLU(negative_slope=0.3), Dropout(0.1)])"
    )
    assert repr(eval(repr(model), vars(framework))) == repr(model)
