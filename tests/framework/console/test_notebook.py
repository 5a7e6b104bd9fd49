"""A real notebook: a kernel of its own runs fit, and what it sends is what a reader of the notebook sees."""

import os
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

from framework.console.text import NOTEBOOK_WIDTH

ROOT = Path(__file__).resolve().parents[3]
MOST_OUTPUTS = 4
"""The network, the place of the live view, the rows, and how it ended."""

SETUP = """
import numpy as np
from framework import SGD, Dense, Sequential, fit
from framework.console import report, watching
x = np.arange(24, dtype=np.float32).reshape(8, 3) / 24
y = np.arange(8) % 2
watching.NOTEBOOK_SECONDS, watching.MOST_OF_THE_TIME = 0.0, np.inf  # every event is shown
"""
FIT = (
    "fit(Sequential([Dense(3, 2)], seed=0), (x, y), optimizer=SGD(0.0), epochs=30, validation_data=(x, y), threads=1);"
)
INTERRUPTED = """
class Interrupting(SGD):
    def step(self, *arguments):
        if self.steps == 3:
            raise KeyboardInterrupt
        super().step(*arguments)
fit(Sequential([Dense(3, 2)], seed=0), (x, y), optimizer=Interrupting(0.0), threads=1);
"""
REPORT = "report(Sequential([Dense(3, 2)], seed=0), (x, y), image_shape=(1, 3)).n"


class Client(nbclient.NotebookClient):
    """Runs a notebook and keeps every state of an output that was shown for a while."""

    seen: list[str]

    def process_message(
        self, msg: dict[str, dict[str, dict[str, str]]], cell: nbformat.NotebookNode, cell_index: int
    ) -> nbformat.NotebookNode | None:
        self.seen.append(msg["content"].get("data", {}).get("text/html", ""))
        return super().process_message(msg, cell, cell_index)


@pytest.fixture(scope="module")
def client() -> Client:
    """After the run of all cells."""
    cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, FIT, INTERRUPTED, REPORT)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
        client = Client(nbformat.v4.new_notebook(cells=cells), timeout=60, kernel_name="python3", allow_errors=True)
        client.seen = []
        client.execute()
    return client


def _is_shown(output: nbformat.NotebookNode) -> bool:
    return bool(output["output_type"] == "display_data")


def _html(client: Client, cell: int) -> list[str]:
    """The outputs of a cell, as their readers see them."""
    outputs = client.nb.cells[cell].outputs
    return [re.sub("<[^>]*>", "", output["data"]["text/html"]) for output in outputs if _is_shown(output)]


def test_a_fit_has_few_outputs_and_all_are_html(client: Client) -> None:
    outputs = client.nb.cells[1].outputs
    assert len(outputs) == MOST_OUTPUTS
    for output in outputs:
        assert output["output_type"] == "display_data"
        assert set(output["data"]) == {"text/plain", "text/html"}


def test_the_outputs_are_network_rows_and_ending(client: Client) -> None:
    network, live, rows, ending = _html(client, 1)
    assert "Z1 = W1·X + b1" in network
    assert network.startswith("╭")
    assert live == ""
    assert re.findall(r"^ *(\d+)/30 ", rows, re.MULTILINE) == ["1", *map(str, range(2, 31, 2))]
    assert rows.count("★") == 1
    assert "validation loss" in rows
    assert "has the weights of its best epoch, 1" in ending


def test_the_live_view_was_there_and_is_gone(client: Client) -> None:
    seen = [re.sub("<[^>]*>", "", html) for html in client.seen if "━" in html]
    assert len(seen) > 20
    assert {len(re.findall(r"^ *\d+/30 +0\.", html, re.MULTILINE)) for html in seen} >= {0, 1, 5, 20}
    assert all(" run  ━" in html for html in seen)
    for output in client.nb.cells[1].outputs:
        assert "━" not in output["data"]["text/html"] + output["data"]["text/plain"]
    assert client.nb.cells[1].outputs[1]["data"] == {"text/plain": "", "text/html": ""}


def test_nothing_is_wider_than_a_cell(client: Client) -> None:
    pages = [re.sub("<[^>]*>", "", html) for html in client.seen]
    assert max(len(line) for page in pages for line in page.splitlines()) <= NOTEBOOK_WIDTH


def test_nobody_misses_a_widget(client: Client) -> None:
    assert "ipywidgets" not in nbformat.writes(client.nb)
    assert not [output for cell in client.nb.cells for output in cell.outputs if output["output_type"] == "stream"]


def test_after_an_interrupt_the_rows_so_far_stay_and_the_live_view_is_gone(client: Client) -> None:
    *_, error = client.nb.cells[2].outputs
    assert error["output_type"] == "error"
    assert error["ename"] == "KeyboardInterrupt"
    _, live, rows = _html(client, 2)
    assert live == ""
    assert re.findall(r"^ *(\d+)/10 ", rows, re.MULTILINE) == ["1", "2", "3"]


def test_a_report_has_its_pictures(client: Client) -> None:
    results, pictures = _html(client, 3)
    assert results.startswith("result  ")
    assert "taken for" in results
    assert "▀" in pictures
    assert "row " in pictures
    assert client.nb.cells[3].outputs[-1]["data"]["text/plain"] == "8"
