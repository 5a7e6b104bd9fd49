"""A model file: what is saved comes back to the bit, and nothing else comes back at all."""

import copy
import gzip
import hashlib
import io
import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save as stock_save

from framework import (
    SGD,
    BatchNorm,
    ChalknetError,
    Constant,
    Dense,
    Dropout,
    EnvironmentFault,
    InputError,
    Layer,
    LeakyReLU,
    ModelFileError,
    ModelSpec,
    Normal,
    ReLU,
    Rescale,
    Residual,
    Sequential,
    Sigmoid,
    Step,
    Tanh,
    Training,
    TrainingSettings,
)
from framework.saving import container
from framework.specs import LayerSpec, Number
from framework.types import Array


def _model(seed: int = 0, dtype: type[np.floating] = np.float32) -> Sequential:
    layers = [
        Rescale(1 / 255),
        Dense(6, 5, bias_initializer=Normal(0.1, 0.2)),
        LeakyReLU(0.2),
        Dropout(0.5),
        Dense(5, 4, use_bias=False),
        Tanh(),
        Dense(4, 4),
        Sigmoid(),
        Dense(4, 3, bias_initializer=Constant(0.5)),
    ]
    return Sequential(layers, seed=seed, dtype=dtype)


def _tiny() -> Sequential:
    return Sequential([Dense(1, 2)], seed=0)


# There and back


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_comes_back_to_the_bit(tmp_path: Path, dtype: type[np.floating]) -> None:
    model = _model(dtype=dtype)
    model.save(tmp_path / "model")
    loaded = Sequential.load(str(tmp_path / "model"))
    assert repr(loaded) == repr(model)
    assert loaded.dtype == model.dtype == dtype
    assert loaded.parameters.values.tobytes() == model.parameters.values.tobytes()
    x = np.random.default_rng(0).integers(0, 256, (40, 6), dtype=np.uint8)
    assert loaded.predict_proba(x).tobytes() == model.predict_proba(x).tobytes()


def _normalised() -> Sequential:
    """A model with running statistics that are no longer what they were at first."""
    model = Sequential([Dense(2, 3), BatchNorm(3), ReLU(), Residual([BatchNorm(3)]), Dense(3, 2)], seed=0)
    model.forward(np.random.default_rng(0).normal(5, 2, (9, 2)), step=Step(0, 0))
    return model


def test_what_comes_from_a_file_comes_from_no_seed(tmp_path: Path) -> None:
    """Else a folder begun with weights of that seed would be taken for that of this model."""
    path = tmp_path / "m.safetensors"
    model = Sequential([Dense(2, 3)], seed=0)
    model.save(path)
    assert model.seed == 0
    assert Sequential.load(path).seed is None
    model.set_weights(model.get_weights())
    assert model.seed is None


def test_running_statistics_come_back(tmp_path: Path) -> None:
    model = _normalised()
    model.save(tmp_path / "model")
    loaded = Sequential.load(tmp_path / "model")
    assert loaded.buffers.values.tobytes() == model.buffers.values.tobytes()
    x = np.random.default_rng(1).normal(5, 2, (9, 2))
    assert loaded.predict_proba(x).tobytes() == model.predict_proba(x).tobytes()


def test_a_shape_no_layer_fixes_comes_back(tmp_path: Path) -> None:
    model = Sequential([ReLU(), Dense(3, 1)], input_shape=(3,), seed=0)
    model.save(tmp_path / "model")
    assert Sequential.load(tmp_path / "model").input_shape == (3,)


def test_unusual_numbers_come_back(tmp_path: Path) -> None:
    model = _tiny()
    info = np.finfo(np.float32)
    model.set_weights({"layers.0.weight": np.array([[-0.0, info.tiny / 4]]), "layers.0.bias": [info.max, info.min]})  # type: ignore[dict-item]
    model.save(tmp_path / "model")
    loaded = Sequential.load(tmp_path / "model")
    assert loaded.parameters.values.tobytes() == model.parameters.values.tobytes()


def test_equal_models_give_equal_bytes(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    paths = [tmp_path / "model", tmp_path / "elsewhere" / "other name", tmp_path / "saved twice"]
    _model().save(paths[0])
    _model().save(paths[1])
    Sequential.load(paths[0]).save(paths[2])
    assert len({path.read_bytes() for path in paths}) == 1
    _model(seed=1).save(paths[0])
    assert paths[0].read_bytes() != paths[1].read_bytes()


def test_the_stock_library_sees_the_same_tensors_and_one_entry(tmp_path: Path) -> None:
    model = _model()
    model.save(tmp_path / "model")
    with safe_open(tmp_path / "model", framework="np") as file:
        weights = model.get_weights()
        assert set(file.keys()) == set(weights)
        for name, array in weights.items():
            stored = file.get_tensor(name)
            assert stored.dtype == array.dtype
            np.testing.assert_array_equal(stored, array)
        metadata = file.metadata()
    assert list(metadata) == ["chalknet"]  # of several the library writes the order at random
    entry = json.loads(metadata["chalknet"])
    assert set(entry) == {"format", "spec", "weights_are", "sha256"}
    assert entry["format"] == 1
    assert ModelSpec.model_validate(entry["spec"]) == ModelSpec.of(model)


def test_the_digest_is_what_it_always_was(tmp_path: Path) -> None:
    """Over the text and every tensor's name, dtype, shape and bytes: changed, it would refuse every older file."""
    model = Sequential([Dense(1, 2, weight_initializer=Constant(1.0), bias_initializer=Constant(-2.0))], seed=0)
    model.save(tmp_path / "model")
    text = (
        '{"format":1,"spec":{"dtype":"float32","format":1,"input_shape":[1],"layers":[{"bias_initializer":'
        '{"type":"constant","value":-2.0},"out_features":2,"type":"dense","use_bias":true,"weight_initializer":'
        '{"type":"constant","value":1.0}}]},"weights_are":"initial"}'
    )
    bias, weight = struct.pack("<2f", -2, -2), struct.pack("<2f", 1, 1)
    digested = text.encode() + b"layers.0.bias|<f4|(2,)|" + bias + b"layers.0.weight|<f4|(1, 2)|" + weight
    with safe_open(tmp_path / "model", framework="np") as file:
        entry = json.loads(file.metadata()["chalknet"])
    assert entry["sha256"] == hashlib.sha256(digested).hexdigest()


def test_saving_leaves_the_model_and_one_file(tmp_path: Path) -> None:
    model = _model()
    before = model.parameters.values.copy()
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(model.parameters.values, before)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


# Damage


def _refused(path: Path, content: bytes) -> str:
    """The message that refuses `content`; any other exception, and any success, fails the test."""
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        Sequential.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "model"
    _tiny().save(path)
    good = path.read_bytes()
    for place in range(len(good) * 8):
        damaged = bytearray(good)
        damaged[place // 8] ^= 1 << place % 8
        _refused(path, bytes(damaged))


def test_every_truncation_and_every_extension_is_found(tmp_path: Path) -> None:
    path = tmp_path / "model"
    _tiny().save(path)
    good = path.read_bytes()
    for length in range(len(good)):
        _refused(path, good[:length])
    for tail in (b"\0", b" ", bytes(64), b"PK\x03\x04", good):
        _refused(path, good + tail)
    _refused(path, good[:-4] + bytes(4))


def test_swapped_tensors_of_one_shape_are_found(tmp_path: Path) -> None:
    path = tmp_path / "model"
    model = Sequential([Dense(2, 2, use_bias=False), Dense(2, 2, use_bias=False)], seed=0)
    model.save(path)
    good = path.read_bytes()
    swapped = good[:-32] + good[-16:] + good[-32:-16]
    assert "SHA-256" in _refused(path, swapped)
    renamed = good.replace(b"layers.0", b"layers.x").replace(b"layers.1", b"layers.0").replace(b"layers.x", b"layers.1")
    assert "SHA-256" in _refused(path, renamed)


def test_a_digit_that_makes_no_difference_is_found_too(tmp_path: Path) -> None:
    path = tmp_path / "model"
    Sequential([Dense(1, 2, bias_initializer=Constant(0.1 + 0.2))], seed=0).save(path)
    good = path.read_bytes()
    assert b"0.30000000000000004" in good
    _refused(path, good.replace(b"0.30000000000000004", b"0.30000000000000005"))


# Foreign files


def _npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, a=np.zeros(3))
    return buffer.getvalue()


def _npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(300))
    return buffer.getvalue()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data.pkl", b"\x80\x02N." * 100)
    return buffer.getvalue()


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return pytest.fail, ("a pickle was read",)


@pytest.mark.parametrize(
    ("content", "got"),
    [
        *((pickle.dumps(Bomb(), protocol), "a pickle") for protocol in (2, 3, 4, 5)),
        *((pickle.dumps(Bomb(), protocol), "something else") for protocol in (0, 1)),
        (_zip(), "a zip archive"),
        (_npz(), "a zip archive"),
        (_npy(), "a NumPy array"),
        (b"\x89HDF\r\n\x1a\n" + bytes(500), "an HDF5 file"),
        (gzip.compress(b"x" * 1000), "a gzip file"),
        (b'{"format": 1}', "a JSON file"),
        (json.dumps({"format": 1, "layers": list(range(500))}).encode(), "a JSON file"),
        (b"", "an empty file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "something else"),
        (bytes(1000), "something else"),
        (b"label,pixel0\n" * 100, "something else"),
    ],
)
def test_foreign_files_are_told_what_they_are(tmp_path: Path, content: bytes, got: str) -> None:
    message = _refused(tmp_path / "model", content)
    assert message.startswith(f"got {got}")
    assert "expected a model of this program" in message


def test_what_is_no_file(tmp_path: Path) -> None:
    missing = tmp_path / "nothing"
    with pytest.raises(ModelFileError, match="No such file") as caught:
        Sequential.load(missing)
    assert str(caught.value).startswith(f"{missing}: cannot be read: ")


def test_a_folder_is_told_from_the_model_in_it(tmp_path: Path) -> None:
    for hint in (None, f"the model in it is {tmp_path / 'model.safetensors'}"):
        with pytest.raises(ModelFileError) as caught:
            Sequential.load(tmp_path)
        assert str(caught.value) == f"{tmp_path}: got a folder; expected the file of a model"
        assert caught.value.hint == hint
        _tiny().save(tmp_path / "model.safetensors")


@pytest.mark.parametrize("length", [0, 1, 7, 2**31, 2**63, 2**64 - 1])
def test_header_lengths_that_cannot_be(tmp_path: Path, length: int) -> None:
    path = tmp_path / "model"
    _tiny().save(path)
    _refused(path, struct.pack("<Q", length) + path.read_bytes()[8:])


@pytest.mark.parametrize(
    "header",
    [
        b"{}",
        b"[]",
        b"{",
        b'{"__metadata__": {}}',
        b'{"__metadata__": {"chalknet": 1}}',
        b'{"__metadata__": {"chalknet": "1"}}',
        b'{"__metadata__": {"chalknet": "{"}}',
        b'{"__metadata__": "chalknet"}',
        b'{"__metadata__": null}',
        b'{"a": ' + b"[" * 100_000,
        b'{"__metadata__": {"chalknet": "' + b"[" * 100_000 + b'"}}',
        b'{"__metadata__": {"chalknet": "{\\"n\\": ' + b"9" * 5000 + b'}"}}',
        b'{"__metadata__": {"chalknet": "\xff\xfe"}}',
    ],
)
def test_headers_without_our_entry(tmp_path: Path, header: bytes) -> None:
    _refused(tmp_path / "model", struct.pack("<Q", len(header)) + header)


@pytest.mark.parametrize("dtype", ["F16", "BF16", "F8_E4M3", "F4", "BOOL", "I64", "XX", "f32"])
def test_other_dtypes_are_refused(tmp_path: Path, dtype: str) -> None:
    header = json.dumps(
        {
            "__metadata__": {"chalknet": json.dumps({"format": 1})},
            "a": {"dtype": dtype, "shape": [4], "data_offsets": [0, 8]},
        }
    ).encode()
    _refused(tmp_path / "model", struct.pack("<Q", len(header)) + header + bytes(8))


# Well-made files that say the wrong thing: with the digest recomputed, only the other checks are left


def _forged(spec: object = None, weights: dict[str, Array] | None = None, *, form: object = 1, **text: object) -> bytes:
    model = _tiny()
    weights = model.get_weights() if weights is None else weights
    spec = ModelSpec.of(model).model_dump(mode="json") if spec is None else spec
    text = {"format": form, "spec": spec, **(text or {"weights_are": "initial"})}
    entry = {**text, "sha256": container.digest(text, weights)}
    return stock_save(weights, metadata={container.MODEL.entry: container.canonical(entry)})


def test_a_forgery_that_changes_nothing_is_the_file_itself(tmp_path: Path) -> None:
    _tiny().save(tmp_path / "model")
    assert (tmp_path / "model").read_bytes() == _forged()


@pytest.mark.parametrize("weights_are", ["", "BEST", "the best", 1, None, ["best"], "best\x1b[31m"])
def test_what_the_weights_are_is_one_of_a_few_words(tmp_path: Path, weights_are: object) -> None:
    message = _refused(tmp_path / "model", _forged(weights_are=weights_are))
    assert "weights_are: got" in message
    assert "\x1b" not in message


def test_an_older_file_does_not_say_what_its_weights_are(tmp_path: Path) -> None:
    model, text = _tiny(), {"format": 1, "spec": ModelSpec.of(_tiny()).model_dump(mode="json")}
    entry = {**text, "sha256": container.digest(text, model.get_weights())}
    (tmp_path / "model").write_bytes(
        stock_save(model.get_weights(), metadata={container.MODEL.entry: container.canonical(entry)})
    )
    assert Sequential.load(tmp_path / "model").weights_are == "unknown"


def test_the_file_says_which_weights_were_kept(tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).standard_normal((40, 2)), np.arange(40) % 2
    for validated, average, expected in (
        (False, None, "last"),
        (True, None, "best"),
        (False, 0.9, "average"),
        (True, 0.9, "best average"),
    ):
        model = Sequential([Dense(2, 2)], seed=0)
        assert model.weights_are == "initial"
        settings = TrainingSettings(2, 8, threads=1, average=average)
        validation = (x, y) if validated else None
        list(Training(model, (x, y), optimizer=SGD(0.1), validation_data=validation, settings=settings))
        model.save(tmp_path / "model")
        assert copy.deepcopy(model).weights_are == Sequential.load(tmp_path / "model").weights_are == expected
        model.set_weights(model.get_weights())
        assert str(model.weights_are) == "given"


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("layers.1.running_mean", None, "tensor 'layers.1.running_mean': got nothing; expected a tensor"),
        ("layers.3.layers.0.running_variance", None, "tensor 'layers.3.layers.0.running_variance': got nothing"),
        (
            "layers.0.running_mean",
            np.ones(3, np.float32),
            "tensor 'layers.0.running_mean': got one; expected no such tensor",
        ),
        (
            "layers.1.running_mean",
            np.ones(4, np.float32),
            "tensor 'layers.1.running_mean': got float32 of shape (4,); expected float32 of shape (3,)",
        ),
        ("layers.1.running_variance", np.full(3, np.nan, np.float32), "row 0: got nan; expected finite"),
    ],
)
def test_running_statistics_that_do_not_fit_are_named(
    tmp_path: Path, name: str, array: Array | None, message: str
) -> None:
    model = _normalised()
    weights = {path: old for path, old in model.get_weights().items() if path != name}
    if array is not None:
        weights[name] = array
    assert message in _refused(tmp_path / "model", _forged(ModelSpec.of(model).model_dump(mode="json"), weights))


ONE = np.ones(2, np.float32)
TWO = np.ones((1, 2), np.float32)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"layers.0.bias": ONE}, "tensor 'layers.0.weight': got nothing; expected a tensor"),
        ({}, "tensor 'layers.0.bias': got nothing"),
        (
            {"layers.0.weight": TWO, "layers.0.bias": ONE, "more": ONE},
            "tensor 'more': got one; expected no such tensor",
        ),
        ({"layers.0.weight": TWO, "layers.0.bais": ONE}, "tensor 'layers.0.bais': got one; expected no such tensor"),
        (
            {"layers.0.weight": TWO.T, "layers.0.bias": ONE},
            "tensor 'layers.0.weight': got float32 of shape (2, 1); expected float32 of shape (1, 2)",
        ),
        ({"layers.0.weight": TWO, "layers.0.bias": TWO}, "tensor 'layers.0.bias': got float32 of shape (1, 2)"),
        (
            {"layers.0.weight": TWO.astype(np.float64), "layers.0.bias": ONE},
            "tensor 'layers.0.weight': got float64 of shape (1, 2); expected float32 of shape (1, 2)",
        ),
        ({"layers.0.weight": TWO, "layers.0.bias": np.array([1, 2], np.int32)}, "'layers.0.bias': dtype: got 'I32'"),
        (
            {"layers.0.weight": TWO, "layers.0.bias": ONE * np.float32(np.nan)},
            "'layers.0.bias': row 0: got nan; expected",
        ),
        (
            {"layers.0.weight": TWO * np.float32(np.inf), "layers.0.bias": ONE},
            "row 0, column 0: got inf; expected finite",
        ),
        (
            {"layers.0.weight": TWO, "layers.0.bias": ONE, "\x1b[31m\u202e": ONE},
            "tensor '\\x1b[31m\\u202e': got a sign in the name that cannot be printed",
        ),
    ],
)
def test_tensors_are_held_against_the_spec(tmp_path: Path, weights: dict[str, Array], message: str) -> None:
    assert message in _refused(tmp_path / "model", _forged(weights=weights))


def _spec(**changes: object) -> dict[str, object]:
    return {**ModelSpec.of(_tiny()).model_dump(mode="json"), **changes}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (_spec(layers=[{"type": "os.system"}]), "spec: /layers/0/type: got 'os.system'"),
        (_spec(layers=[{"type": "dense", "out_features": "2"}]), "spec: /layers/0/out_features: got '2'"),
        (_spec(format=2), "spec: /format: got 2; expected 1"),
        ([], "expected a JSON object"),
        ("text", "expected a JSON object"),
        ({"format": 1}, "spec: /input_shape: got nothing"),
        (
            {"format": 1, "model": _spec(), "data": {"feature_columns": ["a"], "classes": 2}},
            "spec: got a run; expected a model",
        ),
        (_spec(input_shape=[2]), "tensor 'layers.0.weight': got float32 of shape (1, 2)"),
        (_spec(dtype="float64"), "expected float64 of shape ("),
    ],
)
def test_the_spec_is_checked_as_any_other(tmp_path: Path, spec: object, message: str) -> None:
    assert message in _refused(tmp_path / "model", _forged(spec))


@pytest.mark.parametrize("form", [0, 2, 999, "1", None])
def test_other_formats_are_refused(tmp_path: Path, form: object) -> None:
    assert _refused(tmp_path / "model", _forged(form=form)).startswith("got format '")


@pytest.mark.parametrize("digest", [None, "", "0" * 64, 5])
def test_the_digest_is_demanded(tmp_path: Path, digest: object) -> None:
    model = _tiny()
    entry = {"format": 1, "spec": _spec(), **({} if digest is None else {"sha256": digest})}
    content = stock_save(model.get_weights(), metadata={"chalknet": container.canonical(entry)})
    assert "SHA-256" in _refused(tmp_path / "model", content)


def _entry(text: str) -> bytes:
    return stock_save(_tiny().get_weights(), metadata={"chalknet": text})


def test_nan_in_the_entry(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(_entry('{"format": 1, "spec": NaN, "sha256": ""}'))
    with pytest.raises(ModelFileError):
        Sequential.load(tmp_path / "model")


def test_a_spec_that_cannot_be_built(tmp_path: Path) -> None:
    layer = {"type": "dense", "out_features": 2, "bias_initializer": {"type": "he_normal"}}
    (tmp_path / "model").write_bytes(_forged(_spec(layers=[layer])))
    with pytest.raises(ModelFileError):
        Sequential.load(tmp_path / "model")


# What is never saved


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_leave_the_old_file(tmp_path: Path, value: float) -> None:
    path = tmp_path / "model"
    model = _tiny()
    model.save(path)
    old = path.read_bytes()
    model.parameters.values[-1] = value
    with pytest.raises(InputError) as caught:
        model.save(path)
    assert str(caught.value).startswith(f"{path}: tensor 'layers.0.bias': got a number that is not finite")
    assert path.read_bytes() == old
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize(("value", "message"), [(np.nan, "a number that is not finite"), (-1.0, "-1.0; expected 0 or")])
def test_a_variance_that_no_file_may_hold_leaves_the_old_file(tmp_path: Path, value: float, message: str) -> None:
    """All that loading refuses is refused in the same words, whether there is a minimum or not."""
    path, model = tmp_path / "model", _normalised()
    model.save(path)
    old = path.read_bytes()
    model.layers[1].buffers[1].value[2] = value
    with pytest.raises(ModelFileError) as caught:
        model.save(path)
    assert str(caught.value).startswith(f"{path}: tensor 'layers.1.running_variance': ")
    assert message in str(caught.value)
    assert path.read_bytes() == old


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="cannot be written"):
        _tiny().save(tmp_path / "nowhere" / "model")


@pytest.mark.parametrize("path", ["", ".", "a\0b"])
def test_names_no_file_can_have(path: str) -> None:
    with pytest.raises(ChalknetError):
        _tiny().save(path)


# Layers of one's own


class Gain(Layer):
    """y = gain · x."""

    def __init__(self, gain: float) -> None:
        self.gain = gain

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        y: Array = x * x.dtype.type(self.gain)
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        return dy * dy.dtype.type(self.gain) if need_dx else None


class GainSpec(LayerSpec):
    type: Literal["gain"] = "gain"
    component = Gain
    gain: Number


def test_a_layer_of_ones_own_needs_its_spec_on_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "model"
    model = Sequential([Gain(3.0), Dense(2, 2)], seed=0)
    with pytest.raises(InputError, match=r"layers\.0: got a Gain; expected a component with a spec") as caught:
        model.save(path)
    assert caught.value.hint == "hand over its spec class: extra=[GainSpec]"
    assert not path.exists()
    model.save(path, extra=[GainSpec])
    with pytest.raises(ModelFileError, match="/layers/0/type: got 'gain'; expected one of") as refused:
        Sequential.load(path)
    assert refused.value.hint == "a layer of your own needs its spec class here as well: extra=[...]"
    for call in (model.save, Sequential.load):
        with pytest.raises(InputError, match="extra: got the class GainSpec; expected a list of spec") as caught:
            call(path, extra=GainSpec)  # type: ignore[arg-type]
        assert caught.value.hint == "extra=[GainSpec]"
    loaded = Sequential.load(path, extra=[GainSpec])
    x = np.ones((3, 2), np.float32)
    assert loaded.predict_proba(x).tobytes() == model.predict_proba(x).tobytes()
