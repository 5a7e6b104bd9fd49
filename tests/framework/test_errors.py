"""Messages: what came is shown so that a text is told from a number, and nothing in it disturbs a terminal."""

import pytest

from framework import SGD, Dense, InputError, Sequential
from framework.errors import as_given


@pytest.mark.parametrize(
    ("value", "shown"),
    [("0.1", "'0.1'"), (0.1, "0.1"), (-1, "-1"), (None, "None"), ((28,), "(28,)"), ("\x1b[2J", "'\\x1b[2J'")],
)
def test_only_a_text_stands_between_quotes(value: object, shown: str) -> None:
    assert as_given(value) == shown


def test_a_number_as_text_is_seen_to_be_one() -> None:
    for value, shown in (("0.1", "'0.1'"), (-0.1, "-0.1")):
        with pytest.raises(InputError) as caught:
            SGD(value)  # type: ignore[arg-type]
        assert str(caught.value) == f"SGD: learning_rate: got {shown}; expected a finite number of 0 or more"
    with pytest.raises(InputError, match=r"^seed: got -1; expected"):
        Sequential([Dense(2, 2)], seed=-1)
