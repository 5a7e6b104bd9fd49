"""What watching costs: the time spent in drawing the live view, as a share of the training.

    python -m scripts.benchmarks.console [EPOCHS [RECIPE]]

The recipe, digits unless told, runs on the embedded digits in front of a console that is told it is a terminal of
80 x 40 and writes into nothing. The first drawing is left out, as it is made before the training.
"""

import os
import statistics
import sys
import time

from rich.console import Console
from rich.live import Live

from framework.console import watch
from models.digits import load_training_digits
from models.recipes import recipe

EPOCHS = 5
WIDTH, HEIGHT = 80, 40


def main() -> None:
    epochs = int(sys.argv[1]) if len(sys.argv) > 1 else EPOCHS
    name = sys.argv[2] if len(sys.argv) > 2 else "digits"
    spec = recipe(name)
    spec = spec.model_copy(update={"training": spec.training.model_copy(update={"epochs": epochs})})
    training = spec.prepare(load_training_digits())
    seconds: list[float] = []
    refresh = Live.refresh

    def timed(self: Live) -> None:
        start = time.perf_counter()
        refresh(self)
        seconds.append(time.perf_counter() - start)

    Live.refresh = timed  # type: ignore[method-assign]
    with open(os.devnull, "w", encoding="utf-8") as nothing:
        console = Console(
            file=nothing, force_terminal=True, color_system="truecolor", width=WIDTH, height=HEIGHT, _environ={}
        )
        start = time.perf_counter()
        watch(training, console)
        whole = time.perf_counter() - start

    drawn = seconds[1:]
    print(
        f"{name}, {epochs} epochs in {whole:.1f} s: {len(drawn)} drawings, "
        f"{1e3 * statistics.median(drawn):.1f} ms each, {sum(drawn) / whole:.2%} of the time"
    )


if __name__ == "__main__":
    main()
