"""threads: which number wins, and that nobody else's setting is lost."""

from collections.abc import Callable

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from framework import threads


class Machine:
    """A pretended machine: so many seconds a call with so many threads; the very first call takes ten times that."""

    def __init__(self, seconds: dict[int, float]) -> None:
        self.seconds = seconds
        self.measured: list[int] = []

    def trial(self, count: int) -> Callable[[], int]:
        return lambda: count

    def seconds_per_call(self, action: Callable[[], int]) -> float:
        count = action()
        self.measured.append(count)
        return self.seconds[count] * (10 if len(self.measured) == 1 else 1)


def _choice(monkeypatch: pytest.MonkeyPatch, cores: int, seconds: dict[int, float]) -> tuple[int, Machine]:
    machine = Machine(seconds)
    monkeypatch.setattr(threads, "_seconds_per_call", machine.seconds_per_call)
    return threads.fastest_thread_count(machine.trial, most=cores), machine


@pytest.mark.parametrize(
    ("cores", "seconds", "fastest"),
    [
        (2, {1: 0.001, 2: 0.002}, 1),
        (2, {1: 0.002, 2: 0.001}, 2),
        (2, {1: 0.001, 2: 0.001}, 1),
        (2, {1: 0.0010, 2: 0.0011}, 1),
        (6, {1: 0.004, 2: 0.003, 4: 0.002, 6: 0.001}, 6),
        (6, {1: 0.004, 2: 0.003, 4: 0.002, 6: 0.009}, 4),
        (8, {1: 0.004, 2: 0.002, 4: 0.003, 8: 0.009}, 2),
        (4, {1: 5.0, 2: 3.0, 4: 9.0}, 2),
    ],
)
def test_takes_the_fastest_and_the_fewest_of_equals(
    monkeypatch: pytest.MonkeyPatch, cores: int, seconds: dict[int, float], fastest: int
) -> None:
    count, machine = _choice(monkeypatch, cores, seconds)
    assert count == fastest
    assert set(machine.measured) == set(seconds)


def test_slow_steps_are_measured_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    _, quick = _choice(monkeypatch, 2, {1: 0.001, 2: 0.002})
    monkeypatch.setattr(threads, "MOST_SECONDS", -1.0)
    _, slow = _choice(monkeypatch, 2, {1: 0.001, 2: 0.002})
    assert len(slow.measured) == 3 * 2 < len(quick.measured) == threads.ROUNDS * 2


def test_one_core_needs_no_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    count, machine = _choice(monkeypatch, 1, {})
    assert count == 1
    assert machine.measured == []


def test_the_action_itself_is_called() -> None:
    calls: list[int] = []
    assert 1 <= threads.fastest_thread_count(lambda count: lambda: calls.append(count), most=3) <= 3
    assert set(calls) == {1, 2, 3}


def test_a_limit_ends_where_it_ends() -> None:
    def count() -> int:
        counts = [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
        return int(counts[0]) if counts else 0

    with threadpool_limits(limits=2, user_api="blas"):
        before = count()
        if before != 2:
            pytest.skip("this NumPy has no BLAS with more than one thread")
        with threads.blas_threads(1):
            assert count() == 1
        assert count() == 2
        with pytest.raises(KeyError), threads.blas_threads(1):
            raise KeyError
        assert count() == 2
