"""Products in pieces are the products, whatever the shapes; and there are pieces where it pays."""

import numpy as np
import pytest

from framework import (
    SGD,
    Conv2D,
    Dense,
    Flatten,
    ReLU,
    Rescale,
    Sequential,
    SoftmaxCrossEntropy,
    Step,
    Training,
    TrainingSettings,
    products,
    threads,
)
from framework.products import product, product_over_rows, transposed
from framework.threads import blas_threads, spares_small_products
from framework.types import Array

RNG = np.random.default_rng(0)


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a processor with AVX-512, and with one thread."""
    monkeypatch.setattr(products, "spares_small_products", lambda: True)


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The multiplications of every product that NumPy is asked for."""
    found: list[int] = []
    matmul = np.matmul

    def noted(a: Array, b: Array, out: Array) -> Array:
        found.append(a.size * b.shape[-1])
        return matmul(a, b, out=out)

    monkeypatch.setattr("framework.products.np.matmul", noted)
    return found


NARROW, FEW = (1000, 784, 10), (32, 784, 64)


@pytest.mark.usefixtures("in_pieces")
class TestValues:
    @pytest.mark.parametrize("rows", [1, 7, 8, 9, 32, 33, 64, 65, 120, 121, 128, 129, 1000])
    @pytest.mark.parametrize(("inner", "columns"), [(784, 10), (784, 64), (10, 3), (1, 1), (2048, 10), (100, 100)])
    def test_they_are_the_products(self, rows: int, inner: int, columns: int) -> None:
        a, b, dy = RNG.normal(size=(rows, inner)), RNG.normal(size=(inner, columns)), RNG.normal(size=(rows, columns))
        np.testing.assert_allclose(product(a, b, np.full((rows, columns), np.nan)), a @ b, rtol=0, atol=1e-11)
        np.testing.assert_allclose(
            product_over_rows(a, dy, np.full((inner, columns), np.nan)), a.T @ dy, rtol=0, atol=1e-11
        )
        np.testing.assert_array_equal(transposed(b), b.T)

    def test_a_network_learns_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def gradients() -> Array:
            model = Sequential(
                [Rescale(1 / 255), Conv2D(1, 8), ReLU(), Conv2D(8, 8), Flatten(), Dense(8 * 8 * 8, 40), Dense(40, 10)],
                input_shape=(12, 12, 1),
                dtype=np.float64,
                seed=0,
            )
            x, y = np.arange(300 * 144).reshape(300, 12, 12, 1) % 251.0, np.arange(300) % 10
            _, dy = SoftmaxCrossEntropy().value_and_grad(model.forward(x, step=Step(0, 0)), y)
            model.backward(dy)
            return model.parameters.grads.copy()

        pieces = gradients()
        monkeypatch.setattr(products, "spares_small_products", lambda: False)
        whole = gradients()
        np.testing.assert_allclose(pieces, whole, rtol=0, atol=1e-13)
        assert not np.array_equal(pieces, whole), "there were no pieces"


@pytest.mark.usefixtures("in_pieces")
class TestPieces:
    @pytest.mark.parametrize("shape", [NARROW, FEW])
    def test_of_narrow_matrices_and_of_few_rows(self, sizes: list[int], shape: tuple[int, int, int]) -> None:
        rows, inner, columns = shape
        product(np.ones((rows, inner)), np.ones((inner, columns)), np.empty((rows, columns)))
        assert len(sizes) > 1
        assert max(sizes) <= products.SMALL
        assert sum(sizes) == rows * inner * columns

    @pytest.mark.parametrize(("rows", "inner", "first"), [(65, 720, 240), (128, 720, 120), (128, 784, 120)])
    def test_some_of_what_is_summed_up_at_a_time(self, sizes: list[int], rows: int, inner: int, first: int) -> None:
        product(np.ones((rows, inner)), np.ones((inner, 64)), np.empty((rows, 64)))
        assert sizes == [rows * first * 64]  # the others are added with @
        assert first * rows * 64 <= products.SMALL

    @pytest.mark.parametrize("shape", [NARROW, FEW, (64, 784, 100), (128, 784, 64)])
    def test_over_rows(self, sizes: list[int], shape: tuple[int, int, int]) -> None:
        rows, inner, columns = shape
        product_over_rows(np.ones((rows, inner)), np.ones((rows, columns)), np.empty((inner, columns)))
        assert sizes
        assert max(sizes) <= products.SMALL

    @pytest.mark.parametrize("shape", [(256, 784, 100), (128, 784, 48), (256, 784, 64), (32, 784, 400)])
    def test_others_are_whole(self, sizes: list[int], shape: tuple[int, int, int]) -> None:
        rows, inner, columns = shape
        product(np.ones((rows, inner)), np.ones((inner, columns)), np.empty((rows, columns)))
        product_over_rows(np.ones((rows, inner)), np.ones((rows, columns)), np.empty((inner, columns)))
        assert sizes == [rows * inner * columns] * 2

    def test_without_such_a_blas_all_are_whole(self, sizes: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(products, "spares_small_products", lambda: False)
        rows, inner, columns = NARROW
        product(np.ones((rows, inner)), np.ones((inner, columns)), np.empty((rows, columns)))
        product_over_rows(np.ones((rows, inner)), np.ones((rows, columns)), np.empty((inner, columns)))
        assert sizes == [rows * inner * columns] * 2
        assert transposed(np.ones((5, 3))).base is not None


class TestWhere:
    @pytest.fixture(autouse=True)
    def _such_a_blas(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(threads, "_is_openblas_for_avx512", lambda: True)

    def test_with_one_thread_only(self) -> None:
        assert not spares_small_products()
        with blas_threads(1):
            assert spares_small_products()
            with blas_threads(2):
                assert not spares_small_products()
            assert spares_small_products()
        assert not spares_small_products()

    def test_it_is_as_before_after_an_error(self) -> None:
        with pytest.raises(ZeroDivisionError), blas_threads(1):
            _ = 1 / 0
        assert not spares_small_products()

    def test_a_training_with_one_thread_has_them(self, sizes: list[int]) -> None:
        model = Sequential([Dense(784, 10)], seed=0)
        data = RNG.normal(size=(512, 784)).astype(np.float32), np.arange(512) % 10
        for _ in Training(
            model, data, optimizer=SGD(0.1), settings=TrainingSettings(epochs=1, batch_size=512, threads=1)
        ):
            pass
        assert max(sizes) <= products.SMALL


def test_a_convolution_only_while_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that predicts gives the same bits with any number of threads."""
    calls: list[int] = []

    def noted(a: Array, b: Array, out: Array) -> Array:
        calls.append(len(a))
        return product(a, b, out)

    monkeypatch.setattr("framework.layers.conv2d.product", noted)
    layer = Sequential([Conv2D(1, 4)], input_shape=(9, 9, 1), seed=0)
    x = np.ones((3, 9, 9, 1), np.float32)
    layer.forward(x)
    assert not calls
    layer.forward(x, step=Step(0, 0))
    assert calls


def test_blas_is_told_nothing_that_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """To be told, after a fork, makes its threads start anew."""
    with blas_threads(1):
        monkeypatch.delattr(threads, "_controller")
        with blas_threads(1):
            assert threads._count == 1
        with pytest.raises(NameError), blas_threads(2):
            pass
        monkeypatch.undo()
