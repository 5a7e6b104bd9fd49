"""Bad specs: each is refused by a SpecError that names the place, what came and what was expected."""

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework import SpecError, parse_spec, read_spec
from framework.specs.layers import LayerUnion
from framework.specs.limits import MAX_BYTES, MAX_DEPTH, MAX_DIMENSION, MAX_LAYERS, MAX_PARAMETERS

Tree: TypeAlias = dict[str, object]

SMALL = 4 << 20
"""Bytes a refusal may take: what pydantic needs for 256 layers of spec, and far below one array that was asked for."""


def _model(**changes: object) -> Tree:
    tree: Tree = {
        "format": 1,
        "input_shape": [4],
        "layers": [{"type": "rescale", "scale": 0.5}, {"type": "dense", "out_features": 2}],
    }
    return {**tree, **changes}


def _dense(**changes: object) -> Tree:
    """A model whose only layer is a dense one with these changes."""
    return _model(layers=[{"type": "dense", "out_features": 2, **changes}])


def _layers(*layers: object) -> Tree:
    return _model(layers=list(layers))


def _run(**changes: object) -> Tree:
    data = {"feature_columns": {"prefix": "pixel", "count": 4}, "classes": 2}
    return {"format": 1, "model": _model(), "data": data, **changes}


def _data(**changes: object) -> Tree:
    return _run(data={"feature_columns": {"prefix": "pixel", "count": 4}, "classes": 2, **changes})


def _weighted(class_weights: object) -> Tree:
    return _run(loss={"type": "softmax_cross_entropy", "class_weights": class_weights})


def _without(tree: Tree, key: str) -> Tree:
    return {name: value for name, value in tree.items() if name != key}


DENSE = {"type": "dense", "out_features": 2}
KNOWN = f"expected one of {', '.join(spec.type_name() for spec in get_args(LayerUnion))}"
WHOLE = "expected an integer"
FINITE = "expected a finite number"

PLACED: list[tuple[str, Tree, str, str, str]] = [
    # what is wrong, the spec, the pointer, what came, what was expected
    ("no format", _without(_model(), "format"), "/format", "nothing", "expected 1"),
    ("format 0", _model(format=0), "/format", "0", "expected 1"),
    ("format 999", _model(format=999), "/format", "999", "expected 1"),
    ("format text", _model(format="1"), "/format", "'1'", "expected 1"),
    ("format 1.5", _model(format=1.5), "/format", "1.5", "expected 1"),
    ("format null", _model(format=None), "/format", "null", "expected 1"),
    ("format of the inner model", _run(model=_model(format=2)), "/model/format", "2", "expected 1"),
    ("no layers", _without(_model(), "layers"), "/layers", "nothing", "expected a value"),
    ("no input_shape", _without(_model(), "input_shape"), "/input_shape", "nothing", "expected a value"),
    ("no out_features", _layers({"type": "dense"}), "/layers/0/out_features", "nothing", "expected a value"),
    ("layers empty", _model(layers=[]), "/layers", "a list of 0", "expected 1 or more"),
    ("layers an object", _model(layers={}), "/layers", "an object of 0", "expected a list"),
    ("layers null", _model(layers=None), "/layers", "null", "expected a list"),
    ("layer a number", _layers(5), "/layers/0", "5", "expected an object"),
    ("layer a name", _layers("relu", DENSE), "/layers/0", "'relu'", "expected an object"),
    ("layer a list", _layers(["dense"]), "/layers/0", "a list of 1", "expected an object"),
    ("no type", _layers({"out_features": 2}), "/layers/0/type", "nothing", KNOWN),
    ("type a number", _layers({"type": 5}), "/layers/0/type", "5", KNOWN),
    ("type in capitals", _layers({"type": "Dense", "out_features": 2}), "/layers/0/type", "'Dense'", KNOWN),
    ("os.system", _layers(DENSE, {"type": "os.system"}), "/layers/1/type", "'os.system'", KNOWN),
    ("builtins.eval", _layers({"type": "builtins.eval"}), "/layers/0/type", "'builtins.eval'", KNOWN),
    ("Lambda", _layers({"type": "Lambda", "function": "x"}), "/layers/0/type", "'Lambda'", KNOWN),
    ("__import__", _layers({"type": "__import__"}), "/layers/0/type", "'__import__'", KNOWN),
    (
        "a class by its path",
        _layers({"type": "framework.layers.Dense"}),
        "/layers/0/type",
        "'framework.layers.Dense'",
        KNOWN,
    ),
    ("an optimizer as a layer", _layers({"type": "adam"}), "/layers/0/type", "'adam'", KNOWN),
    ("unknown loss", _run(loss={"type": "hinge"}), "/loss/type", "'hinge'", "softmax_cross_entropy"),
    ("unknown optimizer", _run(optimizer={"type": "adamx"}), "/optimizer/type", "'adamx'", "sgd, adam, adamw"),
    ("unknown schedule", _run(schedule={"type": "stairs"}), "/schedule/type", "'stairs'", "constant, cosine, one"),
    ("stairs of no width", _run(schedule={"type": "step", "every": 0.0}), "/schedule/every", "0.0", "1e-06 or more"),
    ("a slide to 0", _run(schedule={"type": "exponential", "final": 0.0}), "/schedule/final", "0.0", "more than 0"),
    ("one class weight", _weighted([1.0]), "/loss/class_weights", "a list of 1", "2 or more of them"),
    ("a class that weighs nothing", _weighted([1.0, 0.0]), "/loss/class_weights/1", "0.0", "1e-06 or more"),
    ("class weights as text", _weighted("balanced"), "/loss/class_weights", "'balanced'", "expected a list"),
    ("a bend at 0", _run(loss={"type": "huber", "delta": 0.0}), "/loss/delta", "0.0", "expected 1e-30 or more"),
    ("alpha below 0", _layers({"type": "elu", "alpha": -1.0}), "/layers/0/alpha", "-1.0", "expected 0 or more"),
    ("decay 1", _run(optimizer={"type": "rmsprop", "decay": 1.0}), "/optimizer/decay", "1.0", "less than 1"),
    (
        "unknown initializer",
        _dense(weight_initializer={"type": "he"}),
        "/layers/0/weight_initializer/type",
        "'he'",
        "he_normal, he_uniform, glorot_normal",
    ),
    ("extra key", _model(name="x"), "/name", "a field that does not belong here", "expected format, input_shape"),
    ("extra key in a layer", _dense(units=3), "/layers/0/units", "a field that does not belong", "type, out_features"),
    ("in_features given", _dense(in_features=4), "/layers/0/in_features", "a field that", "type, out_features"),
    ("wrong case", _dense(Use_bias=True), "/layers/0/Use_bias", "a field that does not belong", "use_bias"),
    ("extra key in training", _run(training={"epoch": 3}), "/training/epoch", "a field that", "epochs, batch_size"),
    ("module of a class", _dense(module="os"), "/layers/0/module", "a field that does not belong", "type"),
    ("size a text", _dense(out_features="128"), "/layers/0/out_features", "'128'", WHOLE),
    ("size 128.0", _dense(out_features=128.0), "/layers/0/out_features", "128.0", WHOLE),
    ("size true", _dense(out_features=True), "/layers/0/out_features", "true", WHOLE),
    ("size null", _dense(out_features=None), "/layers/0/out_features", "null", WHOLE),
    ("size a list", _dense(out_features=[128]), "/layers/0/out_features", "a list of 1", WHOLE),
    ("size an object", _dense(out_features={}), "/layers/0/out_features", "an object of 0", WHOLE),
    ("size 0", _dense(out_features=0), "/layers/0/out_features", "0", "expected 1 or more"),
    ("size -1", _dense(out_features=-1), "/layers/0/out_features", "-1", "expected 1 or more"),
    ("size 10^9", _dense(out_features=10**9), "/layers/0/out_features", "1000000000", "at most 65,536"),
    ("size 2^63", _dense(out_features=2**63), "/layers/0/out_features", f"{2**63}", "at most 65,536"),
    ("size 10^400", _dense(out_features=10**400), "/layers/0/out_features", "1000000", "at most 65,536"),
    ("shape 0", _model(input_shape=[0]), "/input_shape/0", "0", "expected 1 or more"),
    ("shape empty", _model(input_shape=[]), "/input_shape", "a list of 0", "expected 1 or more"),
    ("shape of five", _model(input_shape=[1] * 5), "/input_shape", "a list of 5", "expected at most 4"),
    ("shape a number", _model(input_shape=784), "/input_shape", "784", "expected a list"),
    ("shape too large", _model(input_shape=[65_537]), "/input_shape/0", "65537", "at most 65,536"),
    ("dtype", _model(dtype="float16"), "/dtype", "'float16'", "'float32' or 'float64'"),
    ("flag a number", _dense(use_bias=1), "/layers/0/use_bias", "1", "expected true or false"),
    ("flag a text", _dense(use_bias="true"), "/layers/0/use_bias", "'true'", "expected true or false"),
    ("rate 1", _layers({"type": "dropout", "rate": 1.0}, DENSE), "/layers/0/rate", "1.0", "expected less than 1"),
    (
        "rate -0.1",
        _layers({"type": "dropout", "rate": -0.1}, DENSE),
        "/layers/0/rate",
        "-0.1",
        "expected 0 or more",
    ),
    ("rate a text", _layers({"type": "dropout", "rate": "0.5"}), "/layers/0/rate", "'0.5'", "expected a number"),
    ("rate true", _layers({"type": "dropout", "rate": True}), "/layers/0/rate", "true", "expected a number"),
    ("scale 0", _layers({"type": "rescale", "scale": 0.0}, DENSE), "/layers/0", "'0.0'", "expected 1e-30 to 1e+30"),
    (
        "scale 1e300",
        _layers({"type": "rescale", "scale": 1e300}, DENSE),
        "/layers/0/scale",
        "1e+300",
        "at most 1e+30",
    ),
    (
        "slope 2",
        _layers({"type": "leaky_relu", "negative_slope": 2.0}),
        "/layers/0/negative_slope",
        "2.0",
        "at most 1",
    ),
    (
        "uniform the wrong way round",
        _dense(weight_initializer={"type": "uniform", "low": 1.0, "high": 0.0}),
        "/layers/0/weight_initializer",
        "Uniform(low=1.0, high=0.0)",
        "low <= high",
    ),
    (
        "learning rate -1",
        _run(optimizer={"type": "sgd", "learning_rate": -1.0}),
        "/optimizer/learning_rate",
        "-1.0",
        "expected 0 or more",
    ),
    ("momentum 1", _run(optimizer={"type": "sgd", "momentum": 1}), "/optimizer/momentum", "1", "less than 1"),
    ("epsilon 0", _run(optimizer={"type": "adam", "epsilon": 0.0}), "/optimizer/epsilon", "0.0", "1e-30 or more"),
    ("epochs 0", _run(training={"epochs": 0}), "/training/epochs", "0", "expected 1 or more"),
    ("batch size 0", _run(training={"batch_size": 0}), "/training/batch_size", "0", "expected 1 or more"),
    ("seed -1", _run(training={"seed": -1}), "/training/seed", "-1", "expected 0 or more"),
    ("seed 2^64", _run(training={"seed": 2**64}), "/training/seed", f"{2**64}", "expected less than"),
    ("monitor", _run(training={"monitor": "loss"}), "/training/monitor", "'loss'", "'validation_loss' or"),
    ("two dimensions", _model(input_shape=[2, 2]), "/layers/1", "samples of shape (2, 2)", "expected one dimension"),
    ("nothing to train", _layers({"type": "relu"}), "/layers/0", "no layer with parameters", "something to train"),
    (
        "too many layers",
        _layers(*[{"type": "relu"}] * MAX_LAYERS, DENSE),
        "/layers",
        "a list of 257",
        f"at most {MAX_LAYERS}",
    ),
    (
        "a feature without an input",
        _data(feature_columns={"prefix": "pixel", "count": 5}),
        "/model/input_shape",
        "[4]",
        "expected [5]",
    ),
    (
        "as many features as there may be",
        _data(feature_columns={"prefix": "pixel", "count": MAX_DIMENSION}),
        "/model/input_shape",
        "[4]",
        "expected [65536]",
    ),
    ("too few outputs", _data(classes=3), "/model/layers/1", "outputs of shape [2]", "expected [3]"),
    ("classes 1", _data(classes=1), "/data/classes", "1", "expected 2 or more"),
    ("no data", _without(_run(), "data"), "/data", "nothing", "expected a value"),
    ("model a list", _run(model=[]), "/model", "a list of 0", "expected an object"),
    (
        "patience without validation",
        _run(training={"patience": 2}),
        "/training/patience",
        "a patience without validation",
        "data.validation_split above 0",
    ),
    ("no column names", _data(feature_columns=[]), "/data/feature_columns", "a list of 0", "expected"),
    ("split 1", _data(validation_split=1.0), "/data/validation_split", "1.0", "less than 1"),
]


def _message(text: str | bytes) -> str:
    """The message; anything but a SpecError fails the test."""
    with pytest.raises(SpecError) as caught:
        parse_spec(text, source="bad.json")
    message = str(caught.value)
    assert message.startswith("bad.json: ")
    assert message.isascii()
    assert message.isprintable()
    return message.removeprefix("bad.json: ")


@pytest.mark.parametrize(
    ("tree", "pointer", "got", "expected"), [case[1:] for case in PLACED], ids=[c[0] for c in PLACED]
)
def test_names_place_value_and_expectation(tree: Tree, pointer: str, got: str, expected: str) -> None:
    message = _message(json.dumps(tree))
    assert message.startswith(f"{pointer}: ")
    assert f"got {got}" in message
    assert expected in message


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "got 0; expected 1 or more"),
        (3.5, "got 3.5; expected an integer"),
        (True, "got true; expected an integer"),
        (None, "got null; expected an integer"),
        ("3", "got '3'; expected an integer"),
        (10**400, f"got 1{'0' * 39}...; expected at most 65,536"),
    ],
)
def test_only_text_is_shown_in_quotes(value: object, said: str) -> None:
    assert _message(json.dumps(_dense(out_features=value))) == f"/layers/0/out_features: {said}"


def test_the_limit_of_a_number_is_shown_without_needless_digits() -> None:
    assert _message(json.dumps(_data(validation_split=1))).endswith("expected less than 1")
    assert _message(json.dumps(_run(optimizer={"type": "adam", "epsilon": 0}))).endswith("expected 1e-30 or more")


@pytest.mark.parametrize(("given", "said"), [({"type": None}, "null"), ({"type": []}, "a list of 0"), ({}, "nothing")])
def test_what_is_no_type_is_shown_as_it_is(given: Tree, said: str) -> None:
    assert _message(json.dumps(_layers(given))).startswith(f"/layers/0/type: got {said}; expected one of")


def test_there_are_plenty_of_cases() -> None:
    assert len(PLACED) == len({case[0] for case in PLACED}) >= 40


GOOD = json.dumps(_model())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (b"", ["line 1, column 1", "expected a JSON object"]),
        (b"\xef\xbb\xbf", ["line 1, column 1", "expected a JSON object"]),
        (b"layers: []", ["line 1, column 1", "expected a JSON object"]),
        (b'{"format": 1,\n "layers": [}', ["line 2, column 13", "expected a JSON object"]),
        (b"{'format': 1}", ["line 1, column 2"]),
        (GOOD.encode() + b" x", [f"line 1, column {len(GOOD) + 2}", "Extra data"]),
        (GOOD.encode() + b"\0", [f"line 1, column {len(GOOD) + 1}", "Extra data"]),
        (GOOD.encode() * 2, ["Extra data"]),
        (GOOD.encode("utf-16"), ["byte 0", "expected a JSON object in UTF-8"]),
        (GOOD.encode("utf-16-le"), ["expected a JSON object"]),
        (GOOD.encode("utf-32"), ["byte 0", "expected a JSON object in UTF-8"]),
        (b'{"format": "\xff"}', ["byte 12", "expected a JSON object in UTF-8"]),
        (b'{"caf\xe9": 1}', ["byte 5", "expected a JSON object in UTF-8"]),
        (b"[]", ["got a JSON list", "expected an object"]),
        (b"null", ["expected an object"]),
        (b'"model"', ["got a JSON str", "expected an object"]),
        (b"1", ["got a JSON int", "expected an object"]),
        (b"{}", ["/format: got nothing", "expected 1"]),
        (b'{"format": 1, "format": 1}', ["/format: got this key twice", "expected each key once"]),
        (
            b'{"format": 1, "layers": [{"type": "relu"}, {"type": "dense", "type": "relu"}]}',
            ["/layers/1/type: got this key twice", "expected each key once"],
        ),
        (
            b'{"format": 1, "a": {"b": {"\\u0063": 1, "c": 2}}}',
            ["/a/b/c: got this key twice", "expected each key once"],
        ),
        (b"[" * 100_000, [f"over {MAX_DEPTH} deep"]),
        (b'{"a":' * 100_000, [f"over {MAX_DEPTH} deep"]),
        (b'{"a":' * 17 + b"1" + b"}" * 17, [f"over {MAX_DEPTH} deep"]),
        (b'{"format": ' + b"9" * 5000 + b"}", ["digits"]),
        (b" " * (MAX_BYTES + 1), [f"got more than {MAX_BYTES:,} bytes"]),
    ],
)
def test_what_is_no_json_object(text: bytes, parts: list[str]) -> None:
    message = _message(text)
    for part in parts:
        assert part in message


def test_a_byte_order_mark_and_white_space_do_no_harm() -> None:
    plain = parse_spec(GOOD)
    assert parse_spec(b"\xef\xbb\xbf" + GOOD.encode()) == plain
    assert parse_spec(f"\r\n\t {GOOD} \n") == plain
    assert parse_spec(GOOD.ljust(MAX_BYTES)) == plain


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400"])
@pytest.mark.parametrize(
    ("tree", "pointer"),
    [
        (_layers({"type": "rescale", "scale": "HERE"}, DENSE), "/layers/0/scale"),
        (_layers({"type": "dropout", "rate": "HERE"}, DENSE), "/layers/0/rate"),
        (_dense(bias_initializer={"type": "constant", "value": "HERE"}), "/layers/0/bias_initializer/value"),
        (_dense(bias_initializer={"type": "normal", "mean": "HERE"}), "/layers/0/bias_initializer/mean"),
        (_run(optimizer={"type": "sgd", "learning_rate": "HERE"}), "/optimizer/learning_rate"),
        (_run(optimizer={"type": "adam", "epsilon": "HERE"}), "/optimizer/epsilon"),
        (_run(schedule={"type": "cosine", "final": "HERE"}), "/schedule/final"),
        (_data(validation_split="HERE"), "/data/validation_split"),
        (_dense(out_features="HERE"), "/layers/0/out_features"),
        (_run(training={"seed": "HERE"}), "/training/seed"),
    ],
)
def test_numbers_are_finite(tree: Tree, pointer: str, token: str) -> None:
    message = _message(json.dumps(tree).replace('"HERE"', token))
    if token.endswith("e400"):
        assert message.startswith(f"{pointer}: got {'-' * token.startswith('-')}Infinity; ")
    else:
        assert token in message
    assert FINITE in message or WHOLE in message
    assert "got 'NaN'" not in _message(json.dumps(tree).replace("HERE", "nan"))  # nor is the text a number


@pytest.mark.parametrize(
    ("tree", "count"),
    [
        (_model(input_shape=[65_536], layers=[{"type": "dense", "out_features": 65_536}]), 65_536**2 + 65_536),
        (_model(input_shape=[7_071], layers=[{"type": "dense", "out_features": 7_071}]), 7_071**2 + 7_071),
        (_model(input_shape=[65_536], layers=[{"type": "dense", "out_features": 65_536}] * 256), 65_536**2 + 65_536),
        (_model(input_shape=[5_000], layers=[{"type": "dense", "out_features": 5_000}] * 256), 2 * (5_000**2 + 5_000)),
    ],
)
def test_a_model_too_large_costs_nothing(tree: Tree, count: int) -> None:
    assert count > MAX_PARAMETERS
    text = json.dumps(tree)
    tracemalloc.start()
    try:
        message = _message(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert f"got {count:,} parameters so far; expected at most {MAX_PARAMETERS:,} in all" in message
    assert peak < SMALL


def test_the_largest_model_is_read_without_drawing_a_weight() -> None:
    tracemalloc.start()
    try:
        spec = parse_spec(json.dumps(_model(input_shape=[7_000], layers=[{"type": "dense", "out_features": 7_000}])))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert spec is not None
    assert peak < SMALL


@pytest.mark.parametrize(
    "build",
    [
        lambda text: _layers({"type": text}),
        lambda text: _model(**{text: 1}),
        lambda text: _dense(**{text: 1}),
        lambda text: _dense(out_features=text),
        lambda text: _model(dtype=text),
        lambda text: _run(optimizer={"type": text}),
        lambda text: _run(loss=text),
    ],
)
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;x\x07", "\\x1b[2J\\x1b]0;x\\x07"),
        ("[red]x[~1]", "[red]x[~"),
        ("a\u202eb", "a\\u202eb"),
        ("a\x00b", "a\\x00b"),
        ("a\nb\r", "a\\nb\\r"),
        ("ﬀ", "\\ufb00"),
        ("\U0001f600", "\\U0001f600"),
        ("__class__", "__class__"),
        ("x" * 1000, "x" * 40 + "..."),
    ],
)
def test_hostile_text_is_shown_harmlessly(build: Callable[[str], Tree], text: str, shown: str) -> None:
    message = _message(json.dumps(build(text)))  # which asserts printable ASCII
    assert shown in message.replace("~0", "~")
    assert len(message) < 500


def test_a_pointer_is_escaped_as_rfc_6901_says() -> None:
    assert _message(json.dumps(_model(**{"a/b~c": 1}))).startswith("/a~1b~0c: ")


def test_the_nearest_name_is_offered() -> None:
    for tree, near in ((_layers({"type": "dens"}), "dense"), (_dense(out_feature=3), "out_features")):
        with pytest.raises(SpecError) as caught:
            parse_spec(json.dumps(tree))
        assert caught.value.hint == f"did you mean '{near}'?"


class TestFiles:
    def test_too_large(self, tmp_path: Path) -> None:
        path = tmp_path / "large.json"
        path.write_bytes(b'{"a": "' + b"x" * (2 * SMALL) + b'"}')
        tracemalloc.start()
        try:
            with pytest.raises(SpecError) as caught:
                read_spec(path)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert str(caught.value) == f"{path}: got more than {MAX_BYTES:,} bytes; expected at most that"
        assert peak < SMALL

    def test_missing_or_a_folder(self, tmp_path: Path) -> None:
        for path in (tmp_path / "nothing.json", tmp_path):
            with pytest.raises(SpecError) as caught:
                read_spec(path)
            assert str(caught.value).startswith(f"{path}: cannot be read: ")

    def test_the_file_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "bad.json"
        path.write_text(json.dumps(_dense(out_features="128")))
        with pytest.raises(SpecError) as caught:
            read_spec(str(path))
        assert str(caught.value) == f"{path}: /layers/0/out_features: got '128'; expected an integer"


def _swap(tree: object, number: int, value: object) -> object:
    """`tree` with its `number`-th node, counted depth first, replaced by `value`."""
    count = -1

    def walk(node: object) -> object:
        nonlocal count
        count += 1
        if count == number:
            return value
        if isinstance(node, dict):
            return {key: walk(below) for key, below in node.items()}
        return [walk(below) for below in node] if isinstance(node, list) else node

    return walk(tree)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=9)
    | st.sampled_from(["dense", "relu", "adam", "type"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["type", "rate", "a"]), below),
    max_leaves=6,
)


@given(st.integers(0, 40), values)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_whatever_stands_anywhere_only_spec_errors_come_out(number: int, value: object) -> None:
    tree = _run(
        loss={"type": "softmax_cross_entropy"},
        optimizer={"type": "sgd", "momentum": 0.5},
        schedule={"type": "one_cycle"},
        training={"epochs": 2, "seed": 1},
    )
    message = ""
    try:
        parse_spec(json.dumps(_swap(tree, number, value)))
    except SpecError as error:
        message = str(error)
    assert message.isascii()
    assert message.isprintable()


# What still gets through


def test_brackets_in_strings_hide_no_depth() -> None:
    _message('{"a": "' + "]" * 50_000 + '", "b": ' + "[" * 50_000 + "}")


def test_text_with_a_lone_surrogate() -> None:
    _message('{"\ud800": 1}')


@pytest.mark.parametrize("form", [True, 1.0])
def test_the_format_is_an_integer(form: object) -> None:
    _message(json.dumps(_model(format=form)))


@pytest.mark.parametrize(
    "tree",
    [
        _run(optimizer={"type": "sgd", "nesterov": True}),
        _dense(bias_initializer={"type": "he_normal"}),
        _dense(weight_initializer={"type": "uniform", "low": -1e308, "high": 1e308}),
        _dense(weight_initializer={"type": "constant", "value": 1e300}),
    ],
)
def test_what_is_accepted_can_be_built(tree: Tree) -> None:
    _message(json.dumps(tree))


def test_the_fields_of_numbered_columns_are_listed() -> None:
    columns = {"prefix": "pixel", "count": 4, "end": 4}
    assert "expected prefix, count, start" in _message(json.dumps(_data(feature_columns=columns)))
    columns = {"prefix": "pixel", "count": 4, "type": "sgd"}  # no component, whatever it says
    assert "expected prefix, count, start" in _message(json.dumps(_data(feature_columns=columns)))


@pytest.mark.parametrize(
    ("tree", "got"),
    [
        (_data(feature_columns=["a", "b", "b", "c"]), "got the column 'b' twice"),
        (_data(minimum=5, maximum=4), "got the range 5 to 4"),
    ],
)
def test_what_the_table_format_says_is_said_once(tree: Tree, got: str) -> None:
    message = _message(json.dumps(tree))
    assert message.startswith("/data")
    assert got in message
    assert message.count("got ") == 1


def test_a_key_given_twice_is_named_with_its_place() -> None:
    assert _message('{"format": 1, "layers": [{"type": "relu", "type": "relu"}]}').startswith("/layers/0/type: ")


def test_a_dimension_limit_is_what_the_messages_say() -> None:
    assert parse_spec(json.dumps(_model(input_shape=[MAX_DIMENSION])))
