"""Feed: the right batches in the right order, however slowly they are read, and no thread that outlives the loop."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from framework import Affine, Augmentation, Batches, Dataset, InputError, stream
from framework.data.feed import AHEAD, Feed
from framework.types import Array, Numbers

PAUSE = 0.005
"""Seconds a slow consumer takes for a batch: enough for a thread to make all it may make ahead, and more."""
LONG = 10
"""Seconds after which a thread that should have answered never will."""

SHAPE = (4, 6)
SEED = 3


def _digits(n: int = 40) -> Dataset:
    """n random images of 24 pixels; the label of each is its row, so that x and y can be told to belong together."""
    rng = np.random.default_rng(0)
    return Dataset(rng.integers(0, 256, (n, 24), dtype=np.uint8), np.arange(n))


def _batches(batch_size: int | None = 7, n: int = 40) -> Batches:
    return Batches(_digits(n), batch_size, seed=SEED)


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("chalknet-augmentation")]


@pytest.fixture(autouse=True)
def no_thread_stays_behind() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert _threads() == []
    assert threading.active_count() == before


def _expected(batches: Batches, first_step: int, number: int, augmentation: Augmentation) -> tuple[Array, Numbers]:
    """Batch `number`, taken and augmented here and now. All rows at once come as they lie."""
    order = batches.order(first_step) if batches.per_epoch > 1 else np.arange(len(batches.dataset))
    rows = order[number * batches.batch_size : (number + 1) * batches.batch_size]
    x, y = batches.dataset.x[rows], batches.dataset.y[rows]
    return augmentation(x, stream(SEED, "augmentation", first_step + number)), y


# Without an augmentation


@pytest.mark.parametrize("start", [0, 2, 5, 6])
@pytest.mark.parametrize("batch_size", [7, 40, None])
def test_without_an_augmentation_it_hands_out_what_the_batches_do(batch_size: int | None, start: int) -> None:
    batches = _batches(batch_size)
    order, number = batches.order(12), start
    with Feed(batches, None) as feed:
        for x, y in feed.epoch(order, 12, start=start):
            assert _threads() == []
            expected_x, expected_y = batches.take(order, number)
            np.testing.assert_array_equal(x, expected_x)
            np.testing.assert_array_equal(y, expected_y)
            assert x.dtype == np.uint8
            assert np.shares_memory(x, expected_x)  # the memory that is used again, not a copy of it
            assert np.shares_memory(y, expected_y)
            number += 1
    assert number == max(start, batches.per_epoch)


# With one


@pytest.mark.parametrize("first_step", [0, 12])
@pytest.mark.parametrize("start", [0, 2, 5, 6])
@pytest.mark.parametrize("batch_size", [1, 7, 20, 40, None])
def test_every_batch_is_augmented_by_the_numbers_of_its_step(
    batch_size: int | None, start: int, first_step: int
) -> None:
    batches, affine = _batches(batch_size), Affine(SHAPE)
    number = start
    with Feed(batches, affine) as feed:
        for x, y in feed.epoch(batches.order(first_step), first_step, start=start):
            expected_x, expected_y = _expected(batches, first_step, number, affine)
            np.testing.assert_array_equal(x, expected_x)
            np.testing.assert_array_equal(y, expected_y)
            assert x.dtype == np.float32
            number += 1
    assert number == max(start, batches.per_epoch)


def test_epoch_after_epoch_through_the_same_feed() -> None:
    batches, affine = _batches(), Affine(SHAPE)
    with Feed(batches, affine) as feed:
        for first_step in (0, 6, 12):
            for number, (x, y) in enumerate(feed.epoch(batches.order(first_step), first_step)):
                expected_x, expected_y = _expected(batches, first_step, number, affine)
                np.testing.assert_array_equal(x, expected_x)
                np.testing.assert_array_equal(y, expected_y)


@pytest.mark.parametrize("batch_size", [7, None])
def test_a_slow_reader_gets_the_same_bits(batch_size: int | None) -> None:
    def bits(pause: float) -> list[tuple[bytes, bytes]]:
        batches, seen = _batches(batch_size), []
        with Feed(batches, Affine(SHAPE)) as feed:
            for x, y in feed.epoch(batches.order(0), 0):
                time.sleep(pause)
                seen.append((x.tobytes(), y.tobytes()))
        return seen

    assert bits(0) == bits(PAUSE)


class Same(Augmentation):
    """Gives back what it got, where it can without a copy."""

    def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
        return x.astype(np.float32, copy=False)


class Window(Augmentation):
    """Gives back a view of what it got."""

    def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
        return x.astype(np.float32, copy=False)[:, ::-1]


@pytest.mark.parametrize("augmentation", [Affine(SHAPE), Same(), Window()], ids=repr)
@pytest.mark.parametrize("batch_size", [7, None])
def test_what_was_handed_out_is_never_written_again(batch_size: int | None, augmentation: Augmentation) -> None:
    digits = _digits()
    batches = Batches(Dataset(digits.x.astype(np.float32), digits.y), batch_size, seed=SEED)
    kept: list[tuple[Numbers, Numbers]] = []
    copies: list[tuple[Numbers, Numbers]] = []
    with Feed(batches, augmentation) as feed:
        for x, y in feed.epoch(batches.order(0), 0):
            kept.append((x, y))
            copies.append((x.copy(), y.copy()))
            time.sleep(PAUSE)
    for number, ((x, y), (copy_x, copy_y)) in enumerate(zip(kept, copies, strict=True)):
        np.testing.assert_array_equal(x, copy_x)
        np.testing.assert_array_equal(y, copy_y)
        expected_x, expected_y = _expected(batches, 0, number, augmentation)
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y, expected_y)
        assert not np.may_share_memory(x, batches.dataset.x)
        assert not np.may_share_memory(y, batches.dataset.y)


def test_the_data_are_never_written() -> None:
    batches = _batches()
    x, y = batches.dataset.x.copy(), batches.dataset.y.copy()
    with Feed(batches, Affine(SHAPE)) as feed:
        for new_x, new_y in feed.epoch(batches.order(0), 0):
            new_x[...] = 0
            new_y[...] = 0
    np.testing.assert_array_equal(batches.dataset.x, x)
    np.testing.assert_array_equal(batches.dataset.y, y)


# The thread


class Noted(Augmentation):
    """Notes which thread makes a batch; at the batches it was told about it fails, or waits."""

    def __init__(self, fails_at: int | None = None, waits_at: int | None = None) -> None:
        self.fails_at = fails_at
        self.waits_at = waits_at
        self.made: list[str] = []
        self.may_go_on = threading.Event()

    def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
        number = len(self.made)
        self.made.append(threading.current_thread().name)
        if number == self.fails_at:
            raise InputError("no more")
        if number == self.waits_at:
            assert self.may_go_on.wait(LONG)
            time.sleep(PAUSE)
        return x.astype(np.float32)


def _wait_for(noted: Noted, made: int) -> None:
    """Until so many batches have been made, or begun."""
    end = time.monotonic() + LONG
    while len(noted.made) < made:
        assert time.monotonic() < end, "they are never made"
        time.sleep(PAUSE)


def test_batches_are_made_ahead_in_one_thread_and_not_too_far_ahead() -> None:
    batches, noted = _batches(1), Noted()
    with Feed(batches, noted) as feed:
        for number, _ in enumerate(feed.epoch(batches.order(0), 0), start=1):
            most = min(number + AHEAD, batches.per_epoch)
            _wait_for(noted, most)
            time.sleep(PAUSE if number < 5 else 0)  # in which it could go too far
            assert len(noted.made) == most
    assert set(noted.made) == {"chalknet-augmentation_0"}


def test_the_thread_is_gone_when_the_loop_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """It finishes the batch it is at, and makes none of those nobody will read."""
    batches, noted = _batches(1), Noted(waits_at=1)

    class Executor(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            """First cancel, then let the thread go on, then wait for it."""
            super().shutdown(False, cancel_futures=cancel_futures)
            noted.may_go_on.set()
            super().shutdown(wait)

    monkeypatch.setattr("framework.data.feed.ThreadPoolExecutor", Executor)
    with Feed(batches, noted) as feed:
        for _ in feed.epoch(batches.order(0), 0):
            assert _threads() == ["chalknet-augmentation_0"]
            _wait_for(noted, 2)
            break
    assert _threads() == []
    assert len(noted.made) == 2


def test_the_thread_is_gone_when_the_consumer_fails() -> None:
    def consume() -> None:
        batches = _batches()
        with Feed(batches, Affine(SHAPE)) as feed:
            for _ in feed.epoch(batches.order(0), 0):
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        consume()
    assert _threads() == []


def test_the_thread_is_gone_when_nothing_was_read() -> None:
    batches = _batches()
    with Feed(batches, Affine(SHAPE)) as feed:
        feed.epoch(batches.order(0), 0)
    assert _threads() == []


@pytest.mark.parametrize("fails_at", [0, 1, 4, 5])
def test_a_fault_in_the_augmentation_is_the_consumer_s(fails_at: int) -> None:
    """It comes out where its batch would have come, after all those before it."""
    seen: list[Numbers] = []

    def consume() -> None:
        batches = _batches()
        with Feed(batches, Noted(fails_at)) as feed:
            seen.extend(batch.x for batch in feed.epoch(batches.order(0), 0))

    with pytest.raises(InputError, match="no more"):
        consume()
    assert len(seen) == fails_at
    assert _threads() == []


def test_a_feed_can_be_used_again() -> None:
    batches, affine = _batches(), Affine(SHAPE)
    feed = Feed(batches, affine)
    for _ in range(2):
        with feed:
            x, _ = next(feed.epoch(batches.order(0), 0))
            np.testing.assert_array_equal(x, _expected(batches, 0, 0, affine)[0])
        assert _threads() == []
    x, _ = next(feed.epoch(batches.order(0), 0))  # and outside, where it is made on the spot
    np.testing.assert_array_equal(x, _expected(batches, 0, 0, affine)[0])
    assert _threads() == []


class Overflowing(Augmentation):
    def __call__(self, x: Numbers, rng: np.random.Generator) -> Array:
        return x.astype(np.float32) * np.float32(3e38)


def test_what_a_numeric_fault_does_is_the_consumer_s_choice() -> None:
    """NumPy's error state belongs to a thread: what holds where batches are read has to hold where they are made."""
    batches = _batches()
    with Feed(batches, Overflowing()) as feed:
        with pytest.raises(FloatingPointError):  # as the tests have it
            next(feed.epoch(batches.order(0), 0))
        with np.errstate(over="ignore"):
            x, _ = next(feed.epoch(batches.order(0), 0))
        assert np.isinf(x).any()
