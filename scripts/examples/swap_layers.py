"""One optimizer, several networks: what do another activation, dropout, other first weights or more units change?

    python -m scripts.examples.swap_layers

A network is a list of layers, and swapping one is changing its line. All are trained alike and measured on the same
held-out rows; the test digits stay closed, as they do for every choice.
"""

from framework import Adam, Dense, Dropout, GlorotUniform, Layer, LeakyReLU, ReLU, Rescale, Sequential, Tanh, fit
from models.digits import load_training_digits


def main() -> None:
    glorot = GlorotUniform()  # initializers hold no arrays: one may serve several layers
    networks: dict[str, list[Layer]] = {
        "no hidden layer": [Dense(784, 10)],
        "ReLU": [Dense(784, 64), ReLU(), Dense(64, 10)],
        "LeakyReLU": [Dense(784, 64), LeakyReLU(0.1), Dense(64, 10)],
        "Tanh": [Dense(784, 64), Tanh(), Dense(64, 10)],
        "Tanh, Glorot weights": [
            Dense(784, 64, weight_initializer=glorot),
            Tanh(),
            Dense(64, 10, weight_initializer=glorot),
        ],
        "ReLU, Dropout": [Dense(784, 64), ReLU(), Dropout(0.2), Dense(64, 10)],
        "ReLU, twice as wide": [Dense(784, 128), ReLU(), Dense(128, 10)],
        "ReLU, two hidden layers": [Dense(784, 64), ReLU(), Dense(64, 64), ReLU(), Dense(64, 10)],
    }
    digits = load_training_digits()
    print(f"{'network':<26}{'parameters':>12}{'training':>12}{'validation':>12}")
    for name, layers in networks.items():
        model = Sequential([Rescale(1 / 255), *layers], seed=0)
        history = fit(model, digits, optimizer=Adam(0.002), epochs=2, validation_split=0.1, show=False)
        last = history.epochs[-1]
        parameters = model.parameters.values.size
        print(f"{name:<26}{parameters:>12,}{last.accuracy:>12.2%}{last.validation_accuracy:>12.2%}")


if __name__ == "__main__":
    main()
