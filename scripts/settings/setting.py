"""Settings: PATH=VALUE, each a change of one place in a recipe, and what to say where one cannot be made.

An option such as `--epochs 3` is a setting with a name of its own, and is called by that name in messages.
"""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from framework.errors import InputError, printable, quoted
from framework.specs import RunSpec
from framework.specs.complaints import Complaint, shown
from scripts.settings.guesses import as_option, elsewhere, example, filled, fitting, hint_for, hint_like
from scripts.settings.places import Draft, Path, Place
from scripts.settings.values import parsed, spelled

OPTIONS = {
    "--validation": ("data", "validation_split"),
    "--seed": ("training", "seed"),
    "--epochs": ("training", "epochs"),
    "--threads": ("training", "threads"),
}
"""The options of `chalknet train` that are settings."""


@dataclass(frozen=True)
class Setting:
    """A change of the recipe, as it was typed: 'training.epochs=3', or '--epochs 3'."""

    path: Path
    text: str
    typed: str
    option: str | None = None
    lacks: str | None = None
    """What came in place of a path, an equals sign and a value, where one of the three is not there."""

    @classmethod
    def read(cls, words: str) -> Self:
        option, _, text = words.partition(" ")
        if option in OPTIONS:
            return cls(OPTIONS[option], text.strip(), f"{option} {shlex.quote(printable(text, 100))}", option)
        path, equals, text = (part.strip() for part in words.partition("=" if "=" in words else ":"))
        lacks = None
        if equals != "=":
            lacks = "no '='"
        elif not path or not text:
            lacks = f"nothing {'after' if path else 'before'} '='"
        steps = tuple(step.strip() for step in path.split("."))
        return cls(steps, text, f"--set {shlex.quote(printable(words, 100))}", lacks=lacks)

    @property
    def home(self) -> Path:
        """The place it changes: for a type that is the whole component."""
        return self.path[:-1] if self.path[-1] == "type" else self.path

    def with_text(self, text: str) -> str:
        """How to type it with another value."""
        return as_option(self.path, text) if self.option is None else f"{self.option} {shlex.quote(text)}"


def changed(spec: RunSpec, settings: Sequence[Setting], source: str) -> RunSpec:
    """`spec` with these settings: a whole component before what is in it, and of the same place the last one stays.

    Raises InputError that names the setting at fault.
    """
    draft = Draft.of(spec)
    for setting in sorted(settings, key=lambda setting: len(setting.home)):
        _apply(draft, setting)
    complaint = draft.complaint()
    if complaint is not None:
        raise _refusal(complaint, settings, draft, Draft.of(spec), source)
    return draft.spec()


def _apply(draft: Draft, setting: Setting) -> None:
    """Change the draft. What only the spec classes can judge is judged when all settings are in."""
    if setting.lacks is not None:
        hint = hint_for(draft, setting.path, setting.text) or "such as --set training.batch_size=64"
        raise InputError(f"{setting.typed}: got {setting.lacks}; expected PATH=VALUE", hint=hint)
    place, rest = draft.reach(setting.path)
    if rest:
        raise _no_such_place(draft, setting, place, rest)
    value = parsed(setting.text)
    if setting.path[-1] == "type" and place.words:
        if value not in place.words:
            message = f"{setting.typed}: got {shown(value)}; expected {_one_of(place.words)}"
            raise InputError(message, hint=hint_for(draft, setting.path, setting.text))
        draft.put_type(setting.home, str(value))
    elif place.types and value is not None and not isinstance(value, dict):
        expected = f"{'.'.join(place.path)}.type to be {_one_of(place.types)}"
        message = f"{setting.typed}: got {shown(value)} for a whole component; expected {expected}"
        raise InputError(message, hint=hint_for(draft, setting.path, setting.text))
    else:
        draft.put(setting.path, value)


def _no_such_place(draft: Draft, setting: Setting, place: Place, rest: Path) -> InputError:
    where = ".".join(place.path) or "the recipe"
    if place.types:
        where += f" ({place.value.get('type') if isinstance(place.value, dict) else 'null'})"
    names = [below.path[-1] for below in place.below()]
    expected = _one_of(names) if names else "nothing below it"
    if isinstance(place.value, list):
        expected = f"0 to {len(names) - 1}" if names else "nothing in it"
    return InputError(
        f"{setting.typed}: got {quoted(rest[0])} in {where}; expected {expected}",
        hint=hint_for(draft, setting.path, setting.text) or "every path there is: the spec.json of a run",
    )


def _one_of(names: Iterable[str]) -> str:
    listed = list(names)
    return f"one of {', '.join(listed)}" if len(listed) > 1 else listed[0]


def _refusal(
    complaint: Complaint, settings: Sequence[Setting], draft: Draft, original: Draft, source: str
) -> InputError:
    """For what is wrong once all settings are in: which of them is to blame, and what would do."""
    dotted = ".".join(complaint.place)
    setting = _to_blame(settings, complaint.place)
    if setting is None:
        every = ", ".join(setting.typed for setting in settings)
        return InputError(f"{source} with {every}: {dotted}: {complaint.message}", hint=complaint.hint)
    if setting.path == complaint.place:
        hint = _better_value(setting, draft, original) if complaint.of_value else None
        return InputError(f"{setting.typed}: {complaint.message}", hint=hint)
    hint = complaint.hint
    if setting.path != setting.home and len(complaint.place) > len(setting.home):  # a field its type has no default for
        hint = f"add {filled(draft, complaint.place, original)}"
    elif not complaint.of_value:
        hint = elsewhere(original, setting.path, setting.text)
    return InputError(f"{setting.typed}: {dotted}: {complaint.message}", hint=hint)


def _to_blame(settings: Sequence[Setting], place: Path) -> Setting | None:
    """The last setting of that place, or else of something in it, or else of something around it."""

    def closeness(setting: Setting) -> int:
        if setting.path == place:
            return 3
        if place[: len(setting.home)] == setting.home:
            return 1
        return 2 if setting.home[: len(place)] == place else 0

    blamed = max(reversed(settings), key=closeness)
    return blamed if closeness(blamed) else None


def _better_value(setting: Setting, draft: Draft, original: Draft) -> str | None:
    """What the value was meant to say, or else the recipe's own as an example."""
    fit = fitting(draft, draft.reach(setting.path)[0], setting.text)
    if fit is not None:
        return f"did you mean {setting.with_text(fit)}?"
    place, rest = original.reach(setting.path)
    if rest:
        return None
    as_it_was = example(original, place.path) if setting.option is None else setting.with_text(spelled(place.value))
    return f"such as {as_it_was}"


def option_hint(option: str, text: str, spec: RunSpec) -> tuple[float, str | None]:
    """A hint at the setting most like an option that does not exist, and how like it is, from 0 to 1."""
    return hint_like(Draft.of(spec), (option.strip("-").replace("-", "_"),), text)
