"""Specs drawn at random: each field from all that its type allows, so that a new spec class is drawn unasked."""

import math
from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from hypothesis import strategies as st

from framework.specs import ComponentSpec, ConstantSpec, NormalSpec, UniformSpec
from framework.specs.initializers import InitializerUnion

LONGEST = 5
"""Of the tuples that are drawn, where longer ones are allowed."""


def specs(kind: type[ComponentSpec], **told: st.SearchStrategy[object]) -> st.SearchStrategy[ComponentSpec]:
    """Specs of that class: some fields drawn as told, the others from all they allow."""
    fields = {
        name: _values(field.annotation, field.metadata)
        for name, field in kind.model_fields.items()
        if name not in ("type", *told)
    }
    return st.builds(kind, **fields, **told)


def _values(annotation: object, limits: Sequence[object] = ()) -> st.SearchStrategy[object]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(arguments[0], [limit for item in arguments[1:] for limit in getattr(item, "metadata", ())])
    if annotation == InitializerUnion:
        return st.one_of(*ANYWHERE.values())
    if origin in (Union, UnionType):
        return st.one_of(*map(_values, arguments))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple and arguments[-1] is not ...:
        return st.tuples(*map(_values, arguments))
    if origin is tuple:
        fewest, most = max(_named("min_length", limits, 0)), min(_named("max_length", limits, LONGEST))
        return st.lists(_values(arguments[0]), min_size=int(fewest), max_size=int(most)).map(tuple)
    if annotation is NoneType:
        return st.none()
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        lowest, highest = max(_named("ge", limits, -math.inf)), min(_named("le", limits, math.inf))
        return st.integers(None if lowest == -math.inf else int(lowest), None if highest == math.inf else int(highest))
    if annotation is float:
        return _floats(limits)
    if isinstance(annotation, type) and issubclass(annotation, ComponentSpec):
        return specs(annotation)
    raise AssertionError(f"no way to draw {annotation}")


def _floats(limits: Sequence[object]) -> st.SearchStrategy[float]:
    """Finite ones, from all that `ge`, `gt`, `le` and `lt` let through."""
    from_, above = max(_named("ge", limits, -math.inf)), max(_named("gt", limits, -math.inf))
    to, below = min(_named("le", limits, math.inf)), min(_named("lt", limits, math.inf))
    return st.floats(
        None if max(from_, above) == -math.inf else max(from_, above),
        None if min(to, below) == math.inf else min(to, below),
        exclude_min=above >= from_ and above > -math.inf,
        exclude_max=below <= to and below < math.inf,
        allow_nan=False,
        allow_infinity=False,
    )


def _named(name: str, limits: Sequence[object], otherwise: float) -> list[float]:
    """The limits of that kind, as annotated_types says them, and the one there is without any."""
    return [*(getattr(limit, name) for limit in limits if hasattr(limit, name)), otherwise]


ANYWHERE: Mapping[type[ComponentSpec], st.SearchStrategy[ComponentSpec]] = {
    NormalSpec: specs(NormalSpec, mean=st.floats(-100, 100), deviation=st.floats(0, 100)),
    UniformSpec: specs(UniformSpec, low=st.floats(-100, 0), high=st.floats(0, 100)),
    ConstantSpec: specs(ConstantSpec, value=st.floats(-100, 100)),
}
"""Initializers that start any array, as they ask for no fans; of a size that float32 can add up."""
