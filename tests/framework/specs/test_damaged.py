"""What the spec fuzzer looks for, on as many texts as a test run has time for."""

import pytest

from tests.fuzz.specs import check, damager, seeds

ROUNDS = 4
"""Changes of each text, which makes 1,800 in all: no more than libFuzzer tries in two seconds."""
SEEDS = [text for text in seeds() if len(text) < 8192]


def test_every_text_to_start_from_is_a_spec_or_refused() -> None:
    read = sum(check(text) for text in seeds())
    assert read >= 50  # the recipes, and a model or run with each component
    assert read < len(SEEDS) / 2


@pytest.mark.parametrize("number", range(ROUNDS))
def test_damage_is_refused_or_makes_another_spec(number: int) -> None:
    trees = damager()
    damaged = [trees.damaged(text, 1_000 * number + place) for place, text in enumerate(SEEDS)]
    texts = [text for text in damaged if text is not None]
    read = sum(check(text) for text in texts)
    assert len(texts) > len(SEEDS) / 2
    assert 0 < read < len(texts) / 2
    assert damaged == [trees.damaged(text, 1_000 * number + place) for place, text in enumerate(SEEDS)]
