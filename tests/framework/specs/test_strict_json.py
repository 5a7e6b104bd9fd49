"""A text that is no JSON: what came, what was expected there, and what people mean by it."""

import pytest

from framework import InputError
from framework.specs import parse_spec

NEITHER = "JSON has neither comments nor fractions"
OTHER_WORDS = "JSON writes null, true and false"


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ('{"format": 1\n "layers": []}', "line 2, column 2: got '\"'; expected ',' or the end of the list", None),
        ('{"format" 1}', "line 1, column 11: got '1'; expected ':' between name and value", None),
        ("{'format': 1}", "line 1, column 2: got '''; expected a name in double", "JSON takes double quotes"),
        ("{\"type\": 'relu'}", "line 1, column 10: got '''; expected a value", "JSON takes double quotes"),
        ('{"patience": None}', "line 1, column 14: got 'N'; expected a value", OTHER_WORDS),
        ('{"scale": 1/16}', "line 1, column 12: got '/'; expected ',' or the end of the list or object", NEITHER),
        ('{"scale": 1 // small\n}', "line 1, column 13: got '/'; expected ','", NEITHER),
        ('{# mine\n"scale": 1}', "line 1, column 2: got '#'; expected a name", NEITHER),
        ('{"format":', "line 1, column 11: got the end; expected a value", None),
        ("{} {}", "line 1, column 4: got '{'; expected the end", None),
        ('{"format": "1', "line 1, column 12: got '\"'; expected a JSON object", "Python's JSON reader says: Unterm"),
    ],
)
def test_what_was_expected_where(text: str, said: str, hint: str | None) -> None:
    with pytest.raises(InputError) as caught:
        parse_spec(text, source="mine.json")
    assert str(caught.value).startswith(f"mine.json: {said}")
    assert caught.value.hint is None if hint is None else (caught.value.hint or "").startswith(hint)


@pytest.mark.parametrize("text", ['{"format": 1,}', '{"layers": [1,]}'])
def test_a_comma_too_many(text: str) -> None:
    """Newer versions of json point at the comma itself."""
    with pytest.raises(InputError) as caught:
        parse_spec(text, source="mine.json")
    assert "comma" in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('{"type": "Relu"}', "did you mean 'relu'?"),
        ('{"type": "linear", "out_features": 3}', "did you mean 'dense'?"),
        ('{"type": "dense", "units": 3}', "did you mean 'out_features'?"),
    ],
)
def test_names_of_other_libraries_are_known(text: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_spec(f'{{"format": 1, "input_shape": [4], "layers": [{text}]}}', source="mine.json")
    assert caught.value.hint == hint
