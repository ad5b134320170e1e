"""A solved notebook is run again, in every way there is: the right cells stand, and each ran once.

The generated cells add a row to a list, so that the list tells how often they ran.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.front_ends import on_any_front_end
from tests.browser.replies import ADD, OTHER_DECISION, OTHER_TOOL, SOLVED, TOOL

if TYPE_CHECKING:
    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

pytestmark = [pytest.mark.browser, on_any_front_end]


def test_run_all_again_runs_each_cell_once_and_asks_nobody(model: ModelServer, solved: NotebookPage) -> None:
    before = solved.cells()
    asked = len(model.calls)
    solved.run_all()
    after = solved.until_idle()
    assert [(cell.id, cell.source) for cell in after] == [(cell.id, cell.source) for cell in before]
    assert after[3].text == "adding\n1"
    assert after[4].text == "['row']"
    assert len(model.calls) == asked


def test_restart_and_run_all(model: ModelServer, solved: NotebookPage) -> None:
    before = solved.cells()
    asked = len(model.calls)
    solved.restart_and_run_all()
    after = solved.until_idle()
    assert [(cell.id, cell.source) for cell in after] == [(cell.id, cell.source) for cell in before]
    assert after[3].text == "adding\n1"
    assert after[4].text == "['row']"
    assert after[1].count == 2
    assert len(model.calls) == asked


def test_the_magic_alone_runs_its_cells_as_they_stand(model: ModelServer, solved: NotebookPage) -> None:
    before = solved.cells()
    asked = len(model.calls)
    solved.run("cell-1")
    after = solved.until_idle()
    assert [(cell.id, cell.source) for cell in after] == [(cell.id, cell.source) for cell in before]
    assert after[3].text == "adding\n2"
    assert len(model.calls) == asked


def test_a_generated_cell_that_is_run_by_hand_runs(solved: NotebookPage) -> None:
    decision = solved.cell("decision").id
    solved.run(decision)
    assert solved.until_idle()[3].text == "adding\n2"
    solved.run("cell-2")
    assert solved.until_idle()[4].text == "['row', 'row']"


def test_a_new_problem_rewrites_the_cells_that_run_all_has_queued(
    model: ModelServer, solved: NotebookPage
) -> None:
    before = solved.cells()
    solved.write("cell-1", f"{ADD} Another one.")
    model.reply_with(OTHER_TOOL, OTHER_DECISION)
    solved.run_all()
    after = solved.until_idle()
    assert [cell.id for cell in after] == [cell.id for cell in before]
    assert "another" in after[2].source
    assert after[3].text == "adding\n1"
    assert after[4].text == "['other']"
    assert solved.panel.locator(".jp-Cell.jp-mod-dirty").count() == 0


def test_a_cancelled_pass_shows_what_the_magic_ran(model: ModelServer, solved: NotebookPage) -> None:
    failing = "```python decision\nadd(rows, 1 / 0)\n```"
    model.reply_with(TOOL, failing)
    solved.write("cell-1", "%%solve --use rows --max-rectifications 0\nAdd nothing.")
    solved.run_all()
    after = solved.until_idle()
    assert [cell.key for cell in after] == SOLVED
    assert "division" in after[3].text
    assert after[4].text != "['row']"
