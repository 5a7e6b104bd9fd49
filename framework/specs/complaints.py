"""What is wrong with a spec, in our words: pydantic's first complaint as place, what came, and what was expected."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from framework.errors import SpecError, printable, quoted
from framework.nearest import nearest
from framework.specs.base import (
    AugmentationSpec,
    ComponentSpec,
    InitializerSpec,
    LayerSpec,
    LossSpec,
    OptimizerSpec,
    ScheduleSpec,
    Spec,
)
from framework.specs.components import BUILT_IN
from framework.specs.extra import Extra

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

FAMILIES = {
    "layers": LayerSpec,
    "loss": LossSpec,
    "optimizer": OptimizerSpec,
    "schedule": ScheduleSpec,
    "augmentation": AugmentationSpec,
    "weight_initializer": InitializerSpec,
    "bias_initializer": InitializerSpec,
}
"""Which family of components stands under which key."""

SOFTMAX = (
    "there is no softmax layer: the loss softmax_cross_entropy takes scores, and predict_proba gives probabilities"
)

LONGEST_NAME = 64
"""Characters; what is longer is no slip of the pen."""

EXPECTATIONS = {
    "missing": "a value, this field has no default",
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "a string",
    "string_unicode": "a string of Unicode",
    "tuple_type": "a list",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "greater_than_equal": "{ge} or more",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "too_short": "{min_length} or more of them",
    "too_long": "at most {max_length} of them",
    "string_too_short": "{min_length} or more characters",
    "string_too_long": "at most {max_length} characters",
    "literal_error": "{expected}",
}


@dataclass(frozen=True)
class Complaint:
    """What is wrong at one place of a spec: 'got X; expected Y', and perhaps what to do."""

    place: tuple[str, ...]
    message: str
    hint: str | None = None
    of_value: bool = True
    """Whether a value there would do; False where fields contradict each other, or a component says no."""
    unknown_type: bool = False


class UnknownType(SpecError):
    """A component of a type that is neither ours nor among the `extra` ones, as the caller's own are."""


def translated(error: ValidationError, kind: type[Spec], tree: dict[str, Json], source: str, extra: Extra) -> SpecError:
    """The SpecError for `error`, which came up when `tree` was read as a spec of this kind."""
    complaint = first_complaint(error, kind, tree, extra)
    raised = UnknownType if complaint.unknown_type else SpecError
    return raised(located(source, complaint.place, complaint.message), hint=complaint.hint)


def first_complaint(error: ValidationError, kind: type[Spec], tree: dict[str, Json], extra: Extra = ()) -> Complaint:
    """The first of pydantic's complaints about `tree`, in our words."""
    first, *others = sorted(error.errors(include_url=False), key=_urgency)
    context: Mapping[str, object] = first.get("ctx", {})
    steps = _place(first, tree)
    place = tuple(map(str, steps))
    if "pointer" in context:
        inner = str(context["pointer"]).split("/")[1:]
        hint = context.get("hint")
        return Complaint((*place, *inner), str(context["message"]), None if hint is None else str(hint), of_value=False)
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        family = next((FAMILIES[step] for step in reversed(place) if step in FAMILIES), ComponentSpec)
        names = [spec.type_name() for spec in (*BUILT_IN, *extra) if issubclass(spec, family)]
        found, given = _child(first["input"], "type")
        message = f"got {shown(given) if found else 'nothing'}; expected one of {', '.join(names)}"
        hint = _nearest(str(given), names) if found else None
        if family is LayerSpec and given == "softmax":
            hint = SOFTMAX
        return Complaint((*place, "type"), message, hint, unknown_type=isinstance(given, str))
    if first["type"] == "extra_forbidden":
        names = _fields(kind, steps[:-1], tree, extra)
        message = f"got a field that does not belong here; expected {', '.join(names)}"
        return Complaint(place, message, _nearest(place[-1], names))
    if first["type"] == "value_error":  # raised by a component or a format, with what it got and what it expected
        return Complaint(place, first["msg"].removeprefix("Value error, "), of_value=False)
    got = "nothing" if first["type"] == "missing" else shown(first["input"])
    # where several kinds of value may stand, pydantic complains once for each
    alternatives = [first, *(other for other in others if _place(other, tree) == steps)]
    expected = " or ".join(dict.fromkeys(_expectation(one) for one in alternatives))
    return Complaint(place, f"got {got}; expected {expected}")


def _urgency(error: ErrorDetails) -> int:
    """Another format explains all the rest, and a field too many is often the misspelt one that is also missing."""
    if error["loc"][-1:] == ("format",):
        return 0
    return 1 if error["type"] == "extra_forbidden" else 2


def _place(error: ErrorDetails, tree: Json) -> list[str | int]:
    """The keys and indices of pydantic's location that are in the file, or are missing: it names union members too."""
    place: list[str | int] = []
    node: Json = tree
    for step in error["loc"]:
        found, below = _child(node, step)
        if found:
            node = below
            place.append(step)
    return [*place, error["loc"][-1]] if error["type"] == "missing" else place


def _child(node: Json, step: str | int) -> tuple[bool, Json]:
    """Whether `node` has a child of that key or index, and the child."""
    if isinstance(node, dict) and isinstance(step, str) and step in node:
        return True, node[step]
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return True, node[step]
    return False, None


def located(source: str, place: Sequence[str | int], message: str) -> str:
    """`message` after the place it is about; the whole file needs no pointer."""
    return ": ".join(filter(None, (source, _pointer(place), message)))


def _pointer(place: Sequence[str | int]) -> str:
    """RFC 6901, with what is not printable escaped."""
    return "".join(f"/{printable(step).replace('~', '~0').replace('/', '~1')}" for step in place)


def _fields(kind: type[Spec], place: Sequence[str | int], tree: Json, extra: Extra) -> list[str]:
    """The field names of the spec class that stands at `place`."""
    owner: type[Spec] = kind
    family: type[ComponentSpec] | None = None
    node: Json = tree
    for step in place:
        family = FAMILIES.get(str(step), family)
        annotation = owner.model_fields[str(step)].annotation if str(step) in owner.model_fields else None
        for kind_of_value in (annotation, *get_args(annotation)):
            if isinstance(kind_of_value, type) and issubclass(kind_of_value, Spec):
                owner = kind_of_value
        node = _child(node, step)[1]
        for spec in (*BUILT_IN, *extra):
            if family is not None and issubclass(spec, family) and _child(node, "type") == (True, spec.type_name()):
                owner = spec
    return list(owner.model_fields)


def _nearest(given: str, names: Sequence[str]) -> str | None:
    near = nearest(given[:LONGEST_NAME], names)
    return f"did you mean {quoted(near)}?" if near else None


def shown(value: object) -> str:
    """A value of a JSON tree as messages show it."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict | list | tuple):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return printable(json.dumps(value, default=str))  # a number, true, false or null: no quotes, it is no text


def _expectation(error: ErrorDetails) -> str:
    if error["type"] not in EXPECTATIONS:
        return error["msg"]
    limits = {name: _limit(value) for name, value in error.get("ctx", {}).items()}
    return EXPECTATIONS[error["type"]].format(**limits)


def _limit(value: object) -> str:
    """1 for 1.0, and 65,536 with its comma."""
    return f"{value:g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
