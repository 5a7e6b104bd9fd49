"""Around every test of sharing: cores for as many processes as any of them has."""

import pytest


@pytest.fixture(autouse=True)
def three_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as any test has processes; that they may have to share one changes no bit."""
    monkeypatch.setattr("framework.sharing.ranks.usable_cores", lambda: 3)
