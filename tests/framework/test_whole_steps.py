"""Ctrl-C between two steps: what is raised, when, and for whom."""

import signal
import threading

import pytest

from framework.whole_steps import whole_steps


def test_ctrl_c_waits_until_it_is_asked_for() -> None:
    with whole_steps() as heed:
        heed()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            heed()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_at_the_end_it_is_not_forgotten() -> None:
    with pytest.raises(KeyboardInterrupt), whole_steps():
        signal.raise_signal(signal.SIGINT)


def test_a_second_one_waits_for_nothing() -> None:
    with whole_steps():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_whoever_has_a_handler_keeps_it() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        with whole_steps() as heed:
            signal.raise_signal(signal.SIGINT)
            assert heard == [signal.SIGINT]
            heed()
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_than_the_first_hears_of_no_signal() -> None:
    done: list[bool] = []

    def train() -> None:
        with whole_steps() as heed:
            heed()
        done.append(True)

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert done
