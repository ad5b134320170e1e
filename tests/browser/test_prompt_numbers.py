"""A generated cell carries the number of the request that ran its code, live as in a file that is run."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest

from tests.browser.replies import ADD, DECISION, LOAD, TOOL
from tests.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Numbers = list[tuple[int | None, list[int | None]]]


def numbers(cells: list[nbformat.NotebookNode]) -> Numbers:
    """The prompt number of each generated cell, and those of its results."""
    return [
        (cell["execution_count"], [o["execution_count"] for o in cell["outputs"] if "execution_count" in o])
        for cell in cells
        if "creator_magic" in cell["metadata"]
    ]


def saved(lab: JupyterServer, page: NotebookPage) -> Numbers:
    page.save()
    page.page.wait_for_function("() => !window.panelOfTheTest().context.model.dirty")
    return numbers(nbformat.read(lab.notebooks / page.name, as_version=4).cells)


def test_run_all_gives_the_same_numbers_in_a_browser_and_in_a_file(
    model: ModelServer,
    lab: JupyterServer,
    open_notebook: Open,
    tmp_path: Path,
) -> None:
    page = open_notebook([LOAD, ADD, "rows"])
    model.reply_with(TOOL, DECISION)
    page.run_all()
    page.until_idle()
    assert saved(lab, page) == [(2, []), (2, [2])]

    page.restart()
    page.run_all()
    page.until_idle()
    live = saved(lab, page)

    # A process of its own, since Playwright's event loop runs in this one.
    run = [sys.executable, "-c", "from creator_magic.cli import app; app()", "run"]
    command = [*run, str(lab.notebooks / page.name), "-o", str(tmp_path / "run.ipynb")]
    subprocess.run(command, check=True, env=os.environ | environment(model), capture_output=True)
    headless = numbers(nbformat.read(tmp_path / "run.ipynb", as_version=4).cells)
    assert live == headless == [(2, []), (2, [2])]


def test_a_cell_that_is_run_by_itself_has_a_number_of_its_own(
    model: ModelServer, lab: JupyterServer, open_notebook: Open
) -> None:
    page = open_notebook([LOAD, ADD, "rows"])
    model.reply_with(TOOL, DECISION)
    page.run_all()
    page.until_idle()
    page.run(page.cell("decision").id)
    page.until(lambda cells: cells[3].text == "adding\n2")
    page.until_idle()
    assert saved(lab, page) == [(2, []), (4, [4])]
