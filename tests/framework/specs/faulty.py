"""Specs that are faulty, each by one fault with a name, and what is said of it; the fuzzer starts from them, too."""

import json
from collections.abc import Iterator
from typing import TypeAlias, get_args

from framework.specs.layers import LayerUnion
from framework.specs.limits import (
    MAX_BRACKETS,
    MAX_BYTES,
    MAX_COUNT,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_DIMENSION,
    MAX_KEYS,
    MAX_LAYERS,
    MAX_PARAMETERS,
)

Tree: TypeAlias = dict[str, object]


def model(**changes: object) -> Tree:
    tree: Tree = {
        "format": 1,
        "input_shape": [4],
        "layers": [{"type": "rescale", "scale": 0.5}, {"type": "dense", "out_features": 2}],
    }
    return {**tree, **changes}


def dense(**changes: object) -> Tree:
    """A model whose only layer is a dense one with these changes."""
    return model(layers=[{"type": "dense", "out_features": 2, **changes}])


def layers(*row: object) -> Tree:
    return model(layers=list(row))


def run(**changes: object) -> Tree:
    table = {"feature_columns": {"prefix": "pixel", "count": 4}, "classes": 2}
    return {"format": 1, "model": model(), "data": table, **changes}


def data(**changes: object) -> Tree:
    return run(data={"feature_columns": {"prefix": "pixel", "count": 4}, "classes": 2, **changes})


def weighted(class_weights: object) -> Tree:
    return run(loss={"type": "softmax_cross_entropy", "class_weights": class_weights})


def without(tree: Tree, key: str) -> Tree:
    return {name: value for name, value in tree.items() if name != key}


DENSE = {"type": "dense", "out_features": 2}
KNOWN = f"expected one of {', '.join(spec.type_name() for spec in get_args(LayerUnion))}"
WHOLE = "expected an integer"
FINITE = "expected a finite number"

PLACED: list[tuple[str, Tree, str, str, str]] = [
    # what is wrong, the spec, the pointer, what came, what was expected
    ("no format", without(model(), "format"), "/format", "nothing", "expected 1"),
    ("format 0", model(format=0), "/format", "0", "expected 1"),
    ("format 999", model(format=999), "/format", "999", "expected 1"),
    ("format text", model(format="1"), "/format", "'1'", "expected 1"),
    ("format 1.5", model(format=1.5), "/format", "1.5", "expected 1"),
    ("format null", model(format=None), "/format", "null", "expected 1"),
    ("format of the inner model", run(model=model(format=2)), "/model/format", "2", "expected 1"),
    ("no layers", without(model(), "layers"), "/layers", "nothing", "expected a value"),
    ("no input_shape", without(model(), "input_shape"), "/input_shape", "nothing", "expected a value"),
    ("no out_features", layers({"type": "dense"}), "/layers/0/out_features", "nothing", "expected a value"),
    ("layers empty", model(layers=[]), "/layers", "a list of 0", "expected 1 or more"),
    ("layers an object", model(layers={}), "/layers", "an object of 0", "expected a list"),
    ("layers null", model(layers=None), "/layers", "null", "expected a list"),
    ("layer a number", layers(5), "/layers/0", "5", "expected an object"),
    ("layer a name", layers("relu", DENSE), "/layers/0", "'relu'", "expected an object"),
    ("layer a list", layers(["dense"]), "/layers/0", "a list of 1", "expected an object"),
    ("no type", layers({"out_features": 2}), "/layers/0/type", "nothing", KNOWN),
    ("type a number", layers({"type": 5}), "/layers/0/type", "5", KNOWN),
    ("type in capitals", layers({"type": "Dense", "out_features": 2}), "/layers/0/type", "'Dense'", KNOWN),
    ("os.system", layers(DENSE, {"type": "os.system"}), "/layers/1/type", "'os.system'", KNOWN),
    ("builtins.eval", layers({"type": "builtins.eval"}), "/layers/0/type", "'builtins.eval'", KNOWN),
    ("Lambda", layers({"type": "Lambda", "function": "x"}), "/layers/0/type", "'Lambda'", KNOWN),
    ("__import__", layers({"type": "__import__"}), "/layers/0/type", "'__import__'", KNOWN),
    (
        "a class by its path",
        layers({"type": "framework.layers.Dense"}),
        "/layers/0/type",
        "'framework.layers.Dense'",
        KNOWN,
    ),
    ("an optimizer as a layer", layers({"type": "adam"}), "/layers/0/type", "'adam'", KNOWN),
    ("unknown loss", run(loss={"type": "hinge"}), "/loss/type", "'hinge'", "softmax_cross_entropy"),
    ("unknown optimizer", run(optimizer={"type": "adamx"}), "/optimizer/type", "'adamx'", "sgd, adam, adamw"),
    ("unknown schedule", run(schedule={"type": "stairs"}), "/schedule/type", "'stairs'", "constant, cosine, one"),
    ("stairs of no width", run(schedule={"type": "step", "every": 0.0}), "/schedule/every", "0.0", "1e-06 or more"),
    ("a slide to 0", run(schedule={"type": "exponential", "final": 0.0}), "/schedule/final", "0.0", "more than 0"),
    ("one class weight", weighted([1.0]), "/loss/class_weights", "a list of 1", "2 or more of them"),
    ("a class that weighs nothing", weighted([1.0, 0.0]), "/loss/class_weights/1", "0.0", "1e-06 or more"),
    ("class weights as text", weighted("balanced"), "/loss/class_weights", "'balanced'", "expected a list"),
    ("a bend at 0", run(loss={"type": "huber", "delta": 0.0}), "/loss/delta", "0.0", "expected 1e-30 or more"),
    ("alpha below 0", layers({"type": "elu", "alpha": -1.0}), "/layers/0/alpha", "-1.0", "expected 0 or more"),
    ("decay 1", run(optimizer={"type": "rmsprop", "decay": 1.0}), "/optimizer/decay", "1.0", "less than 1"),
    (
        "unknown initializer",
        dense(weight_initializer={"type": "he"}),
        "/layers/0/weight_initializer/type",
        "'he'",
        "he_normal, he_uniform, glorot_normal",
    ),
    ("extra key", model(name="x"), "/name", "a field that does not belong here", "expected format, input_shape"),
    ("extra key in a layer", dense(units=3), "/layers/0/units", "a field that does not belong", "type, out_features"),
    ("in_features given", dense(in_features=4), "/layers/0/in_features", "a field that", "type, out_features"),
    ("wrong case", dense(Use_bias=True), "/layers/0/Use_bias", "a field that does not belong", "use_bias"),
    ("extra key in training", run(training={"epoch": 3}), "/training/epoch", "a field that", "epochs, batch_size"),
    ("module of a class", dense(module="os"), "/layers/0/module", "a field that does not belong", "type"),
    ("size a text", dense(out_features="128"), "/layers/0/out_features", "'128'", WHOLE),
    ("size 128.0", dense(out_features=128.0), "/layers/0/out_features", "128.0", WHOLE),
    ("size true", dense(out_features=True), "/layers/0/out_features", "true", WHOLE),
    ("size null", dense(out_features=None), "/layers/0/out_features", "null", WHOLE),
    ("size a list", dense(out_features=[128]), "/layers/0/out_features", "a list of 1", WHOLE),
    ("size an object", dense(out_features={}), "/layers/0/out_features", "an object of 0", WHOLE),
    ("size 0", dense(out_features=0), "/layers/0/out_features", "0", "expected 1 or more"),
    ("size -1", dense(out_features=-1), "/layers/0/out_features", "-1", "expected 1 or more"),
    ("size 10^9", dense(out_features=10**9), "/layers/0/out_features", "1000000000", "at most 65,536"),
    ("size 2^63", dense(out_features=2**63), "/layers/0/out_features", f"{2**63}", "at most 65,536"),
    ("size 10^400", dense(out_features=10**400), "/layers/0/out_features", "1000000", "at most 65,536"),
    ("shape 0", model(input_shape=[0]), "/input_shape/0", "0", "expected 1 or more"),
    ("shape empty", model(input_shape=[]), "/input_shape", "a list of 0", "expected 1 or more"),
    ("shape of five", model(input_shape=[1] * 5), "/input_shape", "a list of 5", "expected at most 4"),
    ("shape a number", model(input_shape=784), "/input_shape", "784", "expected a list"),
    ("shape too large", model(input_shape=[65_537]), "/input_shape/0", "65537", "at most 65,536"),
    ("dtype", model(dtype="float16"), "/dtype", "'float16'", "'float32' or 'float64'"),
    ("flag a number", dense(use_bias=1), "/layers/0/use_bias", "1", "expected true or false"),
    ("flag a text", dense(use_bias="true"), "/layers/0/use_bias", "'true'", "expected true or false"),
    ("rate 1", layers({"type": "dropout", "rate": 1.0}, DENSE), "/layers/0/rate", "1.0", "expected less than 1"),
    (
        "rate -0.1",
        layers({"type": "dropout", "rate": -0.1}, DENSE),
        "/layers/0/rate",
        "-0.1",
        "expected 0 or more",
    ),
    ("rate a text", layers({"type": "dropout", "rate": "0.5"}), "/layers/0/rate", "'0.5'", "expected a number"),
    ("rate true", layers({"type": "dropout", "rate": True}), "/layers/0/rate", "true", "expected a number"),
    ("scale 0", layers({"type": "rescale", "scale": 0.0}, DENSE), "/layers/0", "0.0", "expected 1e-30 to 1e+30"),
    (
        "scale 1e300",
        layers({"type": "rescale", "scale": 1e300}, DENSE),
        "/layers/0/scale",
        "1e+300",
        "at most 1e+30",
    ),
    (
        "slope 2",
        layers({"type": "leaky_relu", "negative_slope": 2.0}),
        "/layers/0/negative_slope",
        "2.0",
        "at most 1",
    ),
    (
        "uniform the wrong way round",
        dense(weight_initializer={"type": "uniform", "low": 1.0, "high": 0.0}),
        "/layers/0/weight_initializer",
        "Uniform(low=1.0, high=0.0)",
        "low <= high",
    ),
    (
        "learning rate -1",
        run(optimizer={"type": "sgd", "learning_rate": -1.0}),
        "/optimizer/learning_rate",
        "-1.0",
        "expected 0 or more",
    ),
    ("momentum 1", run(optimizer={"type": "sgd", "momentum": 1}), "/optimizer/momentum", "1", "less than 1"),
    ("epsilon 0", run(optimizer={"type": "adam", "epsilon": 0.0}), "/optimizer/epsilon", "0.0", "1e-30 or more"),
    ("epochs 0", run(training={"epochs": 0}), "/training/epochs", "0", "expected 1 or more"),
    ("batch size 0", run(training={"batch_size": 0}), "/training/batch_size", "0", "expected 1 or more"),
    ("seed -1", run(training={"seed": -1}), "/training/seed", "-1", "expected 0 or more"),
    ("seed 2^64", run(training={"seed": 2**64}), "/training/seed", f"{2**64}", "expected less than"),
    ("monitor", run(training={"monitor": "loss"}), "/training/monitor", "'loss'", "'validation_loss' or"),
    ("two dimensions", model(input_shape=[2, 2]), "/layers/1", "samples of shape (2, 2)", "expected one dimension"),
    ("nothing to train", layers({"type": "relu"}), "/layers/0", "no layer with parameters", "something to train"),
    (
        "too many layers",
        layers(*[{"type": "relu"}] * MAX_LAYERS, DENSE),
        "/layers",
        "a list of 257",
        f"at most {MAX_LAYERS}",
    ),
    (
        "a feature without an input",
        data(feature_columns={"prefix": "pixel", "count": 5}),
        "/model/input_shape",
        "[4]",
        "expected [5]",
    ),
    (
        "as many features as there may be",
        data(feature_columns={"prefix": "pixel", "count": MAX_DIMENSION}),
        "/model/input_shape",
        "[4]",
        "expected [65536]",
    ),
    ("too few outputs", data(classes=3), "/model/layers/1", "outputs of shape [2]", "expected [3]"),
    ("classes 1", data(classes=1), "/data/classes", "1", "expected 2 or more"),
    ("no data", without(run(), "data"), "/data", "nothing", "expected a value"),
    ("model a list", run(model=[]), "/model", "a list of 0", "expected an object"),
    (
        "patience without validation",
        run(training={"patience": 2}),
        "/training/patience",
        "a patience without validation",
        "data.validation_split above 0",
    ),
    ("no column names", data(feature_columns=[]), "/data/feature_columns", "a list of 0", "expected"),
    ("split 1", data(validation_split=1.0), "/data/validation_split", "1.0", "less than 1"),
    (
        "three class weights for two",
        weighted([1.0, 1.0, 1.0]),
        "/loss/class_weights",
        "3 of them",
        "expected 2, one per",
    ),
    ("epochs 10^400", run(training={"epochs": 10**400}), "/training/epochs", "1000000", f"at most {MAX_COUNT:,}"),
    (
        "batch size 2^31",
        run(training={"batch_size": 2**31}),
        "/training/batch_size",
        f"{2**31}",
        f"at most {MAX_COUNT:,}",
    ),
    ("clip norm 1e300", run(training={"clip_norm": 1e300}), "/training/clip_norm", "1e+300", "at most 1e+30"),
    ("max norm 1e-40", run(training={"max_norm": 1e-40}), "/training/max_norm", "1e-40", "1e-30 or more"),
    ("another format, of other fields", model(format=2, name="x"), "/format", "2", "expected 1"),
    ("a shape of zeros", model(input_shape=[0] * 100_000), "/input_shape/0", "0", "expected 1 or more"),
    ("a list of nothing for layers", model(layers=[0] * 100_000), "/layers/0", "0", "expected an object"),
    (
        "zeros for an inner shape",
        layers({"type": "reshape", "shape": [0] * 100_000}),
        "/layers/0/shape/0",
        "0",
        "expected 1 or more",
    ),
    (
        "zeros for inner layers",
        layers({"type": "residual", "layers": [0] * 100_000}),
        "/layers/0/layers/0",
        "0",
        "expected an object",
    ),
    ("too many zeros for names", data(feature_columns=[0] * 100_000), "/data/feature_columns", "a list of 100000", ""),
    ("zeros for names", data(feature_columns=[0] * MAX_DIMENSION), "/data/feature_columns", "a list of 65536", ""),
    ("texts for class weights", weighted(["a"] * MAX_DIMENSION), "/loss/class_weights/0", "'a'", "expected a number"),
    (
        "keys by the ten thousand",
        dense(**{f"key{number}": 1 for number in range(50_000)}),
        "/layers/0",
        "50,002 keys",
        f"expected at most {MAX_KEYS}",
    ),
    (
        "an integer of 5,000 digits",
        run(training={"seed": "5,000 digits"}),
        "/training/seed",
        "an integer of 5,000 digits",
        f"expected at most {MAX_DIGITS}",
    ),
    (
        "a digit too many",
        dense(out_features="641 digits"),
        "/layers/0/out_features",
        "an integer of 641 digits",
        f"expected at most {MAX_DIGITS}",
    ),
    ("half a character as a key", model(**{"\ud800": 1}), "/\\ud800", "half a character", "expected Unicode"),
    ("half a character as a type", layers({"type": "\ud800"}), "/layers/0/type", "'\\ud800'", KNOWN),
    ("a million signs as a type", layers({"type": "x" * 1_000_000}), "/layers/0/type", f"'{'x' * 40}...'", KNOWN),
    ("a million signs as a key", model(**{"x" * 1_000_000: 1}), f"/{'x' * 40}...", "a field that does not", "format"),
    (
        "256 layers of 65,536",
        model(input_shape=[65_536], layers=[{"type": "dense", "out_features": 65_536}] * 256),
        "/layers/0",
        f"{65_536**2 + 65_536:,} parameters so far",
        f"expected at most {MAX_PARAMETERS:,} in all",
    ),
    (
        "a kernel of 65,536",
        model(input_shape=[1, 1, 256], layers=[{"type": "conv2d", "out_channels": 1, "kernel_size": 65_536}]),
        "/layers/0",
        "samples of shape (1, 1, 256)",
        "expected (65536, 65536, 256) or larger",
    ),
    (
        "a sample of 2^64 numbers",
        model(input_shape=[65_536] * 4, layers=[{"type": "flatten"}, DENSE]),
        "/layers/0",
        f"{65_536**4:,} numbers a sample",
        "expected at most 16,777,216",
    ),
    (
        "layers inside layers by the hundred",
        layers({"type": "residual", "layers": [{"type": "residual", "layers": [{"type": "relu"}] * 60}] * 60}, DENSE),
        "/layers/0",
        "3,661 layers so far",
        f"expected at most {MAX_LAYERS} in all",
    ),
]
"""A fault each: its name, the spec, its place, what came, what was expected."""

GOOD = json.dumps(model())
EVERY_TEXT = {
    "nothing": (b"", ["line 1, column 1: got the end; expected a JSON object"]),
    "a byte order mark": (b"\xef\xbb\xbf", ["line 1, column 1: got the end; expected a JSON object"]),
    "YAML": (b"layers: []", ["line 1, column 1: got 'l'; expected a JSON object"]),
    "a bracket too few": (b'{"format": 1,\n "layers": [}', ["line 2, column 13: got '}'; expected a value"]),
    "single quotes": (b"{'format': 1}", ["line 1, column 2: got '''; expected a name in double quotes"]),
    "a comma too many": (b'{"format": 1,}', ["line 1, column 1"]),
    "a comment": (b'{"format": 1} // x', ["line 1, column 15: got '/'"]),
    "more text": (GOOD.encode() + b" x", [f"line 1, column {len(GOOD) + 2}: got 'x'; expected the end"]),
    "a NUL at the end": (GOOD.encode() + b"\0", [f"line 1, column {len(GOOD) + 1}: got '\\x00'"]),
    "a NUL in a string": (b'{"a\0": 1}', ["line 1, column 4: got '\\x00'"]),
    "two specs": (GOOD.encode() * 2, [f"line 1, column {len(GOOD) + 1}: got '{{'; expected the end"]),
    "UTF-16": (GOOD.encode("utf-16"), ["byte 0: got no UTF-8; expected a JSON object in UTF-8"]),
    "UTF-16 without a mark": (
        GOOD.encode("utf-16-le"),
        ["line 1, column 2: got '\\x00'; expected a name in double quotes"],
    ),
    "UTF-32": (GOOD.encode("utf-32"), ["byte 0: got no UTF-8; expected a JSON object in UTF-8"]),
    "invalid UTF-8": (b'{"format": "\xff"}', ["byte 12: got no UTF-8; expected a JSON object in UTF-8"]),
    "Latin-1": (b'{"caf\xe9": 1}', ["byte 5: got no UTF-8"]),
    "half a character in UTF-8": (b'{"a\xed\xa0\x80": 1}', ["byte 3: got no UTF-8"]),
    "overlong UTF-8": (b'{"a\xc0\xaf": 1}', ["byte 3: got no UTF-8"]),
    "a pickle": (b"\x80\x04N.", ["byte 0: got no UTF-8"]),
    "a zip archive": (b"PK\x03\x04", ["line 1, column 1: got 'P'; expected a JSON object"]),
    "a list": (b"[]", ["got a list of 0; expected a JSON object"]),
    "null": (b"null", ["got null; expected a JSON object"]),
    "a string": (b'"model"', ["got 'model'; expected a JSON object"]),
    "a number": (b"1", ["got 1; expected a JSON object"]),
    "NaN": (b"NaN", ["got NaN; expected a JSON object"]),
    "an object of nothing": (b"{}", ["/format: got nothing; expected 1"]),
    "format twice": (b'{"format": 1, "format": 1}', ["/format: got this key twice; expected each key once"]),
    "$schema twice": (b'{"$schema": 1, "format": 1, "$schema": 1}', ["/$schema: got this key twice"]),
    "type twice": (
        b'{"format": 1, "layers": [{"type": "relu"}, {"type": "dense", "type": "relu"}]}',
        ["/layers/1/type: got this key twice; expected each key once"],
    ),
    "a key twice, once escaped": (
        b'{"format": 1, "a": {"b": {"\\u0063": 1, "c": 2}}}',
        ["/a/b/c: got this key twice; expected each key once"],
    ),
    "a key twice, in a value that another one replaces": (
        b'{"format": 1, "a": {"b": 1, "b": 2}, "a": 1}',
        ["/a: got this key twice; expected each key once"],
    ),
    "an open bracket 100,000 times": (b"[" * 100_000, [f"brackets nested over {MAX_DEPTH} deep; expected at most"]),
    "an open object 100,000 times": (b'{"a":' * 100_000, [f"over {MAX_DEPTH} deep"]),
    "1,000 brackets": (b'{"a":' + b"[" * 1_000 + b"]" * 1_000 + b"}", [f"over {MAX_DEPTH} deep"]),
    "a bracket too deep": (b'{"a":' * 17 + b"1" + b"}" * 17, [f"over {MAX_DEPTH} deep"]),
    "brackets in a string before them": (
        b'{"a": "' + b"]" * 50_000 + b'", "b": ' + b"[" * 50_000 + b"}",
        [f"over {MAX_DEPTH} deep"],
    ),
    "brackets after a quote that is escaped": (
        b'{"a": "\\"", "b": ' + b"[" * 50_000 + b"}",
        [f"over {MAX_DEPTH} deep"],
    ),
    "brackets in a string without an end": (b'{"a": "' + b"[" * 50_000, ["line 1, column 7: got '\"'"]),
    "lists by the 100,000": (b'{"a": [' + b"[]," * 100_000 + b"[]]}", [f"over {MAX_BRACKETS:,} lists and objects"]),
    "objects by the 100,000": (b'{"a": [' + b"{}," * 100_000 + b"{}]}", [f"over {MAX_BRACKETS:,} lists and objects"]),
    "quotes by the 100,000, none closed": (b'"\\' * 500_000, ["line 1, column 1: got '\"'"]),
    "backslashes by the million": (b'"' + b"\\" * 1_000_000, ["line 1, column 1: got '\"'"]),
    "a key 100,000 times": (b"{" + b'"a":1,' * 100_000 + b'"a":1}', ["/a: got this key twice"]),
    "the last of many keys twice": (
        b"{" + b",".join(b'"%d":1' % number for number in range(90_000)) + b',"89999":1}',
        ["/89999: got this key twice"],
    ),
    "a million keys": (
        b"{" + b",".join(b'"%d":1' % number for number in range(1_000_000)) + b"}",
        [f"got more than {MAX_BYTES:,} bytes; expected"],
    ),
    "many keys": (
        b'{"format":1,' + b",".join(b'"%d":1' % number for number in range(90_000)) + b"}",
        [f"got 90,001 keys; expected at most {MAX_KEYS}"],
    ),
    "a string of 10 MB": (b'{"a": "' + b"x" * 10_000_000 + b'"}', [f"got more than {MAX_BYTES:,} bytes; expected"]),
    "a million escapes": (
        b'{"format":1,"a":"' + b"\\u00e9" * 170_000 + b'"}',
        ["/a: got a field that does not belong"],
    ),
    "a million digits": (
        b'{"format": 1, "a": [1, ' + b"9" * 1_000_000 + b"]}",
        [f"/a/1: got an integer of 1,000,000 digits; expected at most {MAX_DIGITS}"],
    ),
    "blanks over the limit": (b" " * (MAX_BYTES + 1), [f"got more than {MAX_BYTES:,} bytes; expected"]),
}
"""What is no JSON object, or one that nobody means: its name, the text, parts of what is said."""

HOSTILE_NAMES = {
    "a terminal sequence": ("\x1b[2J\x1b]0;x\x07", "\\x1b[2J\\x1b]0;x\\x07"),
    "a C1 sequence": ("\x9b31m", "\\x9b31m"),
    "markup": ("[red]x[/red]", "[red]x[/red]"),
    "HTML": ("<img src=x>", "<img src=x>"),
    "a bidi override": ("a\u202eb", "a\\u202eb"),
    "a line separator": ("a\u2028b", "a\\u2028b"),
    "no width": ("a\ufeffb", "a\\ufeffb"),
    "NUL": ("a\x00b", "a\\x00b"),
    "line ends": ("a\nb\r", "a\\nb\\r"),
    "a ligature": ("ﬀ", "\\ufb00"),
    "an emoji": ("\U0001f600", "\\U0001f600"),
    "a class": ("__class__", "__class__"),
    "metadata": ("__metadata__", "__metadata__"),
    "a path": ("../x", "../x"),
    "very long": ("x" * 1000, "x" * 40 + "..."),
}
"""What a text may do to a terminal or a reader, and how messages show it."""


def text_of(tree: Tree) -> str:
    """The JSON of a spec; numbers that Python would rather not spell stand in it as texts."""
    text = json.dumps(tree)
    for count in (641, 5000):
        text = text.replace(f'"{count} digits"' if count < 1000 else f'"{count:,} digits"', "9" * count)
    return text


def every_faulty_spec() -> Iterator[tuple[str, bytes]]:
    """The name of each fault, and a file that has it."""
    for name, tree, *_ in PLACED:
        yield name, text_of(tree).encode()
    for name, (text, _) in EVERY_TEXT.items():
        yield name, text
    for name, (hostile, _) in HOSTILE_NAMES.items():
        yield f"{name} as a type", json.dumps(layers({"type": hostile})).encode()
        yield f"{name} as a key", json.dumps(model(**{hostile: 1})).encode()
