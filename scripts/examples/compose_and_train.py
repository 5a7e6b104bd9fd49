"""The whole way once: compose a network, train it, measure it, save it, load it and ask it.

    python -m scripts.examples.compose_and_train

The trained network stays behind as digits.safetensors in the folder you are in. Change a layer, the optimizer or the
number of epochs, and run it again.
"""

import numpy as np

from framework import Adam, Dense, ReLU, Rescale, Sequential, evaluate, fit
from models.digits import load_test_digits, load_training_digits

FILE = "digits.safetensors"


def main() -> None:
    # Pixels come as integers from 0 to 255; as a layer, their scale is saved with the network.
    model = Sequential([Rescale(1 / 255), Dense(784, 128), ReLU(), Dense(128, 10)], seed=0)

    # One row in ten is held out to see, after each epoch, how well the network does on digits it did not learn from.
    fit(model, load_training_digits(), optimizer=Adam(0.001), epochs=5, validation_split=0.1)

    # The test digits are opened once, when nothing is left to choose.
    test = load_test_digits()
    result = evaluate(model, test)
    print(f"\ntest digits: {result.accuracy:.2%} right, {result.errors} of {result.n:,} wrong")

    model.save(FILE)
    loaded = Sequential.load(FILE)
    same = np.array_equal(loaded.predict(test.x), model.predict(test.x))
    print(f"{FILE}, loaded again, predicts {'the same' if same else 'other'} labels\n")

    labels, probabilities = loaded.predict(test.x[:10]), loaded.predict_proba(test.x[:10])
    print("digit      " + "".join(f"{digit:>6}" for digit in test.y[:10]))
    print("predicted  " + "".join(f"{label:>6}" for label in labels))
    print("probability" + "".join(f"{highest:>6.2f}" for highest in probabilities.max(axis=1)))


if __name__ == "__main__":
    main()
