"""The network before training: every layer with its formula, and what it is going to learn from, and how."""

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from framework.console.text import QUIET, TITLE, counted, plain, sparkline, words
from framework.formulas import layer_formulas, loss_formulas
from framework.layers.base import Layer
from framework.losses import Loss
from framework.optimizers import Optimizer
from framework.representation import constructor_call
from framework.schedules import Schedule
from framework.sequential import Sequential
from framework.training import Training
from framework.types import Shape

SCHEDULE_POINTS = 24
MOST_SIZES = 8
WIDEST = 84
"""Columns of the frame at most: what belongs together stays together on a wide screen."""


def print_opening(training: Training, console: Console, *, title: str = "", source: str = "") -> None:
    """The network as a table, the data, the optimizer and the schedule. `source` is where the data come from."""
    title = title or sizes(training.model)
    table = network_table(training.model, training.loss)
    framed(Group(table, "", facts_table(_facts(training, source))), console, title)


def facts_table(facts: Iterable[tuple[str, str]]) -> Table:
    """Names and values below each other."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(words(name, TITLE), words(value))
    return table


def framed(content: RenderableType, console: Console, title: str) -> None:
    """`content` in a frame with a title, or below it where lines are all there is."""
    if plain(console):
        console.print(words(title), "", content, "", sep="\n")
        return
    width = min(console.width, WIDEST)
    console.print(Panel(content, title=words(f" {title} ", TITLE), box=box.ROUNDED, padding=(1, 2), width=width))


def network_table(model: Sequential, loss: Loss | None = None, *, costs: bool = False) -> Table:
    """Layer, formula, shape and parameters, and the loss if given; with `costs` also bytes and multiply-adds of one
    sample.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=TITLE)
    for name in ("layer", "formula", "output", "parameters", *(("memory", "mult-adds") if costs else ())):
        text = name in ("layer", "formula")  # folded where there is too little room; numbers never are
        table.add_column(name, justify="left" if text else "right", no_wrap=not text, overflow="fold")
    empty = ("", "") if costs else ()
    table.add_row("input", "X", shown_shape(model.input_shape), "", *empty, style=QUIET)
    work = 0
    rows = zip(_rows(model.layers, model.input_shape), layer_formulas(model.layers), strict=True)
    for (depth, layer, before, after), formula in rows:
        # what a layer of layers has and does is shown in their rows, below its own
        count = 0 if layer.layers else sum(parameter.size for parameter in layer.parameters)
        multiply_adds = 0 if layer.layers else layer.multiply_adds(before)
        work += multiply_adds
        cells = ["  " * depth + type(layer).__name__, formula, shown_shape(after), f"{count:,}" if count else ""]
        if costs:
            memory = shown_bytes(count * model.dtype.itemsize) if count else ""
            cells += [memory, f"{multiply_adds:,}" if multiply_adds else ""]
        table.add_row(*map(words, cells))
    for number, formula in enumerate(loss_formulas(model.layers, loss) if loss is not None else ()):
        table.add_row("" if number else "loss", words(formula))
    values = model.parameters.values
    totals = [shown_bytes(values.nbytes), f"{work:,}"] if costs else []
    table.add_row("", "", "", *(words(total, TITLE) for total in (f"{values.size:,}", *totals)))
    return table


def _rows(layers: Sequence[Layer], shape: Shape, depth: int = 0) -> Iterator[tuple[int, Layer, Shape, Shape]]:
    """How deep inside others each layer is, the layer, and the shape of a sample before and after it."""
    for layer in layers:
        after = layer.output_shape(shape)
        yield depth, layer, shape, after
        yield from _rows(layer.layers, shape, depth + 1)
        shape = after


def sizes(model: Sequential) -> str:
    """784-128-10: the numbers in, and out of every layer with a weight matrix, of very many the first and the last."""
    weighed = [any(len(parameter.shape) > 1 for parameter in layer.parameters) for layer in model.layers]
    shapes = [shape for shape, is_weighed in zip(model.shapes, weighed, strict=True) if is_weighed]
    names = ["x".join(map(str, shape)) for shape in (model.input_shape, *shapes)]
    return "-".join(names if len(names) <= MOST_SIZES else [*names[: MOST_SIZES - 2], "...", names[-1]])


def shown_shape(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def shown_bytes(count: int) -> str:
    """In units of 10³, to three digits: `407 kB`, `1.63 MB`."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= 0.9995 * size:  # 999,600 B are 1 MB to three digits, not 1000 kB
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


def shown_optimizer(optimizer: Optimizer) -> str:
    """The call that makes it, and its learning rate, the first thing to know, also where that is the default."""
    call = repr(optimizer)
    return call if "learning_rate=" in call else f"{call}, learning rate {optimizer.learning_rate:g}"


def shown_schedule(schedule: Schedule) -> str:
    """The call that makes it and, unless it is level, its curve."""
    factors = [schedule((point + 0.5) / SCHEDULE_POINTS) for point in range(SCHEDULE_POINTS)]
    curve = "" if len(set(factors)) == 1 else f"  {sparkline([0.0, *factors], SCHEDULE_POINTS + 1)[1:]}"
    return f"{constructor_call(schedule)}{curve}"


def _facts(training: Training, source: str) -> list[tuple[str, str]]:
    """What the run learns from and how, as names and values."""
    held_out = "" if training.validation is None else f", {len(training.validation):,} held out"
    epochs, steps = training.settings.epochs, training.batches.per_epoch
    batch = counted(training.batches.batch_size, "sample")
    facts = [
        ("data", f"{counted(len(training.data), 'sample')}{held_out}{f', from {source}' if source else ''}"),
        ("loss", constructor_call(training.loss)),
        ("optimizer", shown_optimizer(training.optimizer)),
        ("schedule", shown_schedule(training.schedule)),
        ("run", f"{counted(epochs, 'epoch')} of {counted(steps, 'step')}, {batch} each"),
    ]
    if training.augmentation is not None:
        facts.insert(1, ("augmented", f"{training.augmentation!r}, anew in every epoch"))
    return facts
