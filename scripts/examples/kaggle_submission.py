"""Kaggle's Digit Recognizer from CSV to CSV: train on train.csv, predict test.csv, write a submission.

    python -m scripts.examples.kaggle_submission data/kaggle/train.csv data/kaggle/test.csv submission.csv

One row in ten is held out: its accuracy is about what to expect from Kaggle's score. It overwrites nothing.
"""

import sys
from pathlib import Path

from framework import Adam, ChalknetError, CosineSchedule, Dense, Dropout, ReLU, Rescale, Sequential, fit, read_table
from models.digits import digit_table
from scripts.submission import check_target, write_submission


def main(train: Path, test: Path, submission: Path) -> None:
    check_target(submission, force=False)  # whatever is wrong with the files is said before the training
    table_format = digit_table().table_format()
    digits = read_table(train, table_format).dataset()
    unlabelled = read_table(test, table_format, labelled=False).features

    model = Sequential([Rescale(1 / 255), Dense(784, 128), ReLU(), Dropout(0.2), Dense(128, 10)], seed=0)
    fit(model, digits, optimizer=Adam(0.002), schedule=CosineSchedule(), epochs=8, validation_split=0.1)

    write_submission(submission, model.predict(unlabelled), force=False)
    print(f"\n{submission}: {len(unlabelled):,} predictions")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: python -m scripts.examples.kaggle_submission TRAIN.csv TEST.csv SUBMISSION.csv")
    try:
        main(*map(Path, sys.argv[1:]))
    except ChalknetError as error:
        sys.exit(f"error: {error}")
