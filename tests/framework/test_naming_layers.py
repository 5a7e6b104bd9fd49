"""A layer of one's own that errs: what comes up names it, wherever it stands, and not the one that stumbles over it."""

from collections.abc import Callable

import numpy as np
import pytest

from framework import Dense, InputError, Layer, ReLU, Rescale, Residual, Sequential, Step, evaluate, fit
from framework.types import Array

STEP = Step(seed=0, index=0)
N = 6


class Erring(Layer):
    """y = x, but for what is wrong."""

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        if self.fault == "narrow":
            return x[:, 1:]
        if self.fault == "one row":
            return x[:1]
        if self.fault == "no return":
            return None  # type: ignore[return-value]
        if self.fault == "raises":
            return x @ np.ones((len(x) + x.shape[1], 1), x.dtype)
        if self.fault == "no return in training" and step is not None:
            return None  # type: ignore[return-value]
        return x.copy()

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy[:, 1:] if self.fault == "narrow dx" else dy


GOT = {
    "narrow": "shape (6, 4)",
    "one row": "shape (1, 5)",
    "no return": "None",
    "no return in training": "None",
}


def data() -> tuple[Array, list[int]]:
    return np.random.default_rng(0).standard_normal((N, 4)).astype(np.float32), [0, 1, 2, 3, 4, 0]


def in_the_middle(fault: str) -> Sequential:
    return Sequential([Rescale(2.0), Dense(4, 5), Erring(fault), ReLU(), Dense(5, 5)], seed=0)


def at_the_end(fault: str) -> Sequential:
    return Sequential([Rescale(2.0), Dense(4, 5), Erring(fault)], seed=0)


WAYS: dict[str, Callable[[Sequential], object]] = {
    "forward": lambda model: model.forward(data()[0]),
    "training forward": lambda model: model.forward(data()[0], step=STEP),
    "predict": lambda model: model.predict(data()[0]),
    "evaluate": lambda model: evaluate(model, data()),
    "fit": lambda model: fit(model, data(), epochs=1, threads=1, show=False),
}


@pytest.mark.parametrize("made", [in_the_middle, at_the_end], ids=["in the middle", "at the end"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", GOT)
def test_the_first_layer_of_a_wrong_shape_is_named(fault: str, way: str, made: Callable[[str], Sequential]) -> None:
    if fault == "no return in training" and way not in ("training forward", "fit"):
        WAYS[way](made(fault))
        return
    with pytest.raises(InputError) as caught:
        WAYS[way](made(fault))
    assert str(caught.value) == f"layers.2: got {GOT[fault]} from Erring({fault!r}); expected shape (6, 5)"
    says = "forward has to return y" if GOT[fault] == "None" else "output_shape says what forward gives for one sample"
    assert caught.value.hint == says


def test_inside_a_residual_layer_too() -> None:
    for layers in ([Erring("narrow"), Dense(4, 4)], [Dense(4, 4), Erring("narrow")]):
        model = Sequential([ReLU(), Residual(layers), Dense(4, 5)], input_shape=(4,), seed=0)
        place = f"layers.1.layers.{0 if isinstance(layers[0], Erring) else 1}"
        for way in ("forward", "fit"):
            with pytest.raises(InputError) as caught:
                WAYS[way](model)
            assert str(caught.value) == f"{place}: got shape (6, 3) from Erring('narrow'); expected shape (6, 4)"


@pytest.mark.parametrize("way", WAYS)
def test_what_a_layer_raises_stays_as_it_is_and_says_where(way: str) -> None:
    with pytest.raises(ValueError, match="matmul") as caught:
        WAYS[way](in_the_middle("raises"))
    assert caught.value.__notes__ == ["in layers.2, Erring('raises')"]


def test_a_layer_that_is_right_is_not_blamed() -> None:
    """A wrong backward is found by no forward."""
    with pytest.raises(ValueError, match=r"shape \(4,\) into shape \(5,\)") as caught:
        fit(in_the_middle("narrow dx"), data(), epochs=1, threads=1, show=False)
    assert not hasattr(caught.value, "__notes__")
    for made in (in_the_middle, at_the_end):
        assert len(fit(made("none"), data(), epochs=1, threads=1, show=False)) == 1
