"""What a model takes in: real numbers of any dtype and layout, in the right shape, and nothing else."""

import copy
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from framework import Dense, Dropout, InputError, Layer, ReLU, Rescale, Sequential, Step
from framework.types import Array, Shape

STEP = Step(seed=2, index=7)

LAYOUT_TOLERANCE = 1e-6
"""A matrix product may sum in another order for another layout: some ten roundings of 6e-8."""


def classifier() -> Sequential:
    return Sequential([Dense(3, 5), ReLU(), Dense(5, 2)], seed=1)


def numbers(shape: Shape) -> Array:
    return np.random.default_rng(1).standard_normal(shape)


LAYOUTS: dict[str, Callable[[NDArray[np.generic]], ArrayLike]] = {
    "contiguous": lambda x: x,
    "columns first": np.asfortranarray,
    "every second row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "every second column": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "rows backwards": lambda x: x[::-1].copy()[::-1],
    "columns backwards": lambda x: x[:, ::-1].copy()[:, ::-1],
    "one row repeated": lambda x: np.broadcast_to(x[:1], x.shape),
    "lists": lambda x: x.tolist(),
}
DTYPES = ("bool", "uint8", "int8", "int64", "uint64", "float16", "float32", "float64", "longdouble", ">f4", ">i2")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("below", [[], [Rescale(1 / 255)]], ids=repr)
def test_dtype_and_layout_of_x_do_not_matter(
    below: list[Layer], layout: Callable[[NDArray[np.generic]], ArrayLike], dtype: str
) -> None:
    model = Sequential([*copy.deepcopy(below), Dense(40, 30), Dropout(0.5), Dense(30, 3)], seed=1)
    pixels = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 100, (6, 40)).astype(dtype)
    pixels.flags.writeable = False
    x = layout(pixels)
    plain = np.array(x, np.float32, order="C")
    np.testing.assert_allclose(model.forward(x), model.forward(plain), rtol=LAYOUT_TOLERANCE, atol=LAYOUT_TOLERANCE)
    trained = model.forward(x, step=STEP).copy()
    np.testing.assert_allclose(trained, model.forward(plain, step=STEP), rtol=LAYOUT_TOLERANCE, atol=LAYOUT_TOLERANCE)
    np.testing.assert_array_equal(model.predict(x), model.predict(plain))


def test_the_layout_of_x_does_not_change_a_bit() -> None:
    for below, n in ([], 1), ([], 6), ([Rescale(0.5)], 6):
        model = Sequential([*below, Dense(784, 3)], seed=1)
        for layout in LAYOUTS.values():
            x = layout(numbers((n, 784)).astype(np.float32))
            np.testing.assert_array_equal(model.forward(x), model.forward(np.array(x, np.float32, order="C")))


@pytest.mark.parametrize(
    ("x", "dtype"),
    [
        (np.array([[None, 1, 2]]), "object"),
        ([["1", "2", "3"]], "<U1"),
        ([[b"1", b"2", b"3"]], r"\|S1"),
        (np.ones((1, 3), complex), "complex128"),
        (np.zeros((1, 3), "datetime64[s]"), r"datetime64\[s\]"),
        (np.zeros((1, 3), [("a", "f4")]), r"\[\('a', '<f4'\)\]"),
    ],
)
@pytest.mark.parametrize("ask", [Sequential.forward, Sequential.predict, Sequential.predict_proba])
def test_what_are_no_real_numbers_is_refused(
    ask: Callable[[Sequential, ArrayLike], object], x: ArrayLike, dtype: str
) -> None:
    with pytest.raises(InputError, match=f"x: got an array of {dtype}; expected real numbers"):
        ask(classifier(), x)


@pytest.mark.parametrize("shape", [(), (3,), (4, 2), (4, 3, 1), (0,)])
@pytest.mark.parametrize("ask", [Sequential.forward, Sequential.predict])
def test_shapes_that_do_not_fit_are_refused(ask: Callable[[Sequential, ArrayLike], object], shape: Shape) -> None:
    with pytest.raises(InputError, match=r"x: got shape \(.*\); expected \(n, 3\)") as caught:
        ask(classifier(), np.zeros(shape))
    assert caught.value.hint == ("give one sample as x[np.newaxis]" if shape == (3,) else None)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("ask", [Sequential.predict, Sequential.predict_proba])
def test_numbers_that_are_not_finite_are_named(ask: Callable[[Sequential, ArrayLike], object], wrong: float) -> None:
    x = np.zeros((1500, 3))
    x[1200, 2] = x[1300, 0] = wrong
    with pytest.raises(InputError, match=rf"x: row 1200, column \W?2\W?: got {wrong}; expected finite numbers"):
        ask(classifier(), x)


def test_the_column_of_a_number_that_is_not_finite_is_a_number() -> None:
    with pytest.raises(InputError, match="x: row 0, column 2: got nan; expected finite numbers"):
        classifier().predict([[0, 0, np.nan]])


def test_the_gradient_has_the_shape_of_the_scores() -> None:
    model = classifier()
    model.forward(numbers((4, 3)), step=STEP)
    for shape in ((3, 2), (4, 3), (4,), (4, 2, 1)):
        with pytest.raises(InputError) as caught:
            model.backward(np.ones(shape))
        said = f"dy: got shape {shape}; expected (4, 2), that of the scores of the last forward with step="
        assert str(caught.value) == said
    model.forward(numbers((7, 3)))  # inference, which nothing goes back through
    model.backward(np.ones((4, 2)))


def test_backward_without_a_training_forward_says_that_it_takes_a_step() -> None:
    model = classifier()
    model.forward(numbers((4, 3)))
    with pytest.raises(InputError) as caught:
        model.backward(np.ones((4, 2)))
    message = "layers.2: backward found nothing kept as 'x'; expected forward(x, step=...) first"
    assert str(caught.value) == message
    assert str(caught.value.hint).startswith("forward(x) keeps nothing; forward(x, step=Step(...))")


def test_what_is_not_kept_is_told_from_what_is() -> None:
    model = classifier()
    model.forward(numbers((4, 3)), step=STEP)
    for index, kept in ((0, "'x'"), (1, "'x', 'y'")):
        with pytest.raises(InputError) as caught:
            model.layers[index].kept("dx")
        assert str(caught.value) == f"layers.{index}: got 'dx'; expected a name of what forward keeps: {kept}"


@pytest.mark.parametrize("step", [0, 3, True, (0, 1)])
def test_a_step_is_a_step(step: object) -> None:
    with pytest.raises(InputError, match=f"^step: got {type(step).__name__}; expected a Step$"):
        classifier().forward(numbers((4, 3)), step=step)  # type: ignore[arg-type]
