"""Numbers that stop being finite: the training ends before they are used, and none is ever saved."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
import pytest

from framework import (
    SGD,
    Constant,
    Dataset,
    Dense,
    Diverged,
    Layer,
    Parameter,
    Sequential,
    Training,
    TrainingSettings,
)
from framework.randomness import Step
from framework.saving import Checkpoints
from framework.saving.checkpoints import LATEST, PREVIOUS, Found
from framework.specs import LayerSpec
from framework.types import Array, Shape
from tests.crash.jobs import RESUME, Job, words
from tests.crash.nursery import Nursery
from tests.crash.trainings import Plan, StopAt, contents, rows, run, run_until_stopped

DIVERGED = 4
RATE = 0.125
EVERY = 2


@final
class Poison(Layer):
    """x, with one number replaced at one step: in what it gives, in the gradient it passes on, or in its own."""

    def __init__(self, features: int, step: int, where: str, number: str) -> None:
        self.features, self.step, self.where, self.number = features, step, where, number
        self.now = 0
        self.gain = Parameter("gain", (features,), Constant(1.0))
        self.parameters = (self.gain,)

    @classmethod
    def inferred(cls, input_shape: Shape) -> dict[str, Any]:
        return {"features": input_shape[0]}

    def forward(self, x: Array, *, step: Step | None = None) -> Array:
        y = x * self.gain.value
        if step is not None:
            self.keep(x=x)
            self.now = step.index
            if self.now == self.step and self.where == "forward":
                y[0, 0] = float(self.number)
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        np.sum(dy * self.kept("x"), axis=0, out=self.gain.grad)
        if self.now == self.step and self.where == "own gradient":
            self.gain.grad[0] = float(self.number)
        dx = dy * self.gain.value
        if self.now == self.step and self.where == "backward":
            dx[0, 0] = float(self.number)
        return dx if need_dx else None


class PoisonSpec(LayerSpec):
    type: Literal["poison"] = "poison"
    step: int
    where: str
    number: str
    component = Poison


@dataclass(frozen=True)
class Poisoned:
    """A training with the poison in some place."""

    place: int
    step: int
    where: str
    number: str

    def training(self, checkpoints: Checkpoints | StopAt | None = None) -> Training:
        layers: list[Layer] = [Dense(3, 4), Dense(4, 4), Dense(4, 3)]
        layers.insert(self.place, Poison(3 if self.place in (0, 3) else 4, self.step, self.where, self.number))
        return Training(
            Sequential(layers, seed=1),
            rows(),
            optimizer=SGD(RATE, momentum=0.9),
            settings=TrainingSettings(epochs=2, batch_size=5, threads=1),
            checkpoints=checkpoints,
        )


@pytest.fixture(autouse=True)
def quiet() -> Any:
    """As everywhere where trainings run: what is not finite ends in Diverged."""
    with np.errstate(all="ignore"):
        yield


PLACES = [
    Poisoned(place, step, where, number)
    for place, step, where, number in product(
        (0, 1, 3), (0, 4, 7), ("forward", "backward", "own gradient"), ("nan", "inf")
    )
    if (place, where) != (0, "backward")  # nobody asks the first layer for the gradient of its input
]


@pytest.mark.parametrize("poisoned", PLACES, ids=lambda each: f"{each.place}-{each.step}-{each.where}-{each.number}")
def test_it_stops_at_that_very_step(poisoned: Poisoned, tmp_path: Path) -> None:
    """With the weights from before it, and with the last good state untouched."""
    training = poisoned.training(Checkpoints(tmp_path / "run", every=EVERY, extra=[PoisonSpec]))
    with pytest.raises(Diverged) as caught:
        run(training)
    step, epoch = poisoned.step + 1, poisoned.step // 5 + 1
    said = str(caught.value)
    assert said.startswith(f"training diverged: epoch {epoch}, step {step}, learning rate {RATE}: ")
    layer = training.model.layers[poisoned.place].path
    first_of_all = {
        "forward": f"the first number that is not finite is in the output of {layer} (Poison)",
        "own gradient": f"the first number that is not finite is in the gradient of {layer}.gain",
        "backward": "the first number that is not finite is in the gradient of ",
    }[poisoned.where]
    assert first_of_all in said
    assert training.state.step == poisoned.step

    twin = poisoned.training(
        StopAt(Checkpoints(tmp_path / "twin", every=EVERY, extra=[PoisonSpec]), step=poisoned.step)
    )
    if poisoned.step:
        run_until_stopped(twin)
    np.testing.assert_array_equal(training.model.parameters.values, twin.model.parameters.values)
    assert contents(tmp_path / "run") == {
        name: content for name, content in contents(tmp_path / "twin").items() if name != "lock"
    }
    twin_checkpoints = twin.checkpoints
    assert isinstance(twin_checkpoints, StopAt)
    twin_checkpoints.checkpoints.close()


def _too_fast(data: Dataset) -> Training:
    model = Sequential([Dense(3, 8), Dense(8, 3)], seed=1)
    return Training(model, data, optimizer=SGD(1e30), settings=_settings())


def _huge_input(data: Dataset) -> Training:
    huge = Dataset(np.where(np.arange(len(data))[:, np.newaxis] == 11, 3e38, data.x).astype(np.float32), data.y)
    return Training(Sequential([Dense(3, 8), Dense(8, 3)], seed=1), huge, optimizer=SGD(0.1), settings=_settings())


def _overflow_of_weights(data: Dataset) -> Training:
    return Training(
        Sequential([Dense(3, 3)], seed=1), data, optimizer=SGD(3e38, momentum=0.99), settings=_settings(epochs=20)
    )


def _settings(epochs: int = 2) -> TrainingSettings:
    return TrainingSettings(epochs=epochs, batch_size=5, threads=1)


@pytest.mark.parametrize("make", [_too_fast, _huge_input, _overflow_of_weights])
def test_rates_and_inputs_that_are_too_large(make: Callable[[Dataset], Training]) -> None:
    training = make(rows())
    with pytest.raises(Diverged, match=r"^training diverged: epoch \d+, step \d+, learning rate .*: ") as caught:
        run(training)
    assert caught.value.hint is not None


TENSORS = ["parameters", "buffers", "slot", "best", "average", "average buffers", "loss"]


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", TENSORS)
def test_no_such_number_is_ever_saved(name: str, number: float, tmp_path: Path) -> None:
    plan = Plan(validation=True, settings={"average": 0.9})
    checkpoints = Checkpoints(tmp_path, every=3)
    training = plan.training(StopAt(checkpoints, step=7))
    run_until_stopped(training)
    before = contents(tmp_path)
    state = training.state
    assert state.best_values is not None
    assert state.average is not None
    arrays = {
        "parameters": training.model.parameters.values,
        "buffers": training.model.buffers.values,
        "slot": next(iter(training.optimizer.slots.values())),
        "best": state.best_values,
        "average": state.average.values,
        "average buffers": state.average.buffers,
    }
    if name == "loss":
        state.loss_sum = number
    else:
        arrays[name][1] = number
    with checkpoints, pytest.raises(Diverged, match="is not finite"):
        checkpoints.save()
    assert contents(tmp_path) == before
    for file in (LATEST, PREVIOUS):
        assert all(np.isfinite(array).all() for array in Found.read(tmp_path / file, ()).tensors.values())


def test_the_command_says_where_the_last_good_state_is(job: Job, nursery: Nursery, tmp_path: Path) -> None:
    """And whoever resumes comes to the same end, and still has it."""
    place, log = tmp_path / "job", tmp_path / "log"
    place.mkdir()
    too_fast = ["--set", "optimizer.learning_rate=1e30", "--save-every", "1"]
    states = []
    for command in ([*words(job.place), *too_fast], RESUME):
        log.unlink(missing_ok=True)
        pid = nursery.start("command", log, words=command, folder=str(place))
        nursery.go(pid)
        assert nursery.end(pid) == DIVERGED
        first, hint = log.read_text().splitlines()
        assert first.startswith("error: training diverged: epoch 1, step 2, learning rate 1e+30: the loss is nan; the ")
        assert hint.endswith("; what was learnt before is safe in run")
        states.append((place / "run" / LATEST).read_bytes())
    assert states[0] == states[1]
    assert Found.read(place / "run" / LATEST, ()).progress.step == 1
