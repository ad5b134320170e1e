"""The same half in Jupyter Notebook 7, served beside JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.lab import NotebookPage
from tests.browser.replies import ADD, BROKEN, DECISION, LOAD, TOOL, Held, reply_in_turn

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from tests.browser.lab import JupyterServer
    from tests.model_server import ModelServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_notebook_7_gets_the_same_cells(
    model: ModelServer, lab: JupyterServer, context: BrowserContext
) -> None:
    lab.write("seven.ipynb", [LOAD, ADD, "rows"])
    go = reply_in_turn(model, BROKEN, Held(DECISION), TOOL)
    page = NotebookPage.in_notebook7(context, lab, "seven.ipynb")
    try:
        page.run_all()
        early = page.until(lambda cells: len(cells) == 4)
        assert early[2].key == "tool"
        go.set()
        done = page.until_idle()
        assert [cell.key for cell in done] == ["", "", "tool", "decision", ""]
        assert [cell.text for cell in done[2:]] == ["", "adding\n1", "['row']"]
        assert done[2].mark["revision"] == 2

        page.run_all()
        again = page.until_idle()
        assert [(cell.id, cell.text) for cell in again[2:]] == [(cell.id, cell.text) for cell in done[2:]]
    finally:
        page.end()
        page.page.close()
