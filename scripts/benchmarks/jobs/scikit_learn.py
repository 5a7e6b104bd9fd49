"""The job in scikit-learn: MLPClassifier, told not to stop early and not to decay its weights."""

import sys
import warnings

import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

EPOCHS, BATCH = 10, 128


def main() -> None:
    train_path, test_path, out = sys.argv[1:]
    train = pd.read_csv(train_path, dtype="uint8")
    labels = train.pop("label").to_numpy()
    pixels = train.to_numpy("float32") / 255

    model = MLPClassifier(
        (128,),
        solver="adam",
        alpha=0.0,
        batch_size=BATCH,
        learning_rate_init=0.001,
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,
        random_state=0,
    )
    warnings.simplefilter("ignore", ConvergenceWarning)  # ten epochs are what was asked for
    model.fit(pixels, labels)

    test = pd.read_csv(test_path, dtype="uint8")
    labels = model.predict(test.to_numpy("float32") / 255)
    pd.DataFrame({"ImageId": range(1, len(test) + 1), "Label": labels}).to_csv(out, index=False)


if __name__ == "__main__":
    main()
