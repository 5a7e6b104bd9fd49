"""The live view in a notebook: one output that is sent anew, which every front end can show without a widget."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.jupyter import JupyterMixin

NOTHING = {"text/plain": "", "text/html": ""}


@contextmanager
def redrawn_in_a_notebook(view: JupyterMixin) -> Iterator[Callable[[], None]]:
    """A function that shows `view` as it is now, in the place where it was shown first; in the end it is gone."""
    from IPython.display import display

    handle = display(view, display_id=True)

    def redraw() -> None:
        handle.update(view)

    try:
        yield redraw
    finally:
        handle.update(NOTHING, raw=True)
