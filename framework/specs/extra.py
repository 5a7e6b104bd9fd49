"""How a user's own component gets into a spec: by its spec class, handed over in code."""

from collections.abc import Sequence
from typing import TypeAlias

from pydantic import ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from framework.specs.base import ComponentSpec

Extra: TypeAlias = Sequence[type[ComponentSpec]]
"""Spec classes of a user's own components, handed over in code."""


def or_extra(family: type[ComponentSpec]) -> WrapValidator:
    """Take a ready spec of the family as it is, and an `extra` type by its own class; the union judges the rest."""

    def validate(value: object, built_in: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        if isinstance(value, family):
            return value
        extra: Extra = (info.context or {}).get("extra", ())
        if isinstance(value, dict):
            for spec in extra:
                if issubclass(spec, family) and value.get("type") == spec.type_name():
                    return spec.model_validate(value, context=info.context)
            # pydantic says so itself where there are several types to tell apart
            if "type" not in value:
                raise PydanticCustomError("union_tag_not_found", "expected a type")
            from framework.specs.components import BUILT_IN  # here, as it is joined from all the unions

            if value["type"] not in [spec.type_name() for spec in BUILT_IN if issubclass(spec, family)]:
                raise PydanticCustomError("union_tag_invalid", "expected another type")
        return built_in(value)

    return WrapValidator(validate)
