"""The whole vocabulary, and the way back: from a component to its spec.

The unions are the registry: a new layer, loss, optimizer, schedule, initializer or augmentation joins by a class and
its name in the union of its family, and nowhere else.
"""

from typing import get_args

from pydantic import ValidationError

from framework.data.augmentation import Augmentation
from framework.errors import SpecError, quoted
from framework.initializers import Initializer
from framework.layers import Layer
from framework.losses import Loss
from framework.optimizers import Optimizer
from framework.schedules import Schedule
from framework.specs.augmentations import AugmentationUnion
from framework.specs.base import ComponentSpec
from framework.specs.extra import Extra
from framework.specs.initializers import InitializerUnion
from framework.specs.layers import LayerUnion
from framework.specs.losses import LossUnion
from framework.specs.optimizers import OptimizerUnion
from framework.specs.schedules import ScheduleUnion

COMPONENTS = (Layer, Loss, Optimizer, Schedule, Initializer, Augmentation)

BUILT_IN: tuple[type[ComponentSpec], ...] = tuple(
    spec
    for union in (InitializerUnion, LayerUnion, LossUnion, OptimizerUnion, ScheduleUnion, AugmentationUnion)
    for spec in get_args(union)
)


def checked_extra(extra: Extra) -> tuple[type[ComponentSpec], ...]:
    """`extra`, once it is sure that no name in it is in use already."""
    if isinstance(extra, type):
        raise SpecError(
            f"extra: got the class {extra.__name__}; expected a list of spec classes", hint=f"extra=[{extra.__name__}]"
        )
    taken = {spec.type_name() for spec in BUILT_IN}
    for spec in extra:
        if not (isinstance(spec, type) and issubclass(spec, ComponentSpec)):
            raise SpecError(f"extra: got {getattr(spec, '__name__', spec)}; expected a spec class, such as a LayerSpec")
        if spec.type_name() in taken:
            raise SpecError(f"extra: {spec.__name__}: got type {quoted(spec.type_name())}; expected a name not in use")
        taken.add(spec.type_name())
    return tuple(extra)


def describe(component: object, extra: Extra = ()) -> ComponentSpec:
    """The spec of `component`, read off its attributes. Raises SpecError for a class neither we nor `extra` know."""
    for spec in (*extra, *BUILT_IN):
        if spec.component is type(component):
            values = {name: getattr(component, name) for name in spec.model_fields if name != "type"}
            for name, value in values.items():
                if isinstance(value, COMPONENTS):
                    values[name] = describe(value, extra)
                elif isinstance(value, tuple):
                    values[name] = tuple(_described(item, f"{name}.{index}", extra) for index, item in enumerate(value))
            try:
                return spec.model_validate(values)
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                field = ".".join(map(str, first["loc"]))
                raise SpecError(f"{component!r}: {field}: {first['msg'].lower()}, as specs have limits") from None
    name = type(component).__name__
    raise SpecError(
        f"got a {name}; expected a component with a spec", hint=f"hand over its spec class: extra=[{name}Spec]"
    )


def _described(value: object, place: str, extra: Extra) -> object:
    """The spec of `value` where it is a component, or else `value` itself."""
    if not isinstance(value, COMPONENTS):
        return value
    try:
        return describe(value, extra)
    except SpecError as error:
        raise SpecError(f"{place}: {error}", hint=error.hint) from None
