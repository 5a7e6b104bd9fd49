"""Bad specs: each is refused by a SpecError that names the place, what came and what was expected."""

import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework import SpecError, parse_spec, read_spec
from framework.specs.limits import MAX_BYTES, MAX_DIMENSION, MAX_PARAMETERS
from tests.framework.specs.faulty import (
    DENSE,
    EVERY_TEXT,
    FINITE,
    GOOD,
    HOSTILE_NAMES,
    PLACED,
    WHOLE,
    Tree,
    data,
    dense,
    layers,
    model,
    run,
    text_of,
)

SMALL = 4 << 20
"""Bytes a refusal may take: what pydantic needs for 256 layers of spec, and far below one array that was asked for."""


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
    message = _message(text_of(tree))
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
    assert _message(json.dumps(dense(out_features=value))) == f"/layers/0/out_features: {said}"


def test_the_limit_of_a_number_is_shown_without_needless_digits() -> None:
    assert _message(json.dumps(data(validation_split=1))).endswith("expected less than 1")
    assert _message(json.dumps(run(optimizer={"type": "adam", "epsilon": 0}))).endswith("expected 1e-30 or more")


@pytest.mark.parametrize(("given", "said"), [({"type": None}, "null"), ({"type": []}, "a list of 0"), ({}, "nothing")])
def test_what_is_no_type_is_shown_as_it_is(given: Tree, said: str) -> None:
    assert _message(json.dumps(layers(given))).startswith(f"/layers/0/type: got {said}; expected one of")


def test_there_are_plenty_of_cases() -> None:
    assert len(PLACED) == len({case[0] for case in PLACED}) >= 40


@pytest.mark.parametrize(("text", "parts"), EVERY_TEXT.values(), ids=EVERY_TEXT)
def test_what_is_no_json_object(text: bytes, parts: list[str]) -> None:
    message = _message(text)
    for part in parts:
        assert part in message


def test_a_byte_order_mark_and_white_space_do_no_harm() -> None:
    plain = parse_spec(GOOD)
    assert parse_spec(b"\xef\xbb\xbf" + GOOD.encode()) == plain
    assert parse_spec(f"\r\n\t {GOOD} \n") == plain
    assert parse_spec(GOOD.ljust(MAX_BYTES)) == plain


def test_brackets_in_strings_are_text() -> None:
    plain = parse_spec(GOOD)
    for text in ("[" * 50_000, '\\"' + "[" * 50_000, "\\" + '"' + "{" * 50_000, "]" * 50_000):
        assert parse_spec(json.dumps({"$schema": text, **model()})) == plain


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400"])
@pytest.mark.parametrize(
    ("tree", "pointer"),
    [
        (layers({"type": "rescale", "scale": "HERE"}, DENSE), "/layers/0/scale"),
        (layers({"type": "dropout", "rate": "HERE"}, DENSE), "/layers/0/rate"),
        (dense(bias_initializer={"type": "constant", "value": "HERE"}), "/layers/0/bias_initializer/value"),
        (dense(bias_initializer={"type": "normal", "mean": "HERE"}), "/layers/0/bias_initializer/mean"),
        (run(optimizer={"type": "sgd", "learning_rate": "HERE"}), "/optimizer/learning_rate"),
        (run(optimizer={"type": "adam", "epsilon": "HERE"}), "/optimizer/epsilon"),
        (run(schedule={"type": "cosine", "final": "HERE"}), "/schedule/final"),
        (data(validation_split="HERE"), "/data/validation_split"),
        (dense(out_features="HERE"), "/layers/0/out_features"),
        (run(training={"seed": "HERE"}), "/training/seed"),
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
        (model(input_shape=[65_536], layers=[{"type": "dense", "out_features": 65_536}]), 65_536**2 + 65_536),
        (model(input_shape=[7_071], layers=[{"type": "dense", "out_features": 7_071}]), 7_071**2 + 7_071),
        (model(input_shape=[65_536], layers=[{"type": "dense", "out_features": 65_536}] * 256), 65_536**2 + 65_536),
        (model(input_shape=[5_000], layers=[{"type": "dense", "out_features": 5_000}] * 256), 2 * (5_000**2 + 5_000)),
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
        spec = parse_spec(json.dumps(model(input_shape=[7_000], layers=[{"type": "dense", "out_features": 7_000}])))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert spec is not None
    assert peak < SMALL


@pytest.mark.parametrize(
    "build",
    [
        lambda text: layers({"type": text}),
        lambda text: model(**{text: 1}),
        lambda text: dense(**{text: 1}),
        lambda text: dense(out_features=text),
        lambda text: model(dtype=text),
        lambda text: run(optimizer={"type": text}),
        lambda text: run(loss=text),
    ],
)
@pytest.mark.parametrize(("text", "shown"), HOSTILE_NAMES.values(), ids=HOSTILE_NAMES)
def test_hostile_text_is_shown_harmlessly(build: Callable[[str], Tree], text: str, shown: str) -> None:
    message = _message(json.dumps(build(text)))  # which asserts printable ASCII
    assert shown in message.replace("~1", "/").replace("~0", "~")
    assert len(message) < 500


def test_a_pointer_is_escaped_as_rfc_6901_says() -> None:
    assert _message(json.dumps(model(**{"a/b~c": 1}))).startswith("/a~1b~0c: ")


def test_the_nearest_name_is_offered() -> None:
    for tree, near in (
        (layers({"type": "dens"}), "dense"),
        (layers({"type": "DENSE"}), "dense"),
        (dense(out_feature=3), "out_features"),
        (dense(Out_Features=3), "out_features"),
    ):
        with pytest.raises(SpecError) as caught:
            parse_spec(json.dumps(tree))
        assert caught.value.hint == f"did you mean '{near}'?"


def test_whoever_looks_for_softmax_is_told_where_it_is() -> None:
    with pytest.raises(SpecError, match=r"/layers/1/type: got 'softmax'; expected one of") as caught:
        parse_spec(json.dumps(layers(DENSE, {"type": "softmax"})))
    assert str(caught.value.hint).startswith("there is no softmax layer: the loss softmax_cross_entropy takes scores")


@pytest.mark.parametrize(
    ("tree", "message", "hint"),
    [
        (
            layers({"type": "reshape", "shape": [2, 2]}, DENSE),
            "/layers/1: Dense: got samples of shape (2, 2); expected one dimension, (in_features,)",
            "layers.0 (Reshape) makes samples of shape (2, 2)",
        ),
        (
            layers({"type": "residual", "layers": [DENSE, {"type": "reshape", "shape": [3]}]}, DENSE),
            "/layers/0/layers/1: Reshape((3,)): got samples of shape (2,), 2 numbers; expected 3",
            "layers.0 (Dense) makes samples of shape (2,)",
        ),
        (
            model(input_shape=[2, 2], layers=[DENSE]),
            "/layers/0: Dense: got samples of shape (2, 2); expected one dimension, (in_features,)",
            None,
        ),
    ],
)
def test_a_layer_that_does_not_fit_is_shown_with_the_one_before(tree: Tree, message: str, hint: str | None) -> None:
    with pytest.raises(SpecError) as caught:
        parse_spec(json.dumps(tree), source="x")
    assert str(caught.value) == f"x: {message}"
    assert caught.value.hint == hint


def test_a_long_row_of_layers_makes_no_long_message() -> None:
    """The fuzzer's first finding: all 200 layers were in it."""
    assert len(_message(json.dumps(layers({"type": "residual", "layers": [DENSE] * 200})))) < 250


def test_what_is_read_can_be_written_and_read() -> None:
    """50,000 names of 15 characters fit a file with all of them in a row, and not one with a line each."""

    def named(count: int) -> str:
        names = [f"ENSG{number:011}" for number in range(count)]
        table = {"feature_columns": names, "classes": 2}
        return json.dumps(run(model=model(input_shape=[count], layers=[DENSE]), data=table))

    assert len(named(50_000)) < MAX_BYTES
    assert "bytes, as it is written; expected at most 1,048,576" in _message(named(50_000))
    spec = parse_spec(named(40_000))
    assert parse_spec(spec.model_dump_json(indent=2)) == spec


@pytest.mark.parametrize("token", ["-0.0", "1e-400", "0"])
def test_what_rounds_to_0_is_0(token: str) -> None:
    """As any number in a file is the double next to it; where 0 will not do, nor will these."""
    text = json.dumps(run(optimizer={"type": "sgd", "momentum": "HERE"})).replace('"HERE"', token)
    assert parse_spec(text) == parse_spec(json.dumps(run(optimizer={"type": "sgd"})))
    tree = run(optimizer={"type": "adam", "epsilon": "HERE"})
    assert _message(json.dumps(tree).replace('"HERE"', token)).endswith("expected 1e-30 or more")


class TestFiles:
    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
    def test_a_pipe_or_device(self, tmp_path: Path) -> None:
        """With a writer at the other end, so that nothing waits for ever should the pipe be opened to be read."""
        pipe, device = tmp_path / "pipe", tmp_path / "device"
        os.mkfifo(pipe)
        device.symlink_to("/dev/zero")
        writer = os.open(pipe, os.O_RDWR)
        try:
            os.write(writer, GOOD.encode())
            for path in (pipe, device):
                with pytest.raises(SpecError) as caught:
                    read_spec(path)
                assert str(caught.value) == f"{path}: got a pipe or device; expected a file"
                assert caught.value.hint == "save it to a file first"
            assert os.read(writer, len(GOOD)) == GOOD.encode()  # left as it was
        finally:
            os.close(writer)

    def test_a_name_that_would_disturb_a_terminal(self, tmp_path: Path) -> None:
        path = tmp_path / "\x1b[2J.json"
        path.write_text("{")
        with pytest.raises(SpecError) as caught:
            read_spec(path)
        assert str(caught.value).isprintable()
        assert "\\x1b[2J.json: line 1, column 2: " in str(caught.value)

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
        path.write_text(json.dumps(dense(out_features="128")))
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
    tree = run(
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


def test_text_with_a_lone_surrogate() -> None:
    _message('{"\ud800": 1}')


@pytest.mark.parametrize("form", [True, 1.0])
def test_the_format_is_an_integer(form: object) -> None:
    _message(json.dumps(model(format=form)))


@pytest.mark.parametrize(
    "tree",
    [
        run(optimizer={"type": "sgd", "nesterov": True}),
        dense(bias_initializer={"type": "he_normal"}),
        dense(weight_initializer={"type": "uniform", "low": -1e308, "high": 1e308}),
        dense(weight_initializer={"type": "constant", "value": 1e300}),
    ],
)
def test_what_is_accepted_can_be_built(tree: Tree) -> None:
    _message(json.dumps(tree))


def test_the_fields_of_numbered_columns_are_listed() -> None:
    columns = {"prefix": "pixel", "count": 4, "end": 4}
    assert "expected prefix, count, start" in _message(json.dumps(data(feature_columns=columns)))
    columns = {"prefix": "pixel", "count": 4, "type": "sgd"}  # no component, whatever it says
    assert "expected prefix, count, start" in _message(json.dumps(data(feature_columns=columns)))


@pytest.mark.parametrize(
    ("tree", "got"),
    [
        (data(feature_columns=["a", "b", "b", "c"]), "got the column 'b' twice"),
        (data(minimum=5, maximum=4), "got the range 5 to 4"),
    ],
)
def test_what_the_table_format_says_is_said_once(tree: Tree, got: str) -> None:
    message = _message(json.dumps(tree))
    assert message.startswith("/data")
    assert got in message
    assert message.count("got ") == 1


def test_a_dimension_limit_is_what_the_messages_say() -> None:
    assert parse_spec(json.dumps(model(input_shape=[MAX_DIMENSION])))
