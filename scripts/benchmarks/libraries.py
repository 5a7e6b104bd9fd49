"""The libraries chalknet is measured against: whether they are there, and which versions."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from framework.errors import InputError

PEERS = ("torch", "jax", "keras", "scikit-learn")
SHOWN = ("numpy", "pandas", "torch", "jax", "jaxlib", "keras", "scikit-learn")
WITHOUT_PEERS = {"growth"}
"""Parts that measure chalknet alone."""


def check_libraries(parts: Iterable[str], needed: Iterable[str] = PEERS) -> None:
    """Raise InputError where a part needs a library that is not installed."""
    needy = [part for part in parts if part not in WITHOUT_PEERS]
    missing = [package for package in needed if package not in versions()]
    if needy and missing:
        raise InputError(
            f"{', '.join(needy)}: {', '.join(missing)} not installed; expected all libraries to compare with",
            hint="pip install -e '.[bench]'",
        )


def versions() -> dict[str, str]:
    """Of all that are installed."""
    found = {}
    for package in SHOWN:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
