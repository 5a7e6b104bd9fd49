"""Draw what a run looks like in a terminal, as the SVG the README shows: a real run, drawn by rich.

python -m scripts.draw_console [RECIPE]
"""

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from framework.console import print_results, say
from framework.console.epochs import column_names, curves, history_rows
from framework.console.network import print_opening, sizes
from framework.evaluation import evaluate
from framework.files import publish
from models.digits import load_test_digits, load_training_digits
from models.recipes import recipe

PICTURE = Path(__file__).resolve().parent / "console.svg"
WIDTH = 88


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "digits"
    spec = recipe(name)
    console = Console(file=io.StringIO(), record=True, force_terminal=True, color_system="truecolor", width=WIDTH)
    training = spec.prepare(load_training_digits())
    print_opening(training, console, title=f"{name} {sizes(training.model)}", source="the embedded digits")
    for _ in training:
        pass
    history = training.history
    say(console, *column_names(training), *history_rows(history), "", *curves(history.history), "")
    test = load_test_digits()
    evaluation = evaluate(training.model, test, loss=training.loss)
    print_results(training.model, test, evaluation, console, name="test", image_shape=spec.data.image_shape)
    # no font from the network: a page that shows the picture has a monospaced one of its own
    picture = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title=f"chalknet train {name}"), flags=re.DOTALL)
    publish(PICTURE, picture.encode())


if __name__ == "__main__":
    main()
