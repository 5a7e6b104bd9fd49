"""A model as JSON and back: what is composed in Python becomes a file to read, to edit and to build again.

    python -m scripts.examples.model_to_json

The file holds the structure and no weights, as those follow from the seed: the model and its twin start from the same
bits and, trained alike, end with the same bits. A file of a whole run is what `chalknet train FILE.json` takes.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill

import numpy as np

from framework import Dense, ReLU, Rescale, Sequential, SpecError, fit
from framework.specs import ModelSpec, RunSpec, SGDSpec, TrainingSpec, parse_spec, read_spec
from models.digits import digit_table, load_training_digits


def main() -> None:
    model = Sequential([Rescale(1 / 255), Dense(784, 32), ReLU(), Dense(32, 10)], seed=7)
    spec = ModelSpec.of(model)
    text = spec.model_dump_json(indent=2)
    print(text, end="\n\n")

    with TemporaryDirectory() as folder:
        file = Path(folder, "model.json")
        file.write_text(text)
        twin = read_spec(file).build(seed=7)
    compare("untrained", model, twin)
    digits = load_training_digits()
    for network in (model, twin):
        fit(network, digits, epochs=1, threads=1, show=False)  # more threads may round otherwise
    compare("trained", model, twin)

    run = RunSpec(model=spec, optimizer=SGDSpec(learning_rate=0.2), data=digit_table(), training=TrainingSpec(epochs=3))
    print(f"a whole run, to JSON and back: {'equal' if parse_spec(run.model_dump_json()) == run else 'different'}")

    print("\na misspelt field:")
    try:
        parse_spec(text.replace("out_features", "out_feature"), source="model.json")
    except SpecError as error:
        print(fill(str(error), width=80), f"hint: {error.hint}", sep="\n")


def compare(state: str, model: Sequential, twin: Sequential) -> None:
    same = np.array_equal(model.parameters.values, twin.parameters.values)
    print(f"{state}: the model and its twin have {'the same' if same else 'different'} weights")


if __name__ == "__main__":
    main()
