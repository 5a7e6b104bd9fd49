"""gradients: how large the parts are that a batch goes through in. What comes of them is tested with Training."""

from framework import BatchNorm, Conv2D, Dense, Flatten, Rescale, Reshape, Sequential
from framework.gradients import PART_NUMBERS, PART_ROWS, part_rows
from models.recipes import recipe


def test_how_many_rows_go_through_at_once() -> None:
    """Few numbers a sample: PART_ROWS. Many: fewer, so that 128 images keep two workers busy. BatchNorm: all."""
    assert part_rows(Sequential([Dense(784, 10), Dense(10, 10)])) == PART_ROWS
    layers = [Rescale(1 / 255), Reshape((28, 28, 1)), Conv2D(1, 16), Flatten(), Dense(26 * 26 * 16, 10)]
    convolution = Sequential(layers, input_shape=(784,))
    assert part_rows(convolution) == PART_NUMBERS // (2 * 26 * 26 * 16 + 10)
    assert part_rows(recipe("digits-cnn").build()) < 128
    assert part_rows(recipe("digits").build()) >= 256
    assert part_rows(Sequential([Dense(784, 10), BatchNorm(10)])) > 10**9
