"""Which setting was meant by one that cannot be: the place most like the path, and the value that fits there.

The whole recipe is searched, together with the fields that its optimizer, schedule and so on would have if they were
of another type. A value is only suggested where the recipe takes it in a trial.
"""

import difflib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from framework.nearest import likeness, nearest
from scripts.settings.places import Draft, Path, Place
from scripts.settings.values import WORDS, parsed, repairs, spelled

LAYERS = ("model", "layers")
A_COPY = "add one to a copy of a run's spec.json, and train that file"


@dataclass(frozen=True)
class Guess:
    """A place that may have been meant."""

    path: Path
    likeness: float
    """That of the name alone, from 0 to 1."""
    score: float
    """Its likeness, and what else speaks for it."""
    type_first: str | None = None
    """The type that the component around it must have first."""


def hint_for(draft: Draft, path: Path, text: str) -> str | None:
    """How to type what was meant by a setting that cannot be made, or an example of one near it that can."""
    place, rest = draft.reach(path)
    if place.path == LAYERS and rest and rest[0].isdecimal() and rest[1:] in ((), ("type",)):
        return f"--set adds no layer: {A_COPY}"
    if not rest or place.is_single:
        return _suggestion(draft, place.path, text)
    return hint_like(draft, path, text)[1]


def hint_like(draft: Draft, path: Path, text: str) -> tuple[float, str | None]:
    """A hint at the setting most like `path`, which cannot be reached, and how like it is, from 0 to 1."""
    layer = _missing_layer(draft, path)
    if layer is not None:
        return 1.0, f"this recipe has no {layer} layer: {A_COPY}"
    near = _guess(draft, path, text)
    return (0.0, None) if near is None else (near.likeness, _suggestion(draft, near.path, text, near.type_first))


def fitting(draft: Draft, place: Place, text: str) -> str | None:
    """`text`, or what it was meant to say, in the spelling that the recipe takes there; None where nothing will do."""
    if place.path[-1] == "type":
        return nearest(text, place.words)
    for value in (parsed(text), *repairs(text, place.words)):
        if draft.takes(place.path, value):
            return spelled(value)
    return None


def example(draft: Draft, path: Path) -> str:
    """How to type what the recipe has at `path`, or as the first of the values there."""
    whole = draft.reach(path)[0]
    place = next((below for below in whole.everything() if below.is_single), whole)
    if place.value is None and place.words:
        return as_option(place.path, place.words[0])
    if place.value is None and not draft.takes(place.path, None):
        return filled(draft, place.path, draft)
    return as_option(place.path, spelled(place.value))


def filled(draft: Draft, path: Path, original: Draft) -> str:
    """How to set a field that has no default: as in other parts of the recipe, or to a usual value."""
    same_name = [place.value for place in original.whole().everything() if place.path[-1:] == path[-1:]]
    for value in (*same_name, 0.1, 1):
        if draft.takes(path, value):
            return as_option(path, spelled(value))
    return as_option(path, "VALUE")


def elsewhere(original: Draft, path: Path, text: str) -> str | None:
    """For a value that contradicts the rest of the recipe: the same field of another part, if it does not there."""
    for place in original.whole().everything():
        if place.path[-1:] == path[-1:] and place.path != path and path[-1] != "type":
            trial = original.copy()
            trial.put(place.path, parsed(text))
            if trial.complaint() is None:
                return f"did you mean {as_option(place.path, text)}?"
    return None


def as_option(path: Path, text: str) -> str:
    """`--set path=text`, quoted for a shell where it has to be."""
    return "--set " + shlex.quote(".".join(path) + "=" + text)


def _suggestion(draft: Draft, path: Path, text: str, type_first: str | None = None) -> str:
    """To set `path`, which can be reached, to what `text` was meant to say, or else an example."""
    first = ""
    if type_first is not None:
        first = f"{as_option((*path[:-1], 'type'), type_first)} "
        draft = draft.copy()
        draft.put_type(path[:-1], type_first)
    meant = _meant(draft, draft.reach(path)[0], text) if text else None
    return f"did you mean {first}{meant}?" if meant else f"such as {first}{example(draft, path)}"


def _meant(draft: Draft, place: Place, text: str) -> str | None:
    """How to set `place` to what `text` was meant to say; a whole component to null, its type, or a field of it."""
    if not place.types:
        value = fitting(draft, place, text)
        return value and as_option(place.path, value)
    if WORDS.get(text.lower(), "") in (None, False) and draft.takes(place.path, None):
        return as_option(place.path, "null")
    type_place, *fields = place.below()
    type_name = nearest(text, place.types)
    if type_name is not None:
        return as_option(type_place.path, type_name)
    for field in fields:
        value = fitting(draft, field, text)
        if value is not None:
            return as_option(field.path, value)
    return None


def _guess(draft: Draft, path: Path, text: str) -> Guess | None:
    """The place most like `path` for the value `text`; the first of equals."""
    *above, last = [word for word in re.split(r"[./\[\]]+", ".".join(path)) if word] or [""]
    beginning = ".".join(above)
    guesses = []
    for place, type_first in _candidates(draft, beginning):
        like = max(likeness(last, name) for name in place.names())
        if like:
            parents = difflib.SequenceMatcher(None, beginning, ".".join(place.path[:-1])).ratio() if above else 0.0
            fits = text in place.words or text in place.types
            score = like + 0.3 * parents + 0.2 * fits - 0.1 * (type_first is not None)
            guesses.append(Guess(place.path, like, score, type_first))
    return max(guesses, key=lambda one: one.score, default=None)


def _candidates(draft: Draft, beginning: str) -> Iterator[tuple[Place, str | None]]:
    """Every value and every component of the recipe, then what is theirs only with another type.

    A layer or an initializer is looked at in that way only where it is named: it is one of several of its kind.
    """
    places = list(draft.whole().everything())
    for place in places:
        if place.types or place.is_single:
            yield place, None
    for place in places:
        if len(place.path) == 1 or ".".join(place.path) == beginning:
            for field, type_name in place.fields_of_other_types():
                yield Place((*place.path, field), None, None), type_name


def _missing_layer(draft: Draft, path: Path) -> str | None:
    """The type of layer that `path` names although the recipe has none of it."""
    layers = [place for place in draft.whole().everything() if place.path[:-1] == ("model", "layers")]
    known = {name for place in layers for name in place.types}
    for word in path:
        name = nearest(word, known)
        if name is not None and likeness(word, name) > 0.9:
            return name if all(place.kind is not place.types[name] for place in layers) else None
    return None
