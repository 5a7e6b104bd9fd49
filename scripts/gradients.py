"""The gradient check of a recipe: its network at random weights, on random rows of the kind its table has."""

import json
import math
from dataclasses import replace

from framework.console.network import sizes
from framework.gradcheck import Comparison, GradientReport, check, unsettle
from framework.gradcheck.subject import ROWS
from framework.randomness import stream
from framework.specs import RunSpec


def checked_gradients(spec: RunSpec, name: str) -> GradientReport:
    """What the check found; `name` is the network's in the report.

    The weights are those a training starts from, moved a little: biases of 0 and gains of 1 could hide a mistake.
    """
    model, data, seed = spec.build(), spec.data, spec.training.seed
    unsettle(model, seed)
    rng = stream(seed, "gradcheck/rows")
    x = rng.integers(data.minimum, data.maximum + 1, (ROWS, *model.input_shape))
    y = rng.integers(0, data.classes, ROWS)
    report = check(model, x, y, loss=spec.loss.build(), seed=seed)
    values = f"{ROWS} rows of random numbers from {data.minimum} to {data.maximum}, random labels, random weights"
    return replace(report, subject=f"{name} {sizes(model)}", setting=values)


def gradients_as_json(report: GradientReport) -> str:
    """One line of JSON: whether all is right, how much was compared, the worst entry and every wrong one."""
    tree: dict[str, object] = {
        "ok": report.ok,
        "compared": len(report.entries),
        "kinks": report.kinks,
        "tolerance": report.tolerance,
        "problem": report.problem,
        "worst": None if report.worst is None else _entry(report.worst),
        "culprit": None if report.culprit is None else _entry(report.culprit),
        "wrong": [_entry(entry) for entry in report.wrong],
    }
    return json.dumps(tree)


def _entry(entry: Comparison) -> dict[str, object]:
    """JSON has no infinity, and nothing that is no number: null says both."""
    numbers = {"analytic": entry.analytic, "numeric": entry.numeric, "error": entry.error}
    return {
        "layer": entry.layer,
        "kind": entry.kind,
        "parameter": entry.parameter,
        "index": None if entry.index is None else list(entry.index),
        **{name: number if math.isfinite(number) else None for name, number in numbers.items()},
    }
