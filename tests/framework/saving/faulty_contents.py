"""What a file can say below a digest that is right: other tensors, other numbers, another text."""

from collections.abc import Callable, Iterator

import numpy as np
from safetensors.numpy import save as stock_save

from framework.saving.container import CHECKPOINT, FORMAT, MODEL, Kind, canonical, digest
from tests.framework.saving.forging import EPOCHS, Parts, Tree, good

Change = Callable[[Parts], object]


def changes(kind: Kind) -> Iterator[tuple[str, Change, str]]:
    """What is wrong with a file although its digest is right."""
    names = sorted(Parts.of(kind, good(kind)).tensors)
    for name in names:
        yield f"no {name}", _without(name), f"tensor '{name}': got nothing"
        for number in (np.nan, np.inf, -np.inf):
            yield f"{number} in {name}", _numbers(name, number), f"got {number}; expected finite numbers"
        if "variance" in name or name == "optimizer.v":
            yield f"-1 in {name}", _numbers(name, -1.0), "got -1.0; expected 0 or more"
        if not name.startswith("history."):
            yield f"{name} in float64", _cast(name, "f8"), f"tensor '{name}': got float64"
        yield f"{name} in int32", _cast(name, "i4"), f"tensor '{name}': dtype: got 'I32'"
        yield f"{name} with a row more", _grown(name), f"tensor '{name}': got float"
    yield "a tensor too many", lambda p: p.tensors.update(more=np.ones(2, np.float32)), "tensor 'more': got one"
    weights = [name for name in names if name.endswith("0.weight")]
    for name in weights:
        yield f"{name} transposed", _turned(name), f"tensor '{name}': got float32 of shape (4, 3); expected float32"
        yield (
            f"{name} renamed",
            _renamed(name, name.replace("weight", "wieght")),
            f"tensor '{name}': got nothing; expected a tensor",
        )
        other = name.replace("weight", "bias")
        yield f"{name} exchanged", _exchanged(name, other), f"tensor '{name}': got float32 of shape (4,)"
    yield "no tensor at all", lambda p: p.tensors.clear(), "got nothing; expected a tensor"
    yield "a field too many", _text("more", 1), "more"
    if kind == MODEL:
        yield from _model_changes()
    else:
        yield from _checkpoint_changes()


def _model_changes() -> Iterator[tuple[str, Change, str]]:
    specs: list[object] = [None, [], 1, "text", {}, {"format": 1}]
    for spec in specs:
        yield f"spec {spec}", _text("spec", spec), "spec: "
    yield "no spec", _no_text("spec"), "spec: got null"
    for word in ("", "BEST", "best\x1b[2J", None, 1, ["best"]):
        yield f"weights are {word!r}", _text("weights_are", word), "weights_are: got"
    for name, layer, words in HOSTILE_LAYERS:
        yield name, _layer("spec", layer), words
    yield "fifty million parameters", _vast("spec"), "by the file's own spec"


def _checkpoint_changes() -> Iterator[tuple[str, Change, str]]:
    numbers: list[tuple[str, tuple[object, ...], str]] = [
        ("step", (-1, 2**63, 10**30, 5.0, "5", True, None, 4, 6), "progress: /step: got "),
        ("epoch", (-1, 2**63, 1.0, None), "progress: /epoch: got "),
        ("epoch", (0, 2, EPOCHS + 1, 2**62), "history."),
        ("batch", (-1, 2**63, "2", None, 4, 2**62), "progress: /batch: got "),
        ("loss_sum", ("1", True, None, 10**400), "progress: /loss_sum: got "),
        ("weight_sum", (-1.0, None, "8"), "progress: /weight_sum: got "),
        ("weight_sum", (0.0, 1e-320), "progress: /weight_sum: got "),
        ("correct", (-1, 9, 2**63, 1.5), "progress: /correct: got "),
        ("seen", (-1, 7, 9, 10**12), "progress: /seen: got "),
        ("samples", (-1, 17, 19, 10**12), "progress: /samples: got "),
        ("first_step", (-1, 2**63, 2**63 - 1, None), "progress: /first_step: got "),
        ("best", ("1", True, 10**400, 0.5), "progress: /best: got "),
        ("best", (None,), "tensor 'best.layers.0.bias': got one"),
        ("epochs_since_best", (-1, 1, 2**63), "progress: /epochs_since_best: got "),
        ("stopped_early", (1, "true", None), "progress: /stopped_early: got "),
        ("stopped_early", (True,), "progress: /batch: got 2; expected at most 0"),
        ("history", ([],), "progress: /history: got a field that does not belong here"),
    ]
    for name, values, words in numbers:
        for value in values:
            yield f"{name} {str(value)[:20]}", _progress(name, value), words
    for name in Parts.of(CHECKPOINT, good(CHECKPOINT)).text["progress"]:
        yield f"no {name}", _no_text(name, "progress"), f"progress: /{name}: got nothing"
    fields: dict[str, tuple[object, ...]] = {
        "threads": (0, -1, 1025, 2**63, True, 1.0, "1", None, []),
        "data": (None, 5, []),
        "sharing": (None, 5, []),
        "arithmetic": (None, 5, []),
        "progress": (None, [], "", 1),
        "plan": (None, [], "", 1, {}, {"format": 2}),
    }
    for name, wrong in fields.items():
        for one in wrong:
            yield f"{name} {one!r}", _text(name, one), f"{name}: "
        yield f"no {name}", _no_text(name), f"{name}: got null"
    for name, number in (("accuracy", 1.5), ("validation_accuracy", -0.1), ("best", 0.5), ("best", 2.0)):
        words = f"tensor 'history.{name}': row 0: got {number}; expected "
        yield f"{name} {number} in the history", _numbers(f"history.{name}", number), words
    yield "no best epoch", _numbers("history.best", 0.0), "progress: /best: got "
    yield "another best loss", _numbers("history.validation_loss", 0.25), "expected -0.25, by the rest of the file"
    for name, layer, words in HOSTILE_LAYERS:
        yield name, _layer("plan", layer), words
    yield "fifty million parameters", _vast("plan"), "by the file's own spec"


def _numbers(name: str, number: float) -> Change:
    return lambda parts: parts.tensors[name].reshape(-1).__setitem__(-1, number)


def _cast(name: str, dtype: str) -> Change:
    return lambda parts: parts.tensors.update({name: parts.tensors[name].astype(dtype)})


def _grown(name: str) -> Change:
    return lambda parts: parts.tensors.update({name: np.concatenate([parts.tensors[name]] * 2)})


def _turned(name: str) -> Change:
    return lambda parts: parts.tensors.update({name: parts.tensors[name].T.copy()})


def _renamed(name: str, new: str) -> Change:
    return lambda parts: parts.tensors.update({new: parts.tensors.pop(name)})


def _exchanged(one: str, other: str) -> Change:
    return lambda parts: parts.tensors.update({one: parts.tensors[other], other: parts.tensors[one]})


def _progress(name: str, value: object) -> Change:
    return lambda parts: parts.text["progress"].update({name: value})


def _layers(parts: Parts, place: str) -> list[Tree]:
    spec = parts.text[place]
    layers: list[Tree] = (spec["model"] if place == "plan" else spec)["layers"]
    return layers


def _layer(place: str, layer: Tree) -> Change:
    return lambda parts: _layers(parts, place).insert(0, layer)


def _vast(place: str) -> Change:
    """A spec of nearly as many parameters as there may be, and no numbers for them: 400 MB, if they were drawn."""

    def change(parts: Parts) -> None:
        _layers(parts, place)[0]["out_features"] = 60_000
        _layers(parts, place).insert(1, {"type": "dense", "out_features": 800})

    return change


# What has been done to Keras, PyTorch, Lightning and ONNX by way of a model file, as it would look in ours

_CODE = "4wEAAAAAAAAAAAAAAAEAAAACAAAAQwAAAHMMAAAAdABkAYMBAQBkAFMA"
HOSTILE_LAYERS: list[tuple[str, Tree, str]] = [
    (
        "Lambda with marshalled code",
        {"type": "lambda", "function": [_CODE, None, None]},
        "/layers/0/type: got 'lambda'",
    ),
    (
        "Lambda by its class name",
        {"class_name": "Lambda", "config": {"function": _CODE}},
        "/layers/0/type: got nothing",
    ),
    (
        "a module and a name",
        {"module": "os", "class_name": "system", "type": "dense"},
        "/layers/0/class_name: got a field",
    ),
    (
        "a registered name",
        {"type": "dense", "out_features": 2, "registered_name": "os>system"},
        "/registered_name: got",
    ),
    ("a dotted class", {"type": "os.system"}, "/layers/0/type: got 'os.system'"),
    ("a dotted class of ours", {"type": "framework.layers.dense.Dense"}, "/layers/0/type: got 'framework.layers"),
    ("a target to call", {"_target_": "builtins.eval", "_args_": ["1"]}, "/layers/0/type: got nothing"),
    ("a dunder", {"type": "__import__"}, "/layers/0/type: got '__import__'"),
    ("a pickle in base64", {"type": "gASVHgAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOU"}, "/layers/0/type: got 'gASV"),
    ("a path to a library", {"type": "dense", "out_features": 2, "library": "/tmp/evil.so"}, "/library: got a field"),
    (
        "an initializer by name",
        {"type": "dense", "out_features": 2, "weight_initializer": {"type": "os.popen"}},
        "/layers/0/weight_initializer/type: got 'os.popen'",
    ),
    ("an activation by name", {"type": "dense", "out_features": 2, "activation": "eval"}, "/activation: got a field"),
]


def _text(name: str, value: object) -> Change:
    return lambda parts: parts.text.update({name: value})


def _no_text(name: str, place: str | None = None) -> Change:
    return lambda parts: (parts.text if place is None else parts.text[place]).pop(name)


def _without(name: str) -> Change:
    return lambda parts: parts.tensors.pop(name)


def forged(parts: Parts) -> bytes:
    """The parts below a digest that is right, written by the stock library: ours would not write all of it."""
    whole = {"format": FORMAT, **parts.text}
    entry = canonical({**whole, "sha256": digest(whole, parts.tensors)})
    return stock_save(parts.tensors, metadata={parts.kind.entry: entry})
