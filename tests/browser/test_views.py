"""One notebook in two views of one page, which only JupyterLab has: Notebook 7 shows it once a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.front_ends import on_any_lab
from tests.browser.replies import ADD, OTHER_DECISION, OTHER_TOOL, SOLVED

if TYPE_CHECKING:
    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

pytestmark = [pytest.mark.browser, on_any_lab]

_TEXTS = """() => {
    const path = window.panelOfTheTest().context.path;
    return [...window.jupyterapp.shell.widgets('main')]
        .filter(widget => widget.context?.path === path)
        .map(panel => panel.content.widgets.map(cell => cell.model.sharedModel.getSource()));
}"""


def test_two_views_show_the_same_cells(model: ModelServer, solved: NotebookPage) -> None:
    before = solved.cells()
    solved.command("docmanager:clone")
    solved.page.wait_for_function(f"() => ({_TEXTS})().length === 2")
    solved.write("cell-1", f"{ADD} Another one.")
    model.reply_with(OTHER_TOOL, OTHER_DECISION)
    solved.run_all()
    after = solved.until_idle()
    assert [cell.key for cell in after] == SOLVED
    assert [cell.id for cell in after] == [cell.id for cell in before]
    assert (after[3].text, after[4].text) == ("adding\n1", "['other']")
    sources = [cell.source for cell in after]
    assert solved.page.evaluate(_TEXTS) == [sources, sources]
