"""Signals that are held back: when what is done on them is done, and for whom."""

import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest

from framework.held_back import held_back


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """The signals that a script's own handlers have heard."""
    found: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        found.append(number)

    numbers = (signal.SIGTERM, signal.SIGUSR1)
    before = [signal.signal(number, hear) for number in numbers]
    yield found
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def test_ctrl_c_waits_until_it_is_asked_for() -> None:
    with held_back() as heed:
        heed()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            heed()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_at_the_end_it_is_not_forgotten() -> None:
    with pytest.raises(KeyboardInterrupt), held_back():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nor_where_something_else_is_wrong() -> None:
    def fail() -> None:
        signal.raise_signal(signal.SIGINT)
        raise ValueError

    with pytest.raises(KeyboardInterrupt) as caught, held_back():
        fail()
    assert isinstance(caught.value.__context__, ValueError)


def test_a_second_one_waits_as_well_or_for_nothing() -> None:
    def press(times: int) -> None:
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), held_back():
        press(3)
    with held_back(twice=False):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_handlers_of_ones_own_wait_too(heard: list[int]) -> None:
    with held_back() as heed:
        signal.raise_signal(signal.SIGUSR1)
        signal.raise_signal(signal.SIGTERM)
        assert not heard
        heed()
        assert heard == [signal.SIGUSR1, signal.SIGTERM]
        heed()
    assert heard == [signal.SIGUSR1, signal.SIGTERM]


def test_one_inside_the_other(heard: list[int]) -> None:
    with held_back() as heed:
        with held_back():
            signal.raise_signal(signal.SIGTERM)
        assert not heard
        heed()
        assert heard == [signal.SIGTERM]


def test_what_is_ignored_or_left_to_the_system_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with held_back():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_while_handlers_are_put_back_leaves_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python does what is to be done on others before it changes one."""
    real = signal.signal
    pressed: list[int] = []

    def press_first(number: int, handler: signal.Handlers) -> object:
        if not pressed:
            pressed.append(number)
            raise KeyboardInterrupt
        return real(number, handler)

    with pytest.raises(KeyboardInterrupt), held_back():
        monkeypatch.setattr("framework.held_back.signal.signal", press_first)
    assert pressed
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_than_the_first_hears_of_no_signal() -> None:
    done: list[bool] = []

    def train() -> None:
        with held_back() as heed:
            heed()
        done.append(True)

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert done
