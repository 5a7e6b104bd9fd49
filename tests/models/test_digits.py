"""The embedded digits: where they are not, a sentence says where they come from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from framework import Dataset, InputError
from models import digits


@pytest.mark.parametrize(
    ("name", "load"), [("TRAIN", digits.load_training_digits), ("TEST", digits.load_test_digits)], ids=["train", "test"]
)
def test_digits_that_were_not_installed(
    name: str, load: Callable[[], Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digits, name, tmp_path / "digits.csv.gz")
    with pytest.raises(InputError) as caught:
        load()
    assert str(caught.value) == f"{tmp_path / 'digits.csv.gz'}: got no such file; expected the embedded digits"
    assert str(caught.value.hint).startswith("the digits come with a clone of the project")
