"""Residual: x goes past the inner layers, which are found by their paths, whatever they are and however deep."""

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import framework
from framework import (
    BatchNorm,
    Buffer,
    Dense,
    Dropout,
    InputError,
    Layer,
    LayerNorm,
    LeakyReLU,
    ModelSpec,
    ReLU,
    Rescale,
    Residual,
    Sequential,
    Sigmoid,
    SpecError,
    Step,
    Tanh,
    parse_spec,
    stream,
)
from framework.specs import DenseSpec, ReLUSpec, ResidualSpec
from framework.specs.limits import MAX_LAYERS, MAX_NESTING
from framework.types import Array, Shape
from tests.framework.numeric import GRADIENT_TOLERANCE, numeric_gradient, relative_error

STEP = Step(seed=4, index=2)

FLOAT64 = 1e-13
"""Relative: the same float64 operations in another order."""


def numbers(shape: Shape, seed: int = 1) -> Array:
    return np.random.default_rng(seed).standard_normal(shape)


def nested(dtype: type[np.floating] = np.float64) -> Sequential:
    """Every kind of trouble at once: weights, buffers, random numbers and a Residual inside a Residual."""
    inner = Residual([LayerNorm(5), Sigmoid(), Dropout(0.3)])
    outer = Residual([Dense(4, 5), BatchNorm(5), inner, LeakyReLU(0.2), Dense(5, 4)])
    return Sequential([Dense(3, 4), Tanh(), outer, Dense(4, 2)], seed=1, dtype=dtype)


# What it computes


def test_by_hand() -> None:
    layer = Residual([Dense(2, 2)])
    model = Sequential([layer], dtype=np.float64)
    model.set_weights({"layers.0.layers.0.weight": np.array([[1, 2], [3, 4]]), "layers.0.layers.0.bias": [10, 20]})  # type: ignore[dict-item]
    for step in (None, STEP):
        assert model.forward([[1, 1], [2, -1]], step=step).tolist() == [[15, 27], [11, 19]]
    dx = model.backward(np.array([[1.0, 0], [0, 1]]), need_dx=True)
    assert dx is not None
    assert dx.tolist() == [[1 + 1, 3], [2, 4 + 1]]  # dy + dy Wᵀ
    weight, bias = model.parameters
    assert (weight.grad.tolist(), bias.grad.tolist()) == ([[1, 2], [1, -1]], [1, 1])


def test_it_is_the_inner_layers_and_x() -> None:
    model = nested()
    x = numbers((6, 3))
    below, outer, above = (
        Sequential(copy.deepcopy(model.layers[:2]), dtype=np.float64),
        model.layers[2],
        model.layers[3],
    )
    inner = Sequential(copy.deepcopy(outer.layers), dtype=np.float64)
    a = below.forward(x)
    expected = above.forward(a + inner.forward(a))
    np.testing.assert_allclose(model.forward(x), expected, rtol=FLOAT64, atol=FLOAT64)


def test_gradients_of_a_residual_in_a_residual() -> None:
    model = nested()
    model.parameters.values[...] = numbers(model.parameters.values.shape, seed=2)
    x, cotangent = numbers((6, 3)), numbers((6, 2), seed=3)

    def contracted() -> float:
        return float(np.sum(cotangent * model.forward(x, step=STEP)))

    contracted()
    dx = model.backward(cotangent.copy(), need_dx=True)
    assert dx is not None
    dx, grads = dx.copy(), model.parameters.grads.copy()
    assert relative_error(dx, numeric_gradient(contracted, x)) <= GRADIENT_TOLERANCE
    assert relative_error(grads, numeric_gradient(contracted, model.parameters.values)) <= GRADIENT_TOLERANCE


@pytest.mark.parametrize("inner", [Tanh, Sigmoid, ReLU, lambda: Dropout(0.5), lambda: Rescale(2.0)])
def test_neither_x_nor_what_f_needs_for_backward_is_written(inner: Callable[[], Layer]) -> None:
    """f may give x itself, or an array that its backward needs, and may overwrite the dy it is handed."""
    model = Sequential([Residual([inner()])], input_shape=(4,), dtype=np.float64)
    alone = Sequential([inner()], input_shape=(4,), dtype=np.float64)
    alone.layers[0].path = "layers.0.layers.0"  # for the random numbers
    x, dy = numbers((5, 4)), numbers((5, 4), seed=3)
    given = x.copy()
    given.flags.writeable = False
    np.testing.assert_array_equal(model.forward(given, step=STEP), x + alone.forward(x, step=STEP))
    around, dx = alone.backward(dy.copy(), need_dx=True), model.backward(dy.copy(), need_dx=True)
    assert around is not None
    np.testing.assert_array_equal(dx, dy + around)
    np.testing.assert_array_equal(model.forward(given), x + alone.forward(x))


def test_as_the_first_layer_that_learns_it_gives_no_dx() -> None:
    asked = []

    class Witness(Layer):
        def forward(self, x: Array, *, step: Step | None = None) -> Array:
            return x

        def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
            asked.append(need_dx)
            return dy if need_dx else None

    model = Sequential([Witness(), Residual([Witness(), Dense(3, 3)])], seed=1, dtype=np.float64)
    y = model.forward(numbers((4, 3)), step=STEP)
    model.backward(y.copy())
    assert asked == []
    grads = model.parameters.grads.copy()
    assert model.backward(y.copy(), need_dx=True) is not None
    assert asked == [True, True]
    np.testing.assert_array_equal(model.parameters.grads, grads)


def test_an_inner_layer_that_owes_its_dx_is_named() -> None:
    class Silent(Layer):
        def forward(self, x: Array, *, step: Step | None = None) -> Array:
            return x

        def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
            return None

    for layers, place in (([Silent(), Dense(3, 3)], 0), ([Dense(3, 3), Silent()], 1)):
        model = Sequential([Residual(layers)], seed=1)
        y = model.forward(numbers((4, 3)), step=STEP)
        with pytest.raises(InputError, match=f"layers.{place}: backward with need_dx=True returned None; expected dx"):
            model.backward(y.copy(), need_dx=True)


# Whose the inner layers are


def test_everything_inside_goes_by_its_path() -> None:
    model = nested()
    assert [parameter.path for parameter in model.parameters] == [
        "layers.0.weight",
        "layers.2.layers.0.weight",
        "layers.2.layers.4.weight",
        "layers.3.weight",
        "layers.0.bias",
        "layers.2.layers.0.bias",
        "layers.2.layers.1.gamma",
        "layers.2.layers.1.beta",
        "layers.2.layers.2.layers.0.gamma",
        "layers.2.layers.2.layers.0.beta",
        "layers.2.layers.4.bias",
        "layers.3.bias",
    ]
    assert [b.path for b in model.buffers] == ["layers.2.layers.1.running_mean", "layers.2.layers.1.running_variance"]
    assert set(model.get_weights()) == {array.path for array in (*model.parameters, *model.buffers)}
    outer = model.layers[2]
    paths = [layer.path for layer in (outer, *outer.layers, *outer.layers[2].layers)]
    below = [*(f"layers.2.layers.{index}" for index in range(5)), *(f"layers.2.layers.2.layers.{i}" for i in range(3))]
    assert paths == ["layers.2", *below]
    assert {layer.dtype.name for layer in (outer, *outer.layers, *outer.layers[2].layers)} == {"float64"}
    for parameter in model.parameters:
        assert np.shares_memory(parameter.value, model.parameters.values)


def test_weights_inside_are_drawn_from_streams_of_their_own() -> None:
    model = Sequential([Residual([Dense(4, 4)]), Residual([Dense(4, 4), Dense(4, 4)])], seed=1)
    first, second, third = (parameter.value for parameter in model.parameters if parameter.name == "weight")
    assert (first != second).all()
    assert (second != third).all()
    expected = model.layers[0].parameters[0].initializer.draw(stream(1, "init/layers.0.layers.0.weight"), (4, 4))
    np.testing.assert_array_equal(first, expected.astype(np.float32))


def test_dropout_inside_has_random_numbers_of_its_own() -> None:
    model = Sequential([Residual([Dropout(0.5)]), Residual([Dropout(0.5)])], input_shape=(60,), dtype=np.float64)
    first, second = (layer.forward(np.ones((3, 60)), step=STEP) for layer in model.layers)
    assert (first != second).any()
    drawn = stream(STEP.seed, "layers.0.layers.0", STEP.index).random((3, 60), dtype=np.float32)
    np.testing.assert_array_equal(first, 1 + 2.0 * (drawn >= 0.5))


def test_a_layer_inside_belongs_to_one_model_too() -> None:
    layer = Dense(3, 3)
    for layers, place in (
        ([layer, Residual([layer])], "layers.1.layers.0"),
        ([Residual([layer]), layer], "layers.1"),
        ([Residual([ReLU(), layer]), Residual([Residual([layer])])], "layers.1.layers.0.layers.0"),
        ([Residual([layer, layer])], "layers.0.layers.1"),
    ):
        with pytest.raises(InputError, match=rf"^{place}: Dense\(3, 3\) already belongs to a model"):
            Sequential(layers)
    residual = Residual([layer])
    with pytest.raises(InputError, match=r"^layers\.1: Residual\(\[Dense\(3, 3\)\]\) already belongs"):
        Sequential([residual, residual])
    Sequential([residual])
    for taken, place in ((residual, r"layers\.0"), (Residual([layer]), r"layers\.0\.layers\.0"), (layer, r"layers\.0")):
        with pytest.raises(InputError, match=f"^{place}: .* already belongs to a model"):
            Sequential([taken])


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model)), Sequential.replica]
)
def test_a_copy_learns_and_its_inner_layers_are_its_own(duplicate: Callable[[Sequential], Sequential]) -> None:
    model = nested()
    x = numbers((6, 3))
    model.backward(model.forward(x, step=STEP).copy())  # so that there are gradients and scratch, and buffers moved
    grads = model.parameters.grads.copy()
    twin = duplicate(model)
    np.testing.assert_array_equal(twin.forward(x), model.forward(x))
    assert twin.layers[2].layers[2].layers[2].path == "layers.2.layers.2.layers.2"
    assert not any("scratch" in vars(layer) for layer in twin.layers[2].layers)
    twin.backward(twin.forward(x, step=STEP).copy())
    np.testing.assert_array_equal(twin.parameters.grads, grads)
    inner = twin.layers[2].layers[0].parameters[0]
    assert any(inner is parameter for parameter in twin.parameters)
    inner.grad[...] = 7
    np.testing.assert_array_equal(model.parameters.grads, grads)
    shared = duplicate is Sequential.replica
    for mine, theirs in ((model.parameters, twin.parameters), (model.buffers, twin.buffers)):
        assert np.may_share_memory(mine.values, theirs.values) == shared


def test_saved_and_loaded(tmp_path: Path) -> None:
    model = nested(np.float32)
    model.forward(numbers((6, 3)), step=STEP)
    model.save(tmp_path / "model")
    loaded = Sequential.load(tmp_path / "model")
    assert repr(loaded) == repr(model)
    weights = loaded.get_weights()
    assert {path: array.tobytes() for path, array in model.get_weights().items()} == {
        path: array.tobytes() for path, array in weights.items()
    }


def test_rows_are_as_independent_as_inside() -> None:
    assert Residual([Dense(3, 3), LayerNorm(3)]).rows_are_independent
    assert not Residual([Dense(3, 3), BatchNorm(3)]).rows_are_independent
    assert not Residual([Residual([BatchNorm(3)]), ReLU()]).rows_are_independent


def test_a_layer_of_layers_that_hides_theirs_is_told() -> None:
    class Forgetful(Layer):
        def __init__(self) -> None:
            self.layers = (BatchNorm(3),)
            self.parameters = self.layers[0].parameters

        def forward(self, x: Array, *, step: Step | None = None) -> Array:
            return self.layers[0].forward(x, step=step)

        def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
            return self.layers[0].backward(dy, need_dx=need_dx)

    with pytest.raises(
        InputError, match=r"^layers\.0: running_mean of .* is not in its buffers; expected every Buffer"
    ):
        Sequential([Forgetful()], input_shape=(3,))


# Shapes and arguments


def test_f_gives_the_shape_it_takes() -> None:
    message = "Residual([Dense(4, 3)]): got layers that make (3,) of samples of shape (4,); expected (4,)"
    with pytest.raises(InputError) as caught:
        Residual([Dense(4, 3)])
    assert str(caught.value) == message
    residual = Residual([Dense(4, 3), ReLU(), Dense(3, 4)])
    assert residual.output_shape((4,)) == (4,)
    with pytest.raises(InputError, match=r"layers\.0: Dense\(4, 3\): got samples of shape \(3,\); expected \(4,\)"):
        residual.output_shape((3,))

    class Halved(Layer):
        def output_shape(self, input_shape: Shape) -> Shape:
            return (input_shape[0] // 2,)

        def forward(self, x: Array, *, step: Step | None = None) -> Array:
            return x[:, ::2]

        def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
            return dy

    halved = Residual([Halved()])  # whether it fits is known where the shape is
    with pytest.raises(InputError, match=r"layers\.1: .*: got layers that make \(2,\) of samples of shape \(4,\)"):
        Sequential([Dense(4, 4), halved])


def test_it_fixes_the_shape_its_layers_fix() -> None:
    assert Residual([ReLU(), Dense(4, 4)]).input_shape == (4,)
    assert Residual([ReLU()]).input_shape is None
    assert Sequential([Residual([ReLU(), Residual([Dense(4, 4)])])]).input_shape == (4,)
    assert Sequential([Residual([ReLU()]), Dense(4, 2)]).input_shape == (4,)
    with pytest.raises(InputError, match="input_shape: no layer fixes it"):
        Sequential([Residual([ReLU()])])


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "Residual: layers: got none; expected one or more"),
        (Dense(3, 3), "Residual: layers: got Dense; expected a list of layers"),
        (None, "Residual: layers: got NoneType; expected a list of layers"),
        (["relu"], "Residual: layers.0: got str; expected a Layer"),
        ([Dense(3, 3), ReLU], "Residual: layers.1: got the class ReLU; expected a Layer"),
    ],
)
def test_layers_are_layers(layers: list[Layer], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Residual(layers)
    assert str(caught.value) == message


def test_repr_and_work() -> None:
    residual = Residual([Dense(4, 6), Residual([LayerNorm(6)]), Dense(6, 4, use_bias=False)])
    assert repr(residual) == "Residual([Dense(4, 6), Residual([LayerNorm(6)]), Dense(6, 4, use_bias=False)])"
    assert repr(eval(repr(residual), vars(framework))) == repr(residual)
    assert residual.multiply_adds((4,)) == 4 * 6 + 6 * 4
    assert Residual(layer for layer in [ReLU(), Tanh()]).layers[1].formula("X", 0) == "tanh X"


# In files


def _tree(*layers: object) -> str:
    return json.dumps({"format": 1, "input_shape": [4], "layers": [*layers, {"type": "dense", "out_features": 2}]})


def _residual(*layers: object) -> dict[str, object]:
    return {"type": "residual", "layers": layers}


def _dense(size: object = 4) -> dict[str, object]:
    return {"type": "dense", "out_features": size}


def test_inner_layers_are_sized_by_the_shape_that_reaches_them() -> None:
    inner = _residual({"type": "layer_norm"}, _dense(3), {"type": "batch_norm"}, _dense(7))
    spec = parse_spec(_tree(_residual(_dense(7), inner, _dense(4))))
    assert isinstance(spec, ModelSpec)
    model = spec.build(seed=0)
    inside = "Residual([LayerNorm(7), Dense(7, 3), BatchNorm(3), Dense(3, 7)])"
    assert repr(model) == f"Sequential([Residual([Dense(4, 7), {inside}, Dense(7, 4)]), Dense(4, 2)])"
    assert ModelSpec.of(model) == spec == parse_spec(spec.model_dump_json())
    assert {path: array.shape for path, array in model.get_weights().items()} == spec.weight_shapes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            _tree(_residual(_dense(3))),
            "/layers/0: Residual([Dense(4, 3)]): got layers that make (3,) of samples of shape (4,); expected (4,)",
        ),
        (_tree(_dense(), _residual(_dense("4"))), "/layers/1/layers/0/out_features: got '4'; expected an integer"),
        (
            _tree(_residual({"type": "relu"}, _residual({"type": "dens"}))),
            "/layers/0/layers/1/layers/0/type: got 'dens'; expected one of ",
        ),
        (_tree(_residual()), "/layers/0/layers: got a list of 0; expected 1 or more of them"),
        (
            _tree({"type": "residual"}),
            "/layers/0/layers: got nothing; expected a value, this field has no default",
        ),
        (_tree(_residual("relu")), "/layers/0/layers/0: got 'relu'; expected an object"),
        (
            _tree(_residual({"type": "relu", "slope": 1})),
            "/layers/0/layers/0/slope: got a field that does not belong here; expected type",
        ),
        (
            _tree(_dense(), _residual(_dense(), _residual(_dense(5), {"type": "relu"}))),
            "/layers/1/layers/1: Residual([Dense(4, 5), ReLU()]): got layers that make (5,) of samples of shape (4,)",
        ),
        (
            _tree(_residual(_dense(60_000), _residual(_dense(60_000)), _dense(4))),
            "/layers/0: got 3,600,600,004 parameters so far; expected at most 50,000,000 in all",
        ),
        (
            _tree(*[_residual(*[{"type": "relu"}] * 99)] * 3),
            f"/layers/2: got 300 layers so far; expected at most {MAX_LAYERS} in all",
        ),
    ],
)
def test_what_is_wrong_inside_is_found_by_its_pointer(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(text, source="x")
    assert str(caught.value).startswith(f"x: {message}")


def test_what_can_be_described_can_be_read() -> None:
    def deep(levels: int) -> Sequential:
        layer: Layer = Dense(2, 2)
        for _ in range(levels):
            layer = Residual([layer])
        return Sequential([layer], seed=0)

    spec = ModelSpec.of(deep(MAX_NESTING))
    assert parse_spec(spec.model_dump_json()) == spec
    run = {"model": json.loads(spec.model_dump_json()), "data": {"feature_columns": ["a", "b"], "classes": 2}}
    assert parse_spec(json.dumps({"format": 1, **run}))
    with pytest.raises(SpecError, match="got 6 layers inside layers; expected at most 5 in all"):
        ModelSpec.of(deep(MAX_NESTING + 1))


def test_an_inner_layer_without_a_spec_is_found_by_its_place() -> None:
    class Own(ReLU):  # type: ignore[misc]
        pass

    with pytest.raises(SpecError, match=r"^layers\.1: layers\.1: got a Own; expected a component with a spec"):
        ModelSpec.of(Sequential([Dense(2, 2), Residual([ReLU(), Own()])]))


def test_in_python_a_spec_holds_specs() -> None:
    spec = ResidualSpec(layers=(ReLUSpec(), ResidualSpec(layers=(DenseSpec(out_features=3),))))
    assert repr(spec.build_for((3,))) == "Residual([ReLU(), Residual([Dense(3, 3)])])"
    assert json.loads(spec.model_dump_json())["layers"][1]["layers"][0]["out_features"] == 3


def test_a_buffer_of_a_layer_of_ones_own_goes_along() -> None:
    class Counting(Layer):
        rows_are_independent = False

        def __init__(self) -> None:
            self.rows = Buffer("rows", (), 0.0)
            self.buffers = (self.rows,)

        def forward(self, x: Array, *, step: Step | None = None) -> Array:
            if step is not None:
                self.rows.value[...] += len(x)
            return x

        def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
            return dy if need_dx else None

    model = Sequential([Residual([Counting()]), Dense(2, 2)])
    model.forward(np.ones((3, 2)), step=STEP)
    assert model.get_weights()["layers.0.layers.0.rows"] == 3
