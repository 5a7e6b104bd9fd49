"""How a user's own component gets into a spec: by its spec class, handed over in code."""

from collections.abc import Sequence
from typing import TypeAlias

from pydantic import ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator

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
        return built_in(value)

    return WrapValidator(validate)
