"""One network, several optimizers: which of them learns the digits best in three epochs?

    python -m scripts.examples.swap_the_optimizer

Every trial starts from the same weights, takes the rows in the same order and is measured on the same held-out rows:
the optimizer and its schedule are all that differs. Another seed moves the figures by about half a percent, so smaller
differences mean little. The test digits stay closed: a figure that served to choose is no longer a fair measure.
"""

from framework import SGD, Adam, AdamW, Dense, OneCycleSchedule, Optimizer, ReLU, Rescale, Schedule, Sequential, fit
from models.digits import load_training_digits


def main() -> None:
    trials: list[tuple[Optimizer, Schedule | None]] = [
        (SGD(0.2), None),
        (SGD(0.08, momentum=0.9), None),
        (SGD(0.08, momentum=0.9), OneCycleSchedule()),
        (Adam(0.004), None),
        (AdamW(0.004, weight_decay=0.05), None),
    ]
    digits = load_training_digits()
    print(f"{'validation accuracy after epoch':<56}{'1':>8}{'2':>8}{'3':>8}")
    for optimizer, schedule in trials:
        model = Sequential([Rescale(1 / 255), Dense(784, 64), ReLU(), Dense(64, 10)], seed=0)
        history = fit(
            model,
            digits,
            optimizer=optimizer,
            schedule=schedule,
            epochs=3,
            seed=0,  # decides the order of the rows
            validation_split=0.1,  # always the same rows, whatever the seed
            show=False,
        )
        name = str(optimizer) if schedule is None else f"{optimizer}, {type(schedule).__name__}"
        print(f"{name:<56}" + "".join(f"{report.validation_accuracy:>8.2%}" for report in history))


if __name__ == "__main__":
    main()
