"""Conv2D: against plain loops that know nothing of matrices, for all sizes, strides and paddings, in any blocks."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from framework import (
    Constant,
    Conv2D,
    Dense,
    Flatten,
    InputError,
    ModelSpec,
    Reshape,
    Sequential,
    SpecError,
    Step,
    Tanh,
    parse_spec,
)
from framework.layers import windows
from framework.layers.windows import Padding
from framework.types import Array, Shape
from tests.framework.numeric import GRADIENT_TOLERANCE, numeric_gradient, relative_error

STEP = Step(0, 0)

ORDER_TOLERANCE = 1e-13
"""Up to 200 products of numbers near 1, summed in another order: some hundred roundings of 1e-16."""

FLOAT32_TOLERANCE = 1e-5
"""Some 100 roundings of float32 (6e-8 each), on numbers of size 1."""

BLOCKS = {"one block": (1 << 19, 512), "a few images": (0, 50), "a few rows": (0, 7), "a row": (0, 1)}
"""The bytes and the windows of a block: the real ones, and such that the images below come in many."""


@pytest.fixture(params=list(BLOCKS.values()), ids=list(BLOCKS))
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    size, fewest = request.param
    monkeypatch.setattr(windows, "BLOCK_BYTES", size)
    monkeypatch.setattr(windows, "FEWEST_WINDOWS", fewest)


def numbers(shape: Shape, seed: int = 1) -> Array:
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def alone(layer: Conv2D, input_shape: Shape, dtype: type[np.floating] = np.float64) -> Sequential:
    model = Sequential([layer], input_shape=input_shape, dtype=dtype)
    model.parameters.values[...] = numbers(model.parameters.values.shape, seed=2)
    return model


def windows_along(length: int, size: int, stride: int, padding: str) -> tuple[int, int]:
    """How many windows there are along a side, and how many zeros before it, found by trying."""
    if padding == "valid":
        return len([start for start in range(0, length, stride) if start + size <= length]), 0
    count = len(range(0, length, stride))
    missing = 0
    while (count - 1) * stride + size > length + missing:
        missing += 1
    return count, missing // 2


def pairs(length: int, size: int, stride: int, padding: str) -> Iterator[tuple[int, int, int]]:
    """Along one side: window, place in the window, and the pixel that is there, for all that are inside the image."""
    count, before = windows_along(length, size, stride, padding)
    for window, place in itertools.product(range(count), range(size)):
        pixel = window * stride + place - before
        if 0 <= pixel < length:
            yield window, place, pixel


def reference(layer: Conv2D, x: Array, dy: Array) -> tuple[Array, Array, Array]:
    """y without bias, dW and dx, by the definition: one product after another."""
    rule = (layer.kernel_size, layer.stride, layer.padding)
    weight = layer.weight.value
    y, dw, dx = np.zeros(dy.shape), np.zeros(weight.shape), np.zeros(x.shape)
    for i, a, row in pairs(x.shape[1], *rule):
        for j, b, column in pairs(x.shape[2], *rule):
            for image in range(len(x)):
                for c, o in np.ndindex(layer.in_channels, layer.out_channels):
                    y[image, i, j, o] += x[image, row, column, c] * weight[a, b, c, o]
                    dw[a, b, c, o] += x[image, row, column, c] * dy[image, i, j, o]
                    dx[image, row, column, c] += dy[image, i, j, o] * weight[a, b, c, o]
    return y, dw, dx


CASES = [
    pytest.param(shape, out, size, stride, padding, id=f"{shape}-{size}-{stride}-{padding}")
    for shape, out in (((7, 6, 1), 2), ((5, 8, 3), 2), ((6, 5, 6), 3))
    for size, stride in ((1, 1), (2, 1), (3, 1), (5, 1), (1, 2), (2, 2), (3, 2), (2, 3), (5, 3), (4, 7))
    for padding in ("valid", "same")
]


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize(("shape", "out", "size", "stride", "padding"), CASES)
def test_forward_and_backward_are_the_definition(
    shape: Shape, out: int, size: int, stride: int, padding: Padding
) -> None:
    layer = Conv2D(shape[2], out, kernel_size=size, stride=stride, padding=padding)
    model = alone(layer, shape)
    counts = [windows_along(side, size, stride, padding)[0] for side in shape[:2]]
    assert model.output_shape == (*counts, out)
    x, dy = numbers((3, *shape)), numbers((3, *model.output_shape), seed=3)
    expected, dw, dx = reference(layer, x, dy)
    _, bias = layer.parameters

    y = model.forward(x, step=STEP)
    np.testing.assert_allclose(y, expected + bias.value, rtol=0, atol=ORDER_TOLERANCE)
    np.testing.assert_array_equal(model.forward(x), y)
    model.parameters.grads[...] = np.inf
    got = model.backward(dy.copy(), need_dx=True)
    assert got is not None
    np.testing.assert_allclose(got, dx, rtol=0, atol=ORDER_TOLERANCE)
    np.testing.assert_allclose(layer.weight.grad, dw, rtol=0, atol=ORDER_TOLERANCE)
    np.testing.assert_allclose(bias.grad, dy.sum(axis=(0, 1, 2)), rtol=0, atol=ORDER_TOLERANCE)


def test_by_hand() -> None:
    layer = Conv2D(1, 1, kernel_size=2, bias_initializer=Constant(10))
    model = Sequential([layer], input_shape=(2, 3, 1), dtype=np.float64)
    layer.weight.value[..., 0, 0] = [[1, 2], [3, 4]]
    y = model.forward(np.arange(6).reshape(1, 2, 3, 1))
    assert y.ravel().tolist() == [10 + 0 + 2 + 9 + 16, 10 + 1 + 4 + 12 + 20]


def test_same_puts_the_odd_zero_below_and_right() -> None:
    layer = Conv2D(1, 1, kernel_size=2, padding="same", use_bias=False)
    model = Sequential([layer], input_shape=(2, 2, 1), dtype=np.float64)
    layer.weight.value[..., 0, 0] = [[1, 10], [100, 1000]]
    y = model.forward(np.array([1, 2, 3, 4]).reshape(1, 2, 2, 1))
    assert y.ravel().tolist() == [4321, 402, 43, 4]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channels", [2, 6])
def test_gradients_between_other_layers(padding: Padding, stride: int, channels: int) -> None:
    convolution = Conv2D(channels, 3, kernel_size=2, stride=stride, padding=padding)
    last = Dense(int(np.prod(convolution.output_shape((3, 4, channels)))), 2)
    below = (Dense(2, 12 * channels), Tanh(), Reshape((3, 4, channels)))
    model = Sequential([*below, convolution, Tanh(), Flatten(), last], dtype=np.float64)
    model.parameters.values[...] = numbers(model.parameters.values.shape, seed=2)
    x, cotangent = numbers((3, 2)), numbers((3, 2), seed=3)

    def contracted() -> float:
        return float(np.sum(cotangent * model.forward(x, step=STEP)))

    contracted()
    dx = model.backward(cotangent.copy(), need_dx=True)
    assert dx is not None
    dx, grads = dx.copy(), [parameter.grad.copy() for parameter in model.parameters]
    assert relative_error(dx, numeric_gradient(contracted, x)) <= GRADIENT_TOLERANCE
    for parameter, grad in zip(model.parameters, grads, strict=True):
        assert relative_error(grad, numeric_gradient(contracted, parameter.value)) <= GRADIENT_TOLERANCE, parameter


@pytest.mark.parametrize("channels", [2, 6])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_arrays_may_lie_in_memory_as_they_like(channels: int, padding: Padding) -> None:
    layer = Conv2D(channels, 3, padding=padding)
    alone(layer, (5, 6, channels))
    x = numbers((4, 5, 6, channels))
    y = layer.forward(x, step=STEP).copy()
    dy = numbers(y.shape, seed=3)
    dx = layer.backward(dy.copy())
    assert dx is not None
    dx, grad = dx.copy(), layer.weight.grad.copy()
    wide_x, wide_dy = np.zeros((4, 5, 6, channels + 1)), np.zeros((8, *y.shape[1:]))
    wide_x[..., 1:], wide_dy[::2] = x, dy
    for other_x, other_dy in ((np.asfortranarray(x), np.asfortranarray(dy)), (wide_x[..., 1:], wide_dy[::2])):
        assert not other_x.flags.c_contiguous
        assert not other_dy.flags.c_contiguous
        np.testing.assert_array_equal(layer.forward(other_x, step=STEP), y)
        np.testing.assert_array_equal(layer.backward(other_dy), dx)
        np.testing.assert_array_equal(layer.weight.grad, grad)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2])
def test_memory_is_used_again_without_a_trace(padding: Padding, stride: int) -> None:
    def make() -> Sequential:
        return alone(Conv2D(2, 3, stride=stride, padding=padding), (6, 6, 2))

    reused = make()
    for n in (3, 9, 1, 4, 9):
        x, fresh = numbers((n, 6, 6, 2), seed=n), make()
        dy = numbers((n, *reused.output_shape), seed=n + 1)
        np.testing.assert_array_equal(reused.forward(x, step=STEP), fresh.forward(x, step=STEP))
        dx, expected = reused.backward(dy.copy(), need_dx=True), fresh.backward(dy.copy(), need_dx=True)
        assert dx is not None
        np.testing.assert_array_equal(dx, expected)
        np.testing.assert_array_equal(reused.parameters.grads, fresh.parameters.grads)
        assert reused.backward(dy.copy()) is None
        np.testing.assert_array_equal(reused.parameters.grads, fresh.parameters.grads)


def test_a_padded_layer_follows_another_size_of_image() -> None:
    layer = Conv2D(1, 1, padding="same", weight_initializer=Constant(1))
    for side in (5, 3, 5, 4):
        x = np.ones((2, side, side, 1), np.float32)
        across = [2, *[3] * (side - 2), 2]
        np.testing.assert_array_equal(layer.forward(x, step=STEP)[0, :, :, 0], np.outer(across, across))


@pytest.mark.usefixtures("blocks")
def test_two_threads_may_infer_with_one_layer() -> None:
    model = alone(Conv2D(3, 4, padding="same"), (9, 9, 3), np.float32)
    batches = [numbers((20, 9, 9, 3), seed=seed) for seed in range(8)]
    expected = [model.forward(x) for x in batches]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            for y, alone_y in zip(pool.map(model.forward, batches), expected, strict=True):
                np.testing.assert_array_equal(y, alone_y)
    assert "scratch" not in vars(model.layers[0])


def test_a_batch_in_blocks_is_the_batch_at_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large enough that the block of 512 windows and 512 KiB is a part of it; the rest is the last one."""
    outcomes = []
    for fewest in (512, 10**9):
        monkeypatch.setattr(windows, "FEWEST_WINDOWS", fewest)
        model = alone(Conv2D(3, 2, kernel_size=5), (28, 28, 3))
        x = numbers((13, 28, 28, 3))
        y = model.forward(x, step=STEP)
        dx = model.backward(numbers(y.shape, seed=3), need_dx=True)
        outcomes.append((y, dx, model.parameters.grads))
    for one, other in zip(*outcomes, strict=True):
        assert one is not None
        assert other is not None
        np.testing.assert_allclose(one, other, rtol=0, atol=1e3 * ORDER_TOLERANCE)  # sums of 7,488 products


def test_the_matrix_of_windows_is_small_however_many_images_there_are() -> None:
    layer = Conv2D(1, 2, kernel_size=5)
    for n in (10, 200):
        y = layer.forward(np.zeros((n, 28, 28, 1), np.float32), step=STEP)
        layer.backward(np.zeros_like(y))
        arrays = vars(layer.scratch)["_arrays"]
        assert arrays["matrix"].nbytes <= windows.BLOCK_BYTES


@pytest.mark.parametrize("channels", [3, 6])
def test_float32_is_close_to_float64(channels: int) -> None:
    layers = (Conv2D(channels, 3, padding="same"), Conv2D(channels, 3, padding="same"))
    single, double = alone(layers[0], (6, 5, channels), np.float32), alone(layers[1], (6, 5, channels))
    x, dy = numbers((4, 6, 5, channels)), numbers((4, 6, 5, 3), seed=3)
    y, expected = single.forward(x, step=STEP), double.forward(x, step=STEP)
    assert y.dtype == np.float32
    assert single.forward(x).dtype == np.float32
    np.testing.assert_allclose(y, expected, rtol=FLOAT32_TOLERANCE, atol=FLOAT32_TOLERANCE)
    dx, expected_dx = single.backward(dy.astype(np.float32), need_dx=True), double.backward(dy, need_dx=True)
    assert dx is not None
    assert expected_dx is not None
    assert dx.dtype == np.float32
    np.testing.assert_allclose(dx, expected_dx, rtol=FLOAT32_TOLERANCE, atol=FLOAT32_TOLERANCE)


def test_it_starts_from_all_its_inputs() -> None:
    """HeNormal counts the pixels of a window: 9 · 8 inputs, so the deviation is √(2 / 72)."""
    weight = Conv2D(8, 64)
    Sequential([weight], input_shape=(5, 5, 8), seed=0)
    assert weight.weight.shape == (3, 3, 8, 64)
    assert abs(weight.weight.value.std() / (2 / 72) ** 0.5 - 1) < 0.04  # four deviations of that of 4,608 draws
    assert not weight.bias.value.any()  # type: ignore[union-attr]
    assert Conv2D(2, 3, use_bias=False).parameters[0].name == "weight"
    assert len(Conv2D(2, 3, use_bias=False).parameters) == 1


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("in_channels", lambda size: Conv2D(size, 2)),
        ("out_channels", lambda size: Conv2D(2, size)),
        ("kernel_size", lambda size: Conv2D(1, 2, kernel_size=size)),
        ("stride", lambda size: Conv2D(1, 2, stride=size)),
    ],
)
@pytest.mark.parametrize("size", [0, -1, 2.0, "3", True, None, (3, 3)])
def test_sizes_are_counts(name: str, make: Callable[[object], Conv2D], size: object) -> None:
    with pytest.raises(InputError, match=rf"^Conv2D: {name}: got .*; expected an integer of 1 or more"):
        make(size)


@pytest.mark.parametrize("padding", ["full", "", None, 1, "SAME"])
def test_paddings_are_two(padding: Padding) -> None:
    with pytest.raises(InputError, match=r"^Conv2D: padding: got .*; expected 'valid' or 'same'$"):
        Conv2D(1, 2, padding=padding)


def test_a_kernel_larger_than_the_image() -> None:
    layer = Conv2D(1, 2, kernel_size=5)
    expected = r"^Conv2D\(1, 2, kernel_size=5\): got samples of shape \({}, 1\); expected \(5, 5, 1\) or larger$"
    for sides in ("4, 9", "9, 4"):
        shape = (*map(int, sides.split(", ")), 1)
        with pytest.raises(InputError, match=expected.format(sides)):
            layer.output_shape(shape)
        assert Conv2D(1, 2, kernel_size=5, padding="same").output_shape(shape) == (*shape[:2], 2)
    assert layer.output_shape((5, 5, 1)) == (1, 1, 2)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(InputError, match=r"got samples of shape \(28, 28, 3\); expected \(height, width, 1\)$"):
        Conv2D(1, 2).output_shape((28, 28, 3))
    for shape in ((784,), (28, 28), (28, 28, 1, 1)):
        for refuse in (Conv2D.inferred, Conv2D(1, 2).output_shape):
            with pytest.raises(InputError, match=r"expected \(height, width, channels\)$") as caught:
                refuse(shape)
            assert f"got samples of shape {shape}" in str(caught.value)
    assert Conv2D.inferred((28, 27, 3)) == {"in_channels": 3}


def test_a_spec_cannot_ask_for_more_than_there_is_room_for() -> None:
    head = '{"format": 1, "input_shape": [65536], "layers": [{"type": "reshape", "shape": [256, 256, 1]}, '
    small = head + '{"type": "conv2d", "out_channels": 256, "kernel_size": 1}]}'
    spec = parse_spec(small)
    assert isinstance(spec, ModelSpec)
    assert spec.output_shape() == (256, 256, 256)
    with pytest.raises(SpecError, match=r"got 16,842,752 numbers a sample after it; expected at most 16,777,216"):
        parse_spec(small.replace('"out_channels": 256', '"out_channels": 257'))
    with pytest.raises(SpecError, match=r"expected \(512, 512, 1\) or larger"):
        parse_spec(small.replace('"kernel_size": 1', '"kernel_size": 512'))
    with pytest.raises(SpecError, match="kernel_size: got 65537; expected at most 65,536"):
        parse_spec(small.replace('"kernel_size": 1', '"kernel_size": 65537'))
