"""The job in Keras on JAX, by `compile`, `fit` and `predict`."""

import os
import sys

os.environ["KERAS_BACKEND"] = "jax"

import keras
import pandas as pd

EPOCHS, BATCH = 10, 128
PREDICT_BATCH = 1024


def main() -> None:
    train_path, test_path, out = sys.argv[1:]
    keras.utils.set_random_seed(0)
    train = pd.read_csv(train_path, dtype="uint8")
    labels = train.pop("label").to_numpy("int32")
    pixels = train.to_numpy("float32") / 255

    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(128, activation="relu"), keras.layers.Dense(10)])
    model.compile(keras.optimizers.Adam(0.001), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(pixels, labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)

    test = pd.read_csv(test_path, dtype="uint8")
    scores = model.predict(test.to_numpy("float32") / 255, batch_size=PREDICT_BATCH, verbose=0)
    predicted = pd.DataFrame({"ImageId": range(1, len(test) + 1), "Label": scores.argmax(axis=1)})
    predicted.to_csv(out, index=False)


if __name__ == "__main__":
    main()
