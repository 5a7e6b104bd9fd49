"""Recipes, specs and runs as a person looks them over: on one screen, without training anything."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console, Group
from rich.table import Table

from framework.console import say
from framework.console.epochs import curves
from framework.console.network import (
    facts_table,
    framed,
    network_table,
    shown_bytes,
    shown_optimizer,
    shown_schedule,
    sizes,
)
from framework.console.text import TITLE, clock, counted, percent, shown_loss, words
from framework.errors import shown_path
from framework.representation import constructor_call
from framework.sequential import Sequential
from framework.specs import NumberedColumns, RunSpec
from models.measured import measured
from models.recipes import RECIPES, TABLES, Tables, recipe, summary
from scripts.run_folder import RunFolder

LARGEST = 1e15
"""No figure of a report comes near it; an integer may be too large for a float."""


def show_spec(spec: RunSpec, name: str, console: Console, *, tables: Tables | None = None) -> None:
    """The network with the cost of each layer, and all that its training will use."""
    model = spec.build()
    table, facts = network_table(model, spec.loss.build(), costs=True), _facts(spec, model)
    if tables is not None:
        facts.insert(0, ("tables", f"{tables.train}, {tables.predict} to {tables.out}"))
    framed(Group(table, "", facts_table(facts)), console, f"{name} {sizes(model)}")


def show_model(path: Path, console: Console) -> None:
    """A trained model by itself: its network with the cost of each layer, and what its weights are."""
    model = Sequential.load(path)
    table, facts = network_table(model, costs=True), [("weights", model.weights_are)]
    framed(Group(table, "", facts_table(facts)), console, f"{path.stem} {sizes(model)}")


def show_run(folder: RunFolder, console: Console) -> None:
    """The spec of a run, how it went and its result, as far as it came."""
    spec = folder.read_trained()[0] if folder.has_model() else folder.read_spec()
    history, report = folder.read_history(), folder.read_report()
    show_spec(spec, folder.path.resolve().name, console)
    if history and (lines := curves(history)):
        say(console, *lines, "")
    if report:
        console.print(facts_table(_result(report)))
    elif folder.is_unfinished():
        say(console, f"this run is not finished: chalknet resume {shown_path(folder.path)} goes on with it")
    else:
        say(console, "this run has no result")


def show_recipes(console: Console) -> None:
    """A line per recipe, and how the figures came about."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=TITLE)
    for column in ("recipe", "parameters", "accuracy", "time"):
        table.add_column(column, justify="left" if column == "recipe" else "right")
    table.add_column("what it is")
    for name in RECIPES:
        figures = measured(name)
        size = f"{recipe(name).build().parameters.values.size:,}"
        accuracy = "" if figures is None else percent(figures.accuracy)
        time = "" if figures is None or figures.seconds is None else clock(figures.seconds)
        table.add_row(*map(words, (name, size, accuracy, time, summary(name))))
    console.print(table)
    say(
        console,
        "\naccuracy on the 10,000 test digits, mean of the seeds; training time, two cores",
        f"{' and '.join(TABLES)}: accuracy on rows held out of its own table, which has the test digits",
        "chalknet show RECIPE shows one, chalknet train RECIPE trains it",
    )


def _facts(spec: RunSpec, model: Sequential) -> list[tuple[str, str]]:
    data, training = spec.data, spec.training
    columns = data.feature_columns
    names = columns if not isinstance(columns, NumberedColumns) else columns.names()
    batch = "all samples at once" if training.batch_size is None else f"{counted(training.batch_size, 'sample')} a step"
    optimizer, augmentation = spec.optimizer.build(), spec.build_augmentation()
    vectors = 1 + len(optimizer.slot_names())
    facts = [
        ("columns", f"{data.label_column}, {names[0]}{f' ... {names[-1]}' if len(names) > 1 else ''}"),
        ("values", f"{data.minimum} to {data.maximum}, {data.classes} classes"),
        ("held out", f"{100 * data.validation_split:.3g}% of the rows" if data.validation_split else "none"),
        ("loss", constructor_call(spec.loss.build())),
        ("optimizer", shown_optimizer(optimizer)),
        ("schedule", shown_schedule(spec.schedule.build())),
        ("run", f"{counted(training.epochs, 'epoch')}, {batch}, seed {training.seed}"),
        ("memory", f"{shown_bytes(vectors * model.parameters.values.nbytes)} more in training: gradients, optimizer"),
    ]
    if augmentation is not None:
        facts.insert(3, ("augmented", repr(augmentation)))
    return facts


def _result(report: Mapping[str, object]) -> list[tuple[str, str]]:
    """What report.json says that a person asks first."""
    shown = {
        "accuracy": _number(report, "accuracy", percent),
        "loss": _number(report, "loss", shown_loss),
        "measured on": report.get("measured_on"),
        "epochs": report.get("epochs"),
        "best epoch": report.get("best_epoch"),
        "weights": report.get("weights_are"),
        "samples/s": _number(report, "samples_per_second", lambda speed: f"{speed:,.0f}"),
        "threads": report.get("threads"),
        "seed": report.get("seed"),
        "data": report.get("data_sha256"),
    }
    return [(name, str(value)) for name, value in shown.items() if value is not None]


def _number(report: Mapping[str, object], name: str, shown: Callable[[float], str]) -> str | None:
    value = report.get(name)
    return shown(value) if isinstance(value, int | float) and abs(value) < LARGEST else None
