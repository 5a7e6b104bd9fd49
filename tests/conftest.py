"""Around every test: numeric faults raise, and nothing touches the user's own cache."""

from collections.abc import Iterator

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def numeric_faults_raise() -> Iterator[None]:
    """An overflow, a division by zero or an invalid operation anywhere fails the test it happens in."""
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        yield


@pytest.fixture(autouse=True, scope="session")
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHALKNET_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
