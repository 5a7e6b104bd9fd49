"""The arrows between the folders, the home of each foreign library, and the shape of every file and class."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import framework
from framework import Activation, Augmentation, Ensemble, Initializer, Layer, Loss, Optimizer, Schedule
from framework.data.augmentation import Warp
from framework.optimizers.base import Elementwise
from tests.cases.layers import STAND_INS
from tests.source import FILES, ROOT, dotted, imports, name_of, tree_of

LONGEST = 300
"""Lines: a file fits in the head."""

FORBIDDEN_IMPORTS = {
    "framework": {"models", "scripts", "tests", "typer"},
    "models": {"scripts", "tests", "typer", "rich", "pandas"},
    "scripts": {"tests"},
}
HOMES = {
    "pydantic": ("framework/specs/", "framework/saving/"),
    "pydantic_core": ("framework/specs/",),
    "pandas": ("framework/history.py",),
    "rich": ("framework/console/",),
    "IPython": ("framework/console/notebook.py",),
    "safetensors": ("framework/saving/", "framework/data/table/cache.py"),
    "threadpoolctl": ("framework/threads.py",),
    "platformdirs": ("framework/data/table/cache.py",),
}
"""Where in `framework` each library may be imported; everything else there is the standard library and NumPy."""
LEGACY_RANDOM = {"Generator", "PCG64", "default_rng", "SeedSequence", "BitGenerator"}
"""What of np.random is not the old global state."""
SLOW_LIBRARIES = ("pandas", "pydantic", "rich", "IPython", "safetensors", "threadpoolctl", "platformdirs", "typer")


def test_there_is_something_to_look_at() -> None:
    names = [name_of(path) for path in FILES]
    assert len(names) > 30
    assert "framework/training.py" in names


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    forbidden = FORBIDDEN_IMPORTS[name_of(path).split("/")[0]]
    assert not {module.split(".")[0] for module in imports(tree_of(path))} & forbidden


@pytest.mark.parametrize("path", [path for path in FILES if name_of(path).startswith("framework/")], ids=name_of)
def test_every_library_has_its_home(path: Path) -> None:
    for module in imports(tree_of(path)):
        package = module.split(".")[0]
        if package in HOMES:
            assert name_of(path).startswith(HOMES[package]), f"{name_of(path)} imports {package}"
        else:
            assert package in {"framework", "numpy"} or package in sys.stdlib_module_names, f"imports {package}"


@pytest.mark.parametrize("path", [path for path in FILES if name_of(path).startswith("framework/")], ids=name_of)
def test_numerics_know_no_specs(path: Path) -> None:
    """Only what is a door to files imports them, and only where a door is opened."""
    name = name_of(path)
    if name.startswith(("framework/specs/", "framework/saving/")):
        return
    at_import = ast.Module([node for node in tree_of(path).body if not isinstance(node, ast.If)], [])
    for node in ast.walk(at_import):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = []
    assert not [module for module in imports(at_import) if module.startswith("framework.specs")]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_global_random_state(path: Path) -> None:
    tree = tree_of(path)
    assert "random" not in set(imports(tree))
    for node in ast.walk(tree):
        parts = dotted(node).split(".")
        if parts[:2] in (["np", "random"], ["numpy", "random"]) and len(parts) > 2:
            assert parts[2] in LEGACY_RANDOM, f"line {getattr(node, 'lineno', '?')}: {'.'.join(parts)}"


@pytest.mark.parametrize("path", [path for path in FILES if name_of(path).startswith("framework/")], ids=name_of)
def test_the_library_prints_nothing_and_asserts_nothing(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        assert not isinstance(node, ast.Assert), f"line {node.lineno}"
        assert not (isinstance(node, ast.Call) and dotted(node.func) == "print"), f"line {node.lineno}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_fits_in_the_head(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(tree_of(path))


def test_importing_the_framework_loads_numpy_and_little_else() -> None:
    code = f"import sys, framework; print([name for name in {SLOW_LIBRARIES!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
    assert answer.stderr == ""


def test_a_silent_fit_loads_no_console_and_no_specs() -> None:
    code = (
        "import sys, numpy; from framework import Dense, Sequential, fit\n"
        "fit(Sequential([Dense(2, 2)]), (numpy.eye(2), [0, 1]), epochs=1, threads=1, show=False)\n"
        "print([name for name in ('pandas', 'pydantic', 'rich', 'IPython', 'safetensors') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_outside_a_notebook_a_fit_that_shows_itself_loads_no_ipython() -> None:
    code = (
        "import sys, numpy; from framework import Dense, Sequential, fit\n"
        "fit(Sequential([Dense(2, 2)]), (numpy.eye(2), [0, 1]), epochs=1, threads=1)\n"
        "print('rich' in sys.modules, 'IPython' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "True False"


def test_every_public_name_is_there() -> None:
    assert framework.__all__ == list(dict.fromkeys(framework.__all__))
    for name in framework.__all__:
        assert getattr(framework, name) is not None
    with pytest.raises(AttributeError, match="module 'framework' has no attribute 'Nothing'"):
        _ = framework.Nothing


def test_after_the_dot_stand_public_names_alone() -> None:
    assert dir(framework) == sorted([*framework.__all__, "__version__"])


FULL = {"Training"}
"""Its file has no line left for an import."""


@pytest.mark.parametrize("name", [name for name in framework.__all__ if name not in FULL])
def test_help_shows_the_names_of_types_not_what_numpy_makes_of_them(name: str) -> None:
    part = getattr(framework, name)
    if part.__module__.startswith("framework.specs"):  # pydantic reads the types themselves
        return
    methods = inspect.getmembers(part, inspect.isfunction) if inspect.isclass(part) else []
    for place, call in [(name, part), *methods]:
        if place == name or not place.startswith("_"):
            assert "_typing" not in str(inspect.signature(call)), place


def test_every_public_class_is_reachable_from_the_top() -> None:
    """Concrete layers, losses and so on: whoever adds one must export it."""
    for family in (Layer, Activation, Loss, Optimizer, Schedule, Initializer, Augmentation, Ensemble):
        for kind in _concrete(family):
            if kind in STAND_INS:
                continue
            assert kind.__name__ in framework.__all__
            assert getattr(framework, kind.__name__) is kind


@pytest.mark.parametrize(
    "family", [Layer, Loss, Optimizer, Schedule, Initializer, Augmentation, Ensemble], ids=lambda kind: kind.__name__
)
def test_classes_are_abstract_or_final(family: type) -> None:
    assert inspect.isabstract(family)
    concrete = _concrete(family)
    assert concrete
    for kind in concrete:
        assert getattr(kind, "__final__", False), f"{kind.__name__} is not @final"
        shared = (family, Activation, Warp, Elementwise)
        assert not [base for base in kind.__mro__[1:] if base not in shared and _ours(base)]


def _concrete(kind: type) -> list[type]:
    """The concrete classes below `kind` that belong to the framework."""
    children: list[type] = kind.__subclasses__()
    below = [found for child in children for found in _concrete(child)]
    return below if inspect.isabstract(kind) or not _ours(kind) else [*below, kind]


def _ours(kind: type) -> bool:
    return kind.__module__.startswith("framework.")
