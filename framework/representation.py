"""How a component prints itself: as the call that would make it again."""

import inspect


def constructor_call(component: object) -> str:
    """`Dense(784, 128)`: positional arguments bare, keyword-only ones by name where they differ from the default.

    Relies on the rule every component keeps: a constructor argument is an attribute of the same name.
    """
    shown = []
    for parameter in inspect.signature(type(component)).parameters.values():
        if not hasattr(component, parameter.name):
            return f"{type(component).__name__}(...)"  # a class that breaks the rule still has to print itself
        value = getattr(component, parameter.name)
        if parameter.default is not inspect.Parameter.empty and value == parameter.default:
            continue
        positional = parameter.default is inspect.Parameter.empty
        shown.append(f"{value!r}" if positional else f"{parameter.name}={value!r}")
    return f"{type(component).__name__}({', '.join(shown)})"
