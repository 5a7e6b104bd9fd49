"""chalknet recipes: what there is to train, and what to expect of it."""


def recipes() -> None:
    """List the recipes: one line each, with the accuracy and the time that were measured."""
    from framework.console import default_console
    from scripts.overview import show_recipes

    show_recipes(default_console())
