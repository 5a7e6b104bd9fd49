"""--set: what it reaches, in which order, and what it says where it cannot be."""

import itertools
import json
import re
import shlex

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from framework import InputError, RunSpec
from models.recipes import RECIPES, recipe
from scripts.run_spec import find_run_spec
from scripts.settings import OPTIONS
from scripts.settings.places import Draft
from scripts.settings.values import parsed, spelled

PLAIN = recipe("plain-128")


def _tree(*settings: str, name: str = "plain-128") -> dict[str, object]:
    """The recipe's JSON after these settings."""
    tree: dict[str, object] = find_run_spec(name, settings).model_dump(mode="json")
    return tree


def _at(tree: object, path: str) -> object:
    for step in path.split("."):
        if isinstance(tree, list):
            tree = tree[int(step)]
        elif isinstance(tree, dict):
            tree = tree[step]
        else:
            raise LookupError(path)
    return tree


def _refused(*settings: str, name: str = "plain-128") -> tuple[str, str]:
    """Message and hint."""
    with pytest.raises(InputError) as caught:
        find_run_spec(name, settings)
    return str(caught.value), caught.value.hint or ""


def _suggested(hint: str) -> list[str]:
    """The settings that a hint says one should type."""
    words = shlex.split(re.sub(r"^(did you mean|such as|add) |\?$", "", hint))
    assert words[::2] == ["--set"] * (len(words) // 2)
    return words[1::2]


def _leaves(name: str) -> list[tuple[str, str]]:
    """The path and the text of every single value of a recipe."""
    places = Draft.of(recipe(name)).whole().everything()
    single = [place for place in places if place.is_single and not (place.path[-1] == "type" and place.value is None)]
    return [(".".join(place.path), spelled(place.value)) for place in single]


REACHED = [
    ("training.epochs=3", 3),
    ("training.batch_size=null", None),
    ("training.threads=2", 2),
    ("training.threads=auto", "auto"),
    ("training.restore_best=false", False),
    ("training.monitor=validation_accuracy", "validation_accuracy"),
    ("optimizer.learning_rate=0.5", 0.5),
    ("optimizer.learning_rate=.5", 0.5),
    ("optimizer.learning_rate=5e-1", 0.5),
    ("optimizer.learning_rate=1", 1.0),
    ("data.label_column=digit", "digit"),
    ('data.label_column="3"', "3"),
    ("data.validation_split=0.1", 0.1),
    ("model.dtype=float64", "float64"),
    ("model.layers.1.out_features=256", 256),
    ("model.layers.1.use_bias=false", False),
    ("model.layers.1.bias_initializer.value=0.5", 0.5),
    ("model.layers.0.scale=1", 1.0),
    (" training.epochs = 3 ", 3),
    ("training . epochs=3", 3),
    (" data.label_column = digit ", "digit"),
]


@pytest.mark.parametrize(("setting", "value"), REACHED, ids=[setting for setting, _ in REACHED])
def test_a_setting_changes_one_field_and_nothing_else(setting: str, value: object) -> None:
    path = setting.partition("=")[0].replace(" ", "")
    changed, before = _tree(setting), PLAIN.model_dump(mode="json")
    assert _at(changed, path) == value
    assert type(_at(changed, path)) is type(value)
    holder = _at(changed, path.rpartition(".")[0])
    if isinstance(holder, dict):
        holder[path.rpartition(".")[2]] = _at(before, path)
    assert changed == before


@pytest.mark.parametrize("name", RECIPES)
def test_every_field_of_every_recipe_can_be_set(name: str) -> None:
    leaves = _leaves(name)
    assert len(leaves) > 25
    for path, text in leaves:
        assert find_run_spec(name, [f"{path}={text}"]) == recipe(name), path


@pytest.mark.parametrize(
    ("setting", "component"),
    [
        (
            "optimizer.type=sgd",
            {"type": "sgd", "learning_rate": 0.1, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0},
        ),
        ("schedule.type=one_cycle", {"type": "one_cycle", "warmup": 0.3, "initial": 0.04, "final": 0.0001}),
        ("loss.type=mean_squared_error", {"type": "mean_squared_error"}),
        ("model.layers.2.type=tanh", {"type": "tanh"}),
        ("model.layers.2.type=leaky_relu", {"type": "leaky_relu", "negative_slope": 0.01}),
        ("model.layers.1.weight_initializer.type=glorot_uniform", {"type": "glorot_uniform"}),
        ("augmentation.type=affine", {"type": "affine", "rotation": 10.0, "scale": 0.1, "shear": 0.1, "shift": 1.0}),
    ],
)
def test_a_new_type_comes_with_its_own_fields(setting: str, component: dict[str, object]) -> None:
    assert _at(_tree(setting), setting.partition(".type=")[0]) == component


def test_the_same_type_again_clears_nothing() -> None:
    tree = _tree("model.layers.1.type=dense", "model.layers.1.use_bias=false")
    assert _at(tree, "model.layers.1.out_features") == 128
    assert _at(tree, "model.layers.1.use_bias") is False


TOGETHER = [
    ("optimizer.type=sgd", "optimizer.momentum=0.9", "optimizer.nesterov=true"),
    ('optimizer={"type": "sgd"}', "optimizer.momentum=0.9"),
    ("augmentation.type=affine", "augmentation.rotation=15", "augmentation.shift=2"),
    ("data.validation_split=0.1", "training.patience=3"),
    (
        "model.layers.2.type=dense",
        "model.layers.2.out_features=32",
        "model.layers.2.weight_initializer.type=uniform",
        "model.layers.2.weight_initializer.low=-0.5",
    ),
    (
        'model.layers=[{"type": "dense", "out_features": 5}, {"type": "relu"}, {"type": "dense", "out_features": 10}]',
        "model.layers.1.type=tanh",
        "model.layers.0.out_features=6",
    ),
]


@pytest.mark.parametrize("settings", TOGETHER, ids=lambda settings: settings[0][:30])
def test_the_order_of_settings_does_not_matter(settings: tuple[str, ...]) -> None:
    trees = [_tree(*order) for order in itertools.permutations(settings)]
    assert all(tree == trees[0] for tree in trees)
    for setting in settings:
        path, _, text = setting.partition("=")
        if not text.startswith(("{", "[")):
            assert _at(trees[0], path) == parsed(text)


def test_of_the_same_place_the_last_one_stays() -> None:
    assert _at(_tree("training.epochs=3", "training.epochs=4"), "training.epochs") == 4
    assert _at(_tree("training.epochs=3", "--epochs 5"), "training.epochs") == 5
    assert _at(_tree("optimizer.type=sgd", "optimizer.type=adamw"), "optimizer.type") == "adamw"


def test_null_removes() -> None:
    validated = "data.validation_split=0.1"
    assert _at(_tree(validated, "training.patience=3", "training.patience=null"), "training.patience") is None
    assert _at(_tree("augmentation.type=affine", "augmentation=null"), "augmentation") is None
    filled = json.dumps(_tree("augmentation.type=affine"))
    assert '"affine"' in filled


def test_options_are_settings() -> None:
    tree = _tree("--epochs 3", "--seed 7", "--validation .25", "--threads 2")
    assert [_at(tree, ".".join(path)) for path in OPTIONS.values()] == [0.25, 7, 3, 2]


def test_the_recipe_itself_is_not_changed() -> None:
    before = PLAIN.model_dump_json()
    _refused("training.epochs=0")
    _tree("optimizer.type=sgd")
    assert recipe("plain-128").model_dump_json() == before == PLAIN.model_dump_json()


ROOT = "in the recipe; expected one of format, model, loss, optimizer, schedule"
ADAM = "in optimizer (adam); expected one of type, learning_rate, beta_1, beta_2, epsilon"
TRAINING = "in training; expected one of epochs, batch_size, seed, patience"
PATHS = [
    # what is typed, what is said of it, and the settings suggested
    ("epochs=3", f"got 'epochs' {ROOT}", ["training.epochs=3"]),
    ("learning_rate=0.1", f"got 'learning_rate' {ROOT}", ["optimizer.learning_rate=0.1"]),
    ("lr=0.1", f"got 'lr' {ROOT}", ["optimizer.learning_rate=0.1"]),
    ("lr=0,1", f"got 'lr' {ROOT}", ["optimizer.learning_rate=0.1"]),
    ("batch_size=64", f"got 'batch_size' {ROOT}", ["training.batch_size=64"]),
    ("batch=64", f"got 'batch' {ROOT}", ["training.batch_size=64"]),
    ("optimizer.lr=0.1", f"got 'lr' {ADAM}", ["optimizer.learning_rate=0.1"]),
    ("optimizer.beta1=0.8", f"got 'beta1' {ADAM}", ["optimizer.beta_1=0.8"]),
    ("optimiser.type=sgd", f"got 'optimiser' {ROOT}", ["optimizer.type=sgd"]),
    ("type=sgd", f"got 'type' {ROOT}", ["optimizer.type=sgd"]),
    ("type=tanh", f"got 'type' {ROOT}", ["model.layers.0.type=tanh"]),
    ("training.epoch=3", f"got 'epoch' {TRAINING}", ["training.epochs=3"]),
    ("training.learning_rate=1", f"got 'learning_rate' {TRAINING}", ["optimizer.learning_rate=1"]),
    ("training..epochs=3", f"got '' {TRAINING}", ["training.epochs=3"]),
    ("Training.Epochs=3", f"got 'Training' {ROOT}", ["training.epochs=3"]),
    ("training/epochs=3", f"got 'training/epochs' {ROOT}", ["training.epochs=3"]),
    ("--epochs=3", f"got '--epochs' {ROOT}", ["training.epochs=3"]),
    ("training.epochs.x=3", "got 'x' in training.epochs; expected nothing below it", ["training.epochs=3"]),
    ("model.layers.9.out_features=3", "got '9' in model.layers; expected 0 to 3", ["model.layers.1.out_features=3"]),
    ("model.layers.-1.out_features=3", "got '-1' in model.layers; expected 0", ["model.layers.1.out_features=3"]),
    ("model.layers.dense.out_features=3", "got 'dense' in model.layers", ["model.layers.1.out_features=3"]),
    ("model.layers.dense=64", "got 'dense' in model.layers", ["model.layers.1.out_features=64"]),
    ("model.layers[1].out_features=3", "got 'layers[1]' in model", ["model.layers.1.out_features=3"]),
    ("layers.1.out_features=3", f"got 'layers' {ROOT}", ["model.layers.1.out_features=3"]),
    ("hidden=256", f"got 'hidden' {ROOT}", ["model.layers.1.out_features=256"]),
    ("units=256", f"got 'units' {ROOT}", ["model.layers.1.out_features=256"]),
    ("activation=tanh", f"got 'activation' {ROOT}", ["model.layers.2.type=tanh"]),
    ("relu=tanh", f"got 'relu' {ROOT}", ["model.layers.2.type=tanh"]),
    ("weight_init=glorot", f"got 'weight_init' {ROOT}", ["model.layers.1.weight_initializer.type=glorot_normal"]),
    ("scheduler=cosine", f"got 'scheduler' {ROOT}", ["schedule.type=cosine"]),
    ("adam=0.01", f"got 'adam' {ROOT}", ["optimizer.learning_rate=0.01"]),
    ("val_split=0.1", f"got 'val_split' {ROOT}", ["data.validation_split=0.1"]),
    ("data.seed=3", "got 'seed' in data", ["data.split_seed=3"]),
    ("seed=3", f"got 'seed' {ROOT}", ["training.seed=3"]),
    ("momentum=0.9", f"got 'momentum' {ROOT}", ["optimizer.type=rmsprop", "optimizer.momentum=0.9"]),
    ("optimizer.momentum=0.9", f"got 'momentum' {ADAM}", ["optimizer.type=rmsprop", "optimizer.momentum=0.9"]),
    ("weight_decay=0.1", f"got 'weight_decay' {ROOT}", ["optimizer.type=adamw", "optimizer.weight_decay=0.1"]),
    (
        "model.layers.1.weight_initializer.low=-1",
        "got 'low' in model.layers.1.weight_initializer (he_normal); expected type",
        ["model.layers.1.weight_initializer.type=uniform", "model.layers.1.weight_initializer.low=-1"],
    ),
    ("rotation=15", f"got 'rotation' {ROOT}", ["augmentation.type=affine", "augmentation.rotation=15"]),
    (
        "augmentation.rotation=15",
        "got 'rotation' in augmentation (null); expected type",
        ["augmentation.type=affine", "augmentation.rotation=15"],
    ),
    # a whole component is set by its type
    ("optimizer=sgd", "got 'sgd' for a whole component; expected optimizer.type to be one of", ["optimizer.type=sgd"]),
    ("optimizer=SGD", "got 'SGD' for a whole component", ["optimizer.type=sgd"]),
    ("optimizer=0.01", "got 0.01 for a whole component", ["optimizer.learning_rate=0.01"]),
    ("schedule=one_cycle", "got 'one_cycle' for a whole component", ["schedule.type=one_cycle"]),
    ("schedule=cosine_annealing", "got 'cosine_annealing' for a", ["schedule.type=cosine"]),
    ("loss=mse", "got 'mse' for a whole component", ["loss.type=mean_squared_error"]),
    ("loss=crossentropy", "got 'crossentropy' for a", ["loss.type=softmax_cross_entropy"]),
    ("loss=bce", "got 'bce' for a", ["loss.type=binary_cross_entropy"]),
    ("model.layers.2=tanh", "got 'tanh' for a whole component", ["model.layers.2.type=tanh"]),
    ("model.layers.1=64", "got 64 for a whole component", ["model.layers.1.out_features=64"]),
    (
        "augmentation=affine",
        "got 'affine' for a whole component; expected augmentation.type to be one of affine, elastic",
        ["augmentation.type=affine"],
    ),
]
VALUES = [
    ("augmentation=none", "got 'none' for a whole component; expected augmentation.type to be one of", "null"),
    ("augmentation=off", "got 'off' for a whole component; expected augmentation.type to be one of", "null"),
    ("optimizer.type=sdg", "got 'sdg'; expected one of sgd, adam, adamw", "sgd"),
    ("optimizer.type=Adam W", "got 'Adam W'; expected one of sgd, adam, adamw", "adamw"),
    ("model.layers.2.type=drpout", "got 'drpout'; expected one of rescale, dense, dropout", "dropout"),
    ("augmentation.type=afine", "got 'afine'; expected one of affine, elastic", "affine"),
    ("training.epochs=3.5", "got 3.5; expected an integer", "3"),
    ("training.epochs=1e3", "got 1000.0; expected an integer", "1000"),
    ("training.epochs=1,000", "got '1,000'; expected an integer", "1000"),
    ("training.epochs='3'", "got ''3''; expected an integer", "3"),
    ("training.epochs=-3", "got -3; expected 1 or more", "3"),
    ("training.seed=-1", "got -1; expected 0 or more", "1"),
    ("training.monitor=val_loss", "got 'val_loss'; expected 'validation_loss' or", "validation_loss"),
    ("training.monitor=val_acc", "got 'val_acc'; expected", "validation_accuracy"),
    ("training.monitor=accuracy", "got 'accuracy'; expected", "validation_accuracy"),
    ("training.restore_best=False", "got 'False'; expected true or false", "false"),
    ("training.restore_best=yes", "got 'yes'; expected true or false", "true"),
    ("training.restore_best=1", "got 1; expected true or false", "true"),
    ("training.patience=None", "got 'None'; expected an integer", "null"),
    ("optimizer.learning_rate=0,1", "got '0,1'; expected a number", "0.1"),
    ("optimizer.learning_rate=-0.1", "got -0.1; expected 0 or more", "0.1"),
    ("data.validation_split=10", "got 10; expected less than 1", "0.1"),
    ("data.validation_split=10%", "got '10%'; expected a number", "0.1"),
    ("data.validation_split=12,5 %", "got '12,5 %'; expected a number", "0.125"),
    ("data.validation_split=0.5%", "got '0.5%'; expected a number", "0.005"),
    ("data.label_column=3", "got 3; expected a string", '"3"'),
    ("model.dtype=float", "got 'float'; expected 'float32' or 'float64'", "float32"),
]
EXAMPLES = [
    ("training.epochs=abc", "got 'abc'; expected an integer", "training.epochs=10"),
    ("training.epochs=0", "got 0; expected 1 or more", "training.epochs=10"),
    ("training.epochs=[3]", "got a list of 1; expected an integer", "training.epochs=10"),
    ("training.epochs=", "got nothing after '='; expected PATH=VALUE", "training.epochs=10"),
    ("training.epochs", "got no '='; expected PATH=VALUE", "training.epochs=10"),
    ("epochs", "got no '='; expected PATH=VALUE", "training.epochs=10"),
    ("model.layers.dense", "got no '='; expected PATH=VALUE", "model.layers.1.type=dense"),
    ("optimizer", "got no '='; expected PATH=VALUE", "optimizer.type=adam"),
    ("", "got no '='; expected PATH=VALUE", "training.batch_size=64"),
    ("=3", "got nothing before '='; expected PATH=VALUE", "training.batch_size=64"),
    ("epochs=abc", f"got 'epochs' {ROOT}", "training.epochs=10"),
    ("optimizer.type=3", "got 3; expected one of sgd, adam, adamw", "optimizer.type=adam"),
    ("optimizer=lion", "got 'lion' for a whole component", "optimizer.type=adam"),
    ("optimizer=null", "got null; expected an object", "optimizer.type=adam"),
    ("optimizer.learning_rate=1e400", "got Infinity; expected a finite number", "optimizer.learning_rate=0.001"),
    ("optimizer.learning_rate=NaN", "got NaN; expected a finite number", "optimizer.learning_rate=0.001"),
    ("data.validation_split=1", "got 1; expected less than 1", "data.validation_split=0.0"),
    ("training.threads=zwei", "got 'zwei'; expected an integer or 'auto'", "training.threads=auto"),
    ("training=3", "got 3; expected an object", "training.epochs=10"),
    ("data=null", "got null; expected an object", "data.label_column=label"),
    ("model.layers=3", "got 3; expected a list", "model.layers.0.type=rescale"),
    ("model.input_shape=28x28", "got '28x28'; expected a list", "model.input_shape=[784]"),
]


@pytest.mark.parametrize(("typed", "said", "meant"), PATHS, ids=[case[0] for case in PATHS])
def test_a_wrong_path_gets_the_nearest_right_one(typed: str, said: str, meant: list[str]) -> None:
    message, hint = _refused(typed)
    assert message.startswith(f"--set {shlex.quote(typed)}: {said}")
    assert hint.startswith("did you mean --set ")
    assert _suggested(hint) == meant
    changed = find_run_spec("plain-128", meant)  # which the recipe takes
    assert isinstance(changed, RunSpec)


@pytest.mark.parametrize(("typed", "said", "meant"), VALUES, ids=[case[0] for case in VALUES])
def test_a_wrong_value_gets_the_nearest_right_one(typed: str, said: str, meant: str) -> None:
    message, hint = _refused(typed)
    assert message.startswith(f"--set {shlex.quote(typed)}: {said}")
    setting = f"{typed.partition('=')[0]}={meant}"
    assert hint == f"did you mean --set {shlex.quote(setting)}?"
    if setting != "model.layers.2.type=dropout":  # which wants its rate
        assert _at(_tree(setting), typed.partition("=")[0]) == parsed(meant)


@pytest.mark.parametrize(("typed", "said", "example"), EXAMPLES, ids=[case[0] for case in EXAMPLES])
def test_where_nothing_is_near_there_is_an_example(typed: str, said: str, example: str) -> None:
    message, hint = _refused(typed)
    assert message.startswith(f"--set {shlex.quote(typed)}: {said}")
    assert hint == f"such as --set {shlex.quote(example)}"
    _tree(example)


@pytest.mark.parametrize(
    ("typed", "said", "meant"),
    [
        ("--epochs 0", "got 0; expected 1 or more", "such as --epochs 10"),
        ("--epochs three", "got 'three'; expected an integer", "such as --epochs 10"),
        ("--epochs 3.0", "got 3.0; expected an integer", "did you mean --epochs 3?"),
        ("--seed -1", "got -1; expected 0 or more", "did you mean --seed 1?"),
        ("--validation 10", "got 10; expected less than 1", "did you mean --validation 0.1?"),
        ("--validation 10%", "got '10%'; expected a number", "did you mean --validation 0.1?"),
        ("--threads zwei", "got 'zwei'; expected an integer or 'auto'", "such as --threads auto"),
    ],
)
def test_an_option_that_is_a_setting_is_called_by_its_own_name(typed: str, said: str, meant: str) -> None:
    assert _refused(typed) == (f"{typed}: {said}", meant)


@pytest.mark.parametrize(
    ("typed", "missing", "added"),
    [
        ("model.layers.2.type=dropout", "model.layers.2.rate", "model.layers.2.rate=0.1"),
        ("model.layers.2.type=dense", "model.layers.2.out_features", "model.layers.2.out_features=128"),
        ("model.layers.2.type=rescale", "model.layers.2.scale", "model.layers.2.scale=0.00392156862745098"),
    ],
)
def test_a_type_whose_fields_have_no_default_says_what_to_add(typed: str, missing: str, added: str) -> None:
    message, hint = _refused(typed)
    assert message == f"--set {typed}: {missing}: got nothing; expected a value, this field has no default"
    assert hint == f"add --set {added}"
    _tree(typed, added)


def test_a_hint_of_two_settings_mends_the_value_too() -> None:
    message, hint = _refused("optimizer.nesterov=True")
    assert message.startswith(f"--set optimizer.nesterov=True: got 'nesterov' {ADAM}")
    meant = _suggested(hint)
    assert meant == ["optimizer.type=sgd", "optimizer.nesterov=true"]
    message, hint = _refused(*meant)  # the type is right, and what is now wrong is the other's fault
    assert message.startswith("--set optimizer.nesterov=true: optimizer: SGD: nesterov: got True with momentum 0")
    assert hint == ""
    _tree(*meant, "optimizer.momentum=0.9")


@pytest.mark.parametrize(
    "typed",
    ["dropout=0.2", "droput=0.2", "dropout.rate=0.2", "model.layers.dropout=0.2", "model.layers.dropout.rate=0.2"],
)
def test_a_layer_that_is_not_there_is_no_matter_of_settings(typed: str) -> None:
    assert "this recipe has no dropout layer" in _refused(typed)[1]


def test_an_example_for_a_field_without_a_value_is_a_value_that_fits() -> None:
    hint = _refused("model.layers.2.rate=much")[1]
    assert hint == "such as --set model.layers.2.type=dropout --set model.layers.2.rate=0.1"
    hint = _refused("rotation=much")[1]
    assert hint == "such as --set augmentation.type=affine --set augmentation.rotation=10.0"


def test_where_an_earlier_setting_has_put_nonsense_there_is_still_a_hint() -> None:
    assert _refused('training.batch_size={"a":3}', "training.batch_size=")[1].startswith("such as --set ")


@pytest.mark.parametrize("typed", ["model.layers.dropout=0.2", "model.layers.dropout.rate=0.2"])
def test_a_layer_that_is_there_is_found_by_its_name(typed: str) -> None:
    added = '[{"type":"dense","out_features":9},{"type":"dropout","rate":0.5},{"type":"dense","out_features":10}]'
    message, hint = _refused(f"model.layers={added}", typed)
    assert message.startswith(f"--set {typed}: ")
    assert _suggested(hint) == ["model.layers.1.rate=0.2"]


def test_what_contradicts_the_rest_of_the_recipe_names_the_setting_to_blame() -> None:
    message, hint = _refused("model.layers.3.out_features=256", "training.epochs=3")
    assert message == (
        "--set model.layers.3.out_features=256: model.layers.3: got outputs of shape [256]; expected [10], "
        "a score per class"
    )
    assert hint == "did you mean --set model.layers.1.out_features=256?"
    message, hint = _refused("training.patience=3")
    assert message.startswith("--set training.patience=3: got a patience without validation; expected data.validation")
    assert hint == ""
    message, hint = _refused("model.layers.3.type=tanh")
    assert message.startswith(
        "--set model.layers.3.type=tanh: model.layers.3: got outputs of shape [128]; expected [10]"
    )
    assert hint == ""
    assert _refused("training.epochs=3", "training.epochs=0")[0].startswith("--set training.epochs=0: ")
    assert _refused("training.epochs=3", "--epochs 0")[0].startswith("--epochs 0: ")
    message, _ = _refused("--epochs 3", "data.classes=5")
    assert message.startswith("plain-128 with --epochs 3, --set data.classes=5: model.layers.3: got outputs of shape")


def test_a_fault_inside_a_whole_component_is_named_with_its_place() -> None:
    message, _ = _refused('optimizer={"type":"sgd","rate":3}')
    assert "': optimizer.rate: got a field that does not belong here; expected type, learning_rate" in message
    message, _ = _refused("model.layers.1.weight_initializer.type=uniform", "model.layers.1.weight_initializer.low=3")
    assert message.startswith("--set model.layers.1.weight_initializer.low=3: model.layers.1.weight_initializer: got")


def test_a_path_that_is_like_nothing_gets_a_list() -> None:
    for typed in ("foo=1", "a.b.c=1", "optimizer.qqq=1"):
        assert _refused(typed)[1] == "every path there is: the spec.json of a run"


@pytest.mark.parametrize("name", RECIPES)
def test_every_misspelt_field_leads_back_to_itself(name: str) -> None:
    """A letter less at the end of the path, or the last name alone."""
    paths = dict(_leaves(name))
    for path, text in paths.items():
        above, _, last = path.rpartition(".")
        if len(last) > 4 and not last[-1].isdigit():
            hint = _refused(f"{path[:-1]}={text}", name=name)[1]
            assert path in hint, path
        alone = [other for other in paths if other.rpartition(".")[2] == last]
        if len(alone) == 1 and above and not last.isdigit():
            assert _suggested(_refused(f"{last}={text}", name=name)[1]) == [f"{path}={text}"]


@pytest.mark.parametrize("words", [("3",), ("=", "3")])
def test_a_space_for_the_equals_sign_is_understood(words: tuple[str, ...]) -> None:
    """The shell has cut the setting in two, and its value stands where the recipe does."""
    with pytest.raises(InputError) as caught:
        find_run_spec(words[-1], ["training.epochs"])
    assert caught.value.hint == "did you mean --set training.epochs=3?"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("training.epochs=3", "did you mean --set training.epochs=3?"),
        ("mine.csv", "did you mean --train mine.csv?"),
        ("plan-128", "did you mean plain-128?"),
        ("whatever", None),
    ],
)
def test_a_word_in_the_recipe_s_place(name: str, hint: str | None) -> None:
    with pytest.raises(InputError, match=r"^recipe: got '") as caught:
        find_run_spec(name)
    assert caught.value.hint == hint


HOSTILE = [
    "\x1b[31mred",
    "[red]x[/red]",
    "a\u202eb",
    "a\x00b",
    "a\nb",
    "ü",
    "\udcff",
    "x" * 5000,
    "[" * 900 + "]" * 900,
    "9" * 5000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "form", ["{}", "{}=3", "training.{}=3", "training.epochs={}", "optimizer.type={}", "--epochs {}"]
)
def test_hostile_text_is_shown_harmlessly(form: str, text: str) -> None:
    message, _ = _refused(form.format(text))
    assert message.isascii()
    assert message.isprintable()
    assert len(message) < 500


words = st.sampled_from(["training", "epochs", "model", "layers", "0", "1", "type", "optimizer", "augmentation", ""])
paths = st.lists(words, max_size=5).map(".".join) | st.text(max_size=12)
texts = st.sampled_from(["sgd", "null", "{}", "[]", "3", "-1", "0.5", "dense", "affine", '{"type":"sgd"}', "NaN"])


@given(st.lists(st.builds("{}={}".format, paths, texts | st.text(max_size=8)), min_size=1, max_size=4))
@profile(derandomize=True, deadline=None, max_examples=300)
def test_whatever_is_set_only_input_errors_come_out(settings: list[str]) -> None:
    message = ""
    try:
        find_run_spec("plain-128", settings)
    except InputError as error:
        message = str(error)
    assert message.isprintable()
