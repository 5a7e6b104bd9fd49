"""JSON from a stranger. The json module keeps the last of two equal keys, reads numbers of any length and recurses as
deep as the text says; here a text is measured before it is read, and what is wrong in it is named by its place.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

from framework.errors import SpecError, quoted
from framework.specs.complaints import Json, located, shown
from framework.specs.limits import MAX_BRACKETS, MAX_BYTES, MAX_DEPTH, MAX_DIGITS, MAX_KEYS

ESCAPED = re.compile(r"\\.", re.DOTALL)
STRING = re.compile(r'"[^"]*"?')  # with escapes out of the way, and matched in one pass even where it is not closed
BRACKET = re.compile(r"[][{}]")


def json_object(text: str | bytes, source: str) -> dict[str, Json]:
    """The JSON object that `text` is. Raises SpecError for anything else, and for one over the limits."""
    # a lone surrogate is refused below, like any other bytes that are no UTF-8
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(content) > MAX_BYTES:
        raise SpecError(f"{source}: got more than {MAX_BYTES:,} bytes; expected a spec of at most that")
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(f"{source}: byte {error.start}: got no UTF-8; expected a JSON object in UTF-8") from None
    _check_brackets(decoded, source)
    builder = _Builder()
    try:
        tree: Json = json.loads(decoded, object_pairs_hook=builder.made_object, parse_int=builder.made_integer)
    except json.JSONDecodeError as error:
        raise _explained(error, source) from None
    if not isinstance(tree, dict):
        raise SpecError(f"{source}: got {shown(tree)}; expected a JSON object")
    fault = builder.first_fault(tree) if builder.faults else None
    if fault is not None:
        path, message = fault
        raise SpecError(located(source, path, message))
    return tree


EXPECTED = {
    "Expecting ',' delimiter": "',' or the end of the list or object",
    "Expecting ':' delimiter": "':' between name and value",
    "Expecting property name": "a name in double quotes",
    "Expecting value": "a value",
    "Extra data": "the end",
    "Illegal trailing comma": "no comma before the end",
}
"""By how json's own message begins."""
HINTS = {
    "'": "JSON takes double quotes",
    "/#": "JSON has neither comments nor fractions",
    "NTF": "JSON writes null, true and false",
    "}]": "is there a comma too many before it?",
}
"""By what came."""


def _explained(error: json.JSONDecodeError, source: str) -> SpecError:
    """What json stumbled over, in our words where we know more."""
    got = error.doc[error.pos : error.pos + 1]
    expected = next((ours for theirs, ours in EXPECTED.items() if error.msg.startswith(theirs)), "")
    hint = next((hint for signs, hint in HINTS.items() if got and got in signs), None)
    if not expected or not error.doc[: error.pos].strip():
        expected, hint = "a JSON object", f"Python's JSON reader says: {error.msg}"
    place = f"line {error.lineno}, column {error.colno}"
    return SpecError(f"{source}: {place}: got {quoted(got) if got else 'the end'}; expected {expected}", hint=hint)


def _check_brackets(text: str, source: str) -> None:
    """Count the brackets outside strings before the parser recurses into them."""
    depth = total = 0
    for bracket in BRACKET.findall(STRING.sub("", ESCAPED.sub("", text))):
        if bracket in "[{":
            depth += 1
            total += 1
        else:
            depth -= 1
        if depth > MAX_DEPTH:
            raise SpecError(f"{source}: got brackets nested over {MAX_DEPTH} deep; expected at most that")
        if total > MAX_BRACKETS:
            raise SpecError(f"{source}: got over {MAX_BRACKETS:,} lists and objects; expected at most that")


Path: TypeAlias = "list[str | int]"
"""Keys and indices, from the outside in."""


class _Builder:
    """Makes the values that json reads, and notes what is wrong with them: their place is known in the end only."""

    def __init__(self) -> None:
        self.faults: dict[int, tuple[Json, Path, str]] = {}
        """By id: a value, kept for its id to stay its own, the path from it to what is wrong, and what that is.

        At least one of them is in the tree: json drops a value with a key given twice, and that is noted itself."""

    def made_object(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        made = dict(pairs)
        if len(made) < len(pairs):
            doubled = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
            self._note(made, [doubled], "got this key twice; expected each key once")
        elif len(made) > MAX_KEYS:
            self._note(made, [], f"got {len(made):,} keys; expected at most {MAX_KEYS}")
        elif not _is_unicode("".join(made)):
            self._note(
                made,
                [next(key for key in made if not _is_unicode(key))],
                "got half a character as a key; expected Unicode",
            )
        return made

    def made_integer(self, digits: str) -> Json:
        count = len(digits.removeprefix("-"))
        if count <= MAX_DIGITS:
            return int(digits)
        self._note(digits, [], f"got an integer of {count:,} digits; expected at most {MAX_DIGITS}")
        return digits

    def first_fault(self, node: Json) -> tuple[Path, str] | None:
        """The path from `node` to what is noted of it, or else of a value in it, and what was noted."""
        if id(node) in self.faults:
            return self.faults[id(node)][1:]
        below: Iterable[tuple[str | int, Json]] = ()
        if isinstance(node, dict | list):
            below = node.items() if isinstance(node, dict) else enumerate(node)
        for step, child in below:
            found = self.first_fault(child)
            if found is not None:
                return [step, *found[0]], found[1]
        return None

    def _note(self, value: Json, path: Path, message: str) -> None:
        self.faults[id(value)] = (value, path, message)


def _is_unicode(text: str) -> bool:
    """False for half of a surrogate pair: JSON can spell it, and nothing can write it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
