"""Where a setting can go: every place of a recipe, what stands there, and what its spec class lets stand there.

A recipe is here its JSON, with all defaults written out: half changed it need not be valid for the moment. The spec
classes beside it know the fields and the types that are not in it.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self, TypeAlias, get_args, get_origin

from pydantic import ValidationError

from framework import Activation
from framework.specs import ComponentSpec, RunSpec, Spec
from framework.specs.complaints import Complaint, Json, first_complaint

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """One place of a recipe: its path, the value there, the annotation of its field, and the texts it may hold."""

    path: Path
    value: Json
    annotation: object
    words: tuple[str, ...] = ()

    @cached_property
    def kinds(self) -> list[type[Spec]]:
        """The spec classes that may stand here; none where there is a list of them."""
        return [] if isinstance(self.value, list) else list(_spec_classes(self.annotation))

    @cached_property
    def types(self) -> dict[str, type[ComponentSpec]]:
        """The components that may stand here, by type."""
        return {kind.type_name(): kind for kind in self.kinds if issubclass(kind, ComponentSpec)}

    @cached_property
    def kind(self) -> type[Spec] | None:
        """The spec class of the object that stands here."""
        if not isinstance(self.value, dict):
            return None
        return self.types.get(str(self.value.get("type"))) if self.types else next(iter(self.kinds), None)

    @property
    def is_single(self) -> bool:
        """Whether a single value belongs here, or a list of such."""
        parts = self.value if isinstance(self.value, list) else [self.value]
        return not self.types and not any(isinstance(part, dict) for part in parts)

    def below(self) -> Iterator["Place"]:
        """The places one step down, those of fields without a value included."""
        if isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield Place((*self.path, str(index)), value, self.annotation)
            return
        values = self.value if isinstance(self.value, dict) else {}
        if self.types:  # where there is no component yet, this is how to get one
            yield Place((*self.path, "type"), values.get("type"), str, tuple(self.types))
        for name, field in self.kind.model_fields.items() if self.kind is not None else ():
            if name != "type" or not self.types:
                words = tuple(_words(field.annotation))
                yield Place((*self.path, name), values.get(name), field.annotation, words)

    def everything(self) -> Iterator["Place"]:
        """This place and all below it, in the recipe's order."""
        yield self
        for place in self.below():
            yield from place.everything()

    def names(self) -> Iterator[str]:
        """What people call it."""
        yield self.path[-1] if self.path else ""
        if self.kind is not None and issubclass(self.kind, ComponentSpec):
            yield self.kind.type_name()
            if issubclass(self.kind.component, Activation):
                yield "activation"

    def fields_of_other_types(self) -> Iterator[tuple[str, str]]:
        """Fields that the type here has not, each with a type that has; the types most like this one first."""
        present = {"type"} if self.kind is None else set(self.kind.model_fields)
        for name, kind in sorted(self.types.items(), key=lambda item: -len(present & set(item[1].model_fields))):
            yield from ((field, name) for field in kind.model_fields if field not in present)


class Draft:
    """A recipe while it is being changed."""

    def __init__(self, tree: dict[str, Json]) -> None:
        self.tree = tree

    @classmethod
    def of(cls, spec: RunSpec) -> Self:
        return cls(spec.model_dump(mode="json"))

    def copy(self) -> "Draft":
        return Draft(copy.deepcopy(self.tree))

    def spec(self) -> RunSpec:
        """What the draft describes. Raises pydantic's ValidationError."""
        return RunSpec.model_validate(self.tree)

    def complaint(self) -> Complaint | None:
        """The first thing that is wrong with the draft."""
        try:
            self.spec()
        except ValidationError as error:
            return first_complaint(error, RunSpec, self.tree)
        return None

    def whole(self) -> Place:
        """The place of everything."""
        return Place((), self.tree, RunSpec)

    def reach(self, path: Path) -> tuple[Place, Path]:
        """The place at `path`, or as far towards it as there is a way, and the rest of the path."""
        place = self.whole()
        for step, name in enumerate(path):
            found = next((below for below in place.below() if below.path[-1] == name), None)
            if found is None:
                return place, path[step:]
            place = found
        return place, ()

    def put(self, path: Path, value: Json) -> None:
        """Let `value` stand at `path`, a place that can be reached."""
        *above, last = path
        holder = self.reach(tuple(above))[0].value
        if isinstance(holder, list):
            holder[int(last)] = value
        elif isinstance(holder, dict):
            holder[last] = value
        else:
            raise LookupError(".".join(path))

    def put_type(self, path: Path, name: str) -> None:
        """Let a component of that type, with its defaults, stand at `path`, unless one stands there already."""
        place = self.reach(path)[0]
        if place.kind is not place.types[name]:
            self.put(path, place.types[name].model_construct().model_dump(mode="json"))

    def takes(self, path: Path, value: Json) -> bool:
        """Whether `value` may stand at `path`, whatever else is wrong."""
        trial = self.copy()
        trial.put(path, value)
        complaint = trial.complaint()
        return complaint is None or complaint.place[: len(path)] != path


def _spec_classes(annotation: object) -> Iterator[type[Spec]]:
    """Those named anywhere in an annotation, be it a union, a list of them, or Annotated."""
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        yield annotation
    for part in get_args(annotation):
        yield from _spec_classes(part)


def _words(annotation: object) -> Iterator[str]:
    """The texts among the values of the Literals in an annotation."""
    for part in get_args(annotation):
        if get_origin(annotation) is not Literal:
            yield from _words(part)
        elif isinstance(part, str):
            yield part
