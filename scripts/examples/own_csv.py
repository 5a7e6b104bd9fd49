"""A table of one's own: another size, other column names, other values. Here digits of 7x7 pixels in 16 shades.

    python -m scripts.examples.own_csv

The script makes such a CSV out of the embedded digits first; with a file of your own, begin at TableFormat.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from framework import Adam, Dense, ReLU, Rescale, Sequential, TableFormat, evaluate, fit, read_table
from framework.data.split import split
from models.digits import load_training_digits

CELLS = tuple(f"row{row}_column{column}" for row in range(7) for column in range(7))
ROWS = 10_000


def write_csv(path: Path) -> None:
    """The first of the digits, every 4x4 pixels averaged into a cell from 0 to 15; the label is the last column."""
    x, y = load_training_digits()
    cells = x[:ROWS].reshape(ROWS, 7, 4, 7, 4).mean(axis=(2, 4)) // 16
    rows = np.column_stack([cells.reshape(ROWS, len(CELLS)), y[:ROWS]])
    np.savetxt(path, rows, fmt="%d", delimiter=",", header=",".join([*CELLS, "digit"]), comments="")


def main() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "small_digits.csv")
        write_csv(path)
        # Columns are found by name, in any order. A cell that is no integer from 0 to 15 is refused, with its place.
        table_format = TableFormat(CELLS, label_column="digit", maximum=15, classes=10)
        table = read_table(path, table_format, cache=False)  # a file that is soon gone needs no copy in the cache
    print(f"{path.name}: {len(table.features):,} rows of {len(CELLS)} cells")

    training, held_out = split(table.dataset(), 0.2)  # every class gives its share
    model = Sequential([Rescale(1 / 15), Dense(49, 64), ReLU(), Dense(64, 10)], seed=0)
    fit(model, training, optimizer=Adam(0.005), epochs=10)
    print(f"\n{len(held_out):,} rows held out: {evaluate(model, held_out).accuracy:.2%} right")


if __name__ == "__main__":
    main()
