"""The rows of the table: a network trained with several seeds, or a committee of such runs; and what was published."""

from dataclasses import dataclass
from typing import final

from framework.errors import InputError, quoted
from models.recipes import RECIPES


@final
@dataclass(frozen=True)
class Row:
    """One line. With several recipes, or as a committee, its members are all runs of them."""

    name: str
    title: str
    recipes: tuple[str, ...]
    seeds: int
    published: str
    committee: bool = False


def _network(recipe: str, title: str, published: str, *, seeds: int) -> Row:
    return Row(recipe, title, (recipe,), seeds, published)


def _committee(name: str, title: str, recipes: tuple[str, ...], published: str) -> Row:
    return Row(name, title, recipes, 0, published, committee=True)


PUBLISHED = {
    row.name: row
    for row in (
        _network(
            "digits-800",
            "784-800-10, no distortions",
            "1.6 (Simard 2003); 1.25 to 1.06 (dropout, 3 x 1024, Srivastava 2014)",
            seeds=5,
        ),
        _network("elastic-800", "784-800-10, affine and elastic", "0.7 (Simard 2003)", seeds=5),
        _network("elastic-mlp", "deep MLP, affine and elastic", "0.35 (Cireşan 2010, on a GPU)", seeds=3),
        _committee(
            "committee-mlp",
            "committee of these MLPs",
            ("elastic-800", "elastic-mlp"),
            "0.39 (Meier 2011); 0.31 (Cireşan 2012)",
        ),
        _network("elastic-cnn", "CNN, affine and elastic", "0.4 (Simard 2003)", seeds=3),
        _committee("committee-cnn", "committee of these CNNs", ("elastic-cnn",), "0.27 (seven of them, Cireşan 2011)"),
    )
}


OTHERS = {"digits-cnn": 3, "kaggle": 3}
"""Seeds of recipes that are no row of the table; five, if they are not here either."""


def row_called(name: str) -> Row:
    """The row of that name: one of the table, or any other recipe. Raises InputError for a name that is neither."""
    if name in PUBLISHED:
        return PUBLISHED[name]
    if name in RECIPES:
        return _network(name, name, "", seeds=OTHERS.get(name, 5))
    raise InputError(f"--recipe: got {quoted(name)}; expected one of {', '.join({**PUBLISHED, **RECIPES})}")
