"""Pools: against plain loops, at every size and stride, and where the slope goes when pixels are equally large."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from framework import (
    AveragePool2D,
    Dense,
    Flatten,
    GlobalAveragePool2D,
    InputError,
    MaxPool2D,
    Reshape,
    Sequential,
    Step,
)
from framework.layers import windows
from framework.types import Array, Shape
from tests.framework.numeric import GRADIENT_TOLERANCE, numeric_gradient, relative_error

STEP = Step(0, 0)
TOLERANCE = 1e-14
"""Means and sums of at most 25 numbers below 1: a few roundings of 1e-16."""

Pool = type[MaxPool2D] | type[AveragePool2D]
POOLS: tuple[Pool, ...] = (MaxPool2D, AveragePool2D)
SHAPES = [(7, 6, 1), (5, 8, 3), (6, 6, 2)]
RULES = [(1, None), (2, None), (3, None), (5, None), (2, 1), (3, 1), (3, 2), (5, 3), (1, 2), (2, 3), (2, 7)]


@pytest.fixture(params=[(1 << 19, 512), (0, 25), (0, 1)], ids=["one block", "some images", "a row"])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    size, fewest = request.param
    monkeypatch.setattr(windows, "BLOCK_BYTES", size)
    monkeypatch.setattr(windows, "FEWEST_WINDOWS", fewest)


def numbers(shape: Shape, seed: int = 1) -> Array:
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def alone(layer: MaxPool2D | AveragePool2D | GlobalAveragePool2D, input_shape: Shape) -> Sequential:
    return Sequential([layer], input_shape=input_shape, dtype=np.float64)


def corners(side: int, size: int, stride: int) -> list[int]:
    return [start for start in range(0, side, stride) if start + size <= side]


def inside(x: Array, size: int, stride: int) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Each window by its place, and the pixels in it, row by row."""
    for i, top in enumerate(corners(x.shape[1], size, stride)):
        for j, left in enumerate(corners(x.shape[2], size, stride)):
            yield i, j, list(itertools.product(range(top, top + size), range(left, left + size)))


def reference(pool: Pool, x: Array, dy: Array, size: int, stride: int) -> tuple[Array, Array]:
    """y and dx by the definition, one pixel after another."""
    y, dx = np.zeros(dy.shape), np.zeros(x.shape)
    for i, j, pixels in inside(x, size, stride):
        for image, channel in np.ndindex(len(x), x.shape[3]):
            found = [x[image, row, column, channel] for row, column in pixels]
            if pool is MaxPool2D:
                y[image, i, j, channel] = max(found)
                row, column = pixels[found.index(max(found))]
                dx[image, row, column, channel] += dy[image, i, j, channel]
            else:
                y[image, i, j, channel] = sum(found) / len(found)
                for row, column in pixels:
                    dx[image, row, column, channel] += dy[image, i, j, channel] / len(found)
    return y, dx


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("size", "stride"), RULES)
@pytest.mark.parametrize("tied", [False, True])
def test_forward_and_backward_are_the_definition(
    pool: Pool, shape: Shape, size: int, stride: int | None, tied: bool
) -> None:
    model = alone(pool(size, stride=stride), shape)
    step = stride or size
    assert model.output_shape == (*(len(corners(side, size, step)) for side in shape[:2]), shape[2])
    # of noughts and ones many are equally large
    x = np.random.default_rng(1).integers(0, 2, (3, *shape)).astype(np.float64) if tied else numbers((3, *shape))
    dy = numbers((3, *model.output_shape), seed=3)
    expected, expected_dx = reference(pool, x, dy, size, step)
    y = model.forward(x, step=STEP)
    np.testing.assert_allclose(y, expected, rtol=0, atol=TOLERANCE)
    np.testing.assert_array_equal(model.forward(x), y)
    for _ in range(2):  # scratch is used again
        dx = model.backward(dy.copy(), need_dx=True)
        assert dx is not None
        np.testing.assert_allclose(dx, expected_dx, rtol=0, atol=TOLERANCE)


def test_by_hand() -> None:
    x = np.array([[1, 5, 2], [5, 3, 9], [0, 4, 7]], np.float64).reshape(1, 3, 3, 1)
    assert alone(MaxPool2D(), (3, 3, 1)).forward(x).tolist() == [[[[5]]]]
    assert alone(MaxPool2D(2, stride=1), (3, 3, 1)).forward(x)[0, :, :, 0].tolist() == [[5, 9], [5, 9]]
    assert alone(AveragePool2D(), (3, 3, 1)).forward(x).tolist() == [[[[3.5]]]]
    assert alone(GlobalAveragePool2D(), (3, 3, 1)).forward(x).tolist() == [[4]]


def test_of_equally_large_pixels_the_first_takes_all_row_by_row() -> None:
    model = alone(MaxPool2D(), (2, 4, 1))
    x = np.array([[1, 5, 0, 0], [5, 3, 0, 0]], np.float64).reshape(1, 2, 4, 1)
    model.forward(x, step=STEP)
    dx = model.backward(np.array([7.0, 8]).reshape(1, 1, 2, 1), need_dx=True)
    assert dx is not None
    assert dx[0, :, :, 0].tolist() == [[0, 7, 8, 0], [0, 0, 0, 0]]


def test_the_mean_of_all_pixels() -> None:
    x, dy = numbers((4, 5, 3, 2)), numbers((4, 2), seed=3)
    model = alone(GlobalAveragePool2D(), (5, 3, 2))
    y = model.forward(x, step=STEP)
    assert y.shape == (4, 2)
    for image, channel in np.ndindex(4, 2):
        total = sum(float(x[image, row, column, channel]) for row, column in np.ndindex(5, 3))
        assert abs(y[image, channel] - total / 15) <= TOLERANCE
    dx = model.backward(dy.copy(), need_dx=True)
    assert dx is not None
    for row, column in np.ndindex(5, 3):
        np.testing.assert_allclose(dx[:, row, column], dy / 15, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(
    "layer",
    [MaxPool2D(), MaxPool2D(3, stride=2), AveragePool2D(), AveragePool2D(2, stride=1), GlobalAveragePool2D()],
    ids=repr,
)
def test_gradients_between_other_layers(layer: MaxPool2D | AveragePool2D | GlobalAveragePool2D) -> None:
    width = int(np.prod(layer.output_shape((5, 4, 2))))
    layers = [Dense(3, 40), Reshape((5, 4, 2)), layer, Flatten(), Dense(width, 3)]
    model = Sequential(layers, dtype=np.float64, seed=1)
    x, cotangent = numbers((3, 3)), numbers((3, 3), seed=3)

    def contracted() -> float:
        return float(np.sum(cotangent * model.forward(x, step=STEP)))

    contracted()
    dx = model.backward(cotangent.copy(), need_dx=True)
    assert dx is not None
    dx, grads = dx.copy(), [parameter.grad.copy() for parameter in model.parameters]
    assert relative_error(dx, numeric_gradient(contracted, x)) <= GRADIENT_TOLERANCE
    for parameter, grad in zip(model.parameters, grads, strict=True):
        assert relative_error(grad, numeric_gradient(contracted, parameter.value)) <= GRADIENT_TOLERANCE, parameter


@pytest.mark.parametrize("layer", [MaxPool2D(3, stride=2), AveragePool2D(2), GlobalAveragePool2D()], ids=repr)
def test_arrays_may_lie_in_memory_as_they_like(layer: MaxPool2D | AveragePool2D | GlobalAveragePool2D) -> None:
    x = numbers((4, 5, 6, 2))
    y = layer.forward(x, step=STEP).copy()
    dy = numbers(y.shape, seed=3)
    dx = layer.backward(dy.copy())
    assert dx is not None
    dx = dx.copy()
    wide_x, wide_dy = np.zeros((4, 5, 6, 3)), np.zeros((8, *y.shape[1:]))
    wide_x[..., 1:], wide_dy[::2] = x, dy
    for other_x, other_dy in ((np.asfortranarray(x), np.asfortranarray(dy)), (wide_x[..., 1:], wide_dy[::2])):
        np.testing.assert_allclose(layer.forward(other_x, step=STEP), y, rtol=0, atol=TOLERANCE)
        np.testing.assert_array_equal(layer.backward(other_dy), dx)
    assert layer.backward(dy, need_dx=False) is None


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("make", [MaxPool2D, lambda: MaxPool2D(3, stride=2), AveragePool2D, GlobalAveragePool2D])
def test_memory_is_used_again_without_a_trace(make: Callable[[], MaxPool2D]) -> None:
    reused = alone(make(), (7, 6, 2))
    for n in (3, 9, 1, 4, 9):
        x, fresh = numbers((n, 7, 6, 2), seed=n), alone(make(), (7, 6, 2))
        dy = numbers((n, *reused.output_shape), seed=n + 1)
        np.testing.assert_array_equal(reused.forward(x, step=STEP), fresh.forward(x, step=STEP))
        dx, expected = reused.backward(dy.copy(), need_dx=True), fresh.backward(dy.copy(), need_dx=True)
        assert dx is not None
        np.testing.assert_array_equal(dx, expected)


@pytest.mark.parametrize("make", [MaxPool2D, AveragePool2D, GlobalAveragePool2D])
def test_two_threads_may_infer_with_one_layer(make: Callable[[], MaxPool2D]) -> None:
    model = alone(make(), (9, 9, 3))
    batches = [numbers((20, 9, 9, 3), seed=seed) for seed in range(8)]
    expected = [model.forward(x) for x in batches]
    with ThreadPoolExecutor(2) as pool:
        for y, alone_y in zip(pool.map(model.forward, batches), expected, strict=True):
            np.testing.assert_array_equal(y, alone_y)
    assert "scratch" not in vars(model.layers[0])


@pytest.mark.parametrize("layer", [MaxPool2D(), AveragePool2D(3, stride=1), GlobalAveragePool2D()], ids=repr)
def test_float32_stays_float32(layer: MaxPool2D | AveragePool2D | GlobalAveragePool2D) -> None:
    x = numbers((2, 5, 5, 2)).astype(np.float32)
    y = layer.forward(x, step=STEP)
    dx = layer.backward(np.ones_like(y))
    assert dx is not None
    assert {array.dtype.name for array in (y, dx, layer.forward(x))} == {"float32"}


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("size", [0, -1, 2.0, "3", True, (2, 2)])
def test_sizes_are_counts(pool: Pool, size: int) -> None:
    expected = r"got .*; expected an integer of 1 or more"
    with pytest.raises(InputError, match=rf"^{pool.__name__}: pool_size: {expected}"):
        pool(size)
    with pytest.raises(InputError, match=rf"^{pool.__name__}: stride: {expected}"):
        pool(2, stride=size)
    with pytest.raises(InputError, match="pool_size: got None"):
        pool(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("pool", POOLS)
def test_a_window_larger_than_the_image(pool: Pool) -> None:
    for sides in ("4, 9", "9, 4"):
        shape = (*map(int, sides.split(", ")), 3)
        expected = (
            rf"^{pool.__name__}\(pool_size=5\): got samples of shape \({sides}, 3\); expected \(5, 5, 3\) or larger$"
        )
        with pytest.raises(InputError, match=expected):
            pool(5).output_shape(shape)
    assert pool(5).output_shape((5, 5, 3)) == (1, 1, 3)


@pytest.mark.parametrize("layer", [MaxPool2D(), AveragePool2D(), GlobalAveragePool2D()], ids=repr)
@pytest.mark.parametrize("shape", [(784,), (28, 28), (28, 28, 1, 1)])
def test_other_shapes_are_refused(layer: MaxPool2D | AveragePool2D | GlobalAveragePool2D, shape: Shape) -> None:
    with pytest.raises(InputError, match=r"expected \(height, width, channels\)$") as caught:
        layer.output_shape(shape)
    assert f"{layer!r}: got samples of shape {shape};" in str(caught.value)
