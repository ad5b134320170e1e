"""What a person does with a solved notebook: run it again, edit, delete, move, copy, look at it twice.

Each time the right cells stand, each ran once, and nothing of the person's was touched. The
generated cells add a row to a list, so that the list tells how often they ran.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.replies import ADD, DECISION, LOAD, OTHER_DECISION, OTHER_TOOL, TOOL, Held, reply_in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SOLVED = ["", "", "tool", "decision", ""]


@pytest.fixture
def solved(model: ModelServer, open_notebook: Open) -> NotebookPage:
    """A notebook that was solved: `cell-0` loads, `cell-1` is the magic, `cell-2` shows the rows."""
    model.reply_with(TOOL, DECISION)
    page = open_notebook([LOAD, ADD, "rows"])
    page.run_all()
    cells = page.until_idle()
    assert [cell.key for cell in cells] == SOLVED
    assert cells[4].text == "['row']"
    return page


def test_run_all_again_runs_each_cell_once_and_asks_nobody(model: ModelServer, solved: NotebookPage) -> None:
    before = solved.cells()
    asked = len(model.calls)
    solved.run_all()
    after = solved.until_idle()
    assert [cell.id for cell in after] == [cell.id for cell in before]
    assert after[3].text == "adding\n1"
    assert after[4].text == "['row']"
    assert len(model.calls) == asked


def test_restart_and_run_all(model: ModelServer, solved: NotebookPage) -> None:
    before = solved.cells()
    asked = len(model.calls)
    solved.restart()
    solved.run_all()
    after = solved.until_idle()
    assert [(cell.id, cell.source) for cell in after] == [(cell.id, cell.source) for cell in before]
    assert after[3].text == "adding\n1"
    assert after[4].text == "['row']"
    assert after[1].count == 2
    assert len(model.calls) == asked


def test_a_generated_cell_that_is_run_by_hand_runs(solved: NotebookPage) -> None:
    decision = solved.cell("decision").id
    solved.run(decision)
    assert solved.until_idle()[3].text == "adding\n2"
    solved.run("cell-2")
    assert solved.until_idle()[4].text == "['row', 'row']"


def test_the_magic_alone_runs_its_cells_as_they_stand(model: ModelServer, solved: NotebookPage) -> None:
    asked = len(model.calls)
    solved.write(solved.cell("decision").id, "add(rows, 'mine')")
    solved.run("cell-1")
    after = solved.until_idle()
    assert [cell.key for cell in after] == SOLVED
    assert (after[3].source, after[3].text) == ("add(rows, 'mine')", "2")
    assert len(model.calls) == asked


def test_an_edit_of_the_problem_rewrites_the_cells_that_run_all_has_queued(
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


def test_an_edited_cell_is_kept_when_the_problem_changes(model: ModelServer, solved: NotebookPage) -> None:
    mine = "add(rows, 'mine')"
    solved.write(solved.cell("decision").id, mine)
    solved.write("cell-1", f"{ADD} Another one.")
    model.reply_with(OTHER_TOOL, OTHER_DECISION)
    solved.run("cell-1")
    after = solved.until_idle()
    assert [cell.key for cell in after] == SOLVED
    assert "another" in after[2].source
    assert after[3].source == mine
    assert "Your edited decision cell was kept" in after[1].html


def test_a_cell_that_is_edited_while_the_solve_runs_is_left_alone(
    model: ModelServer, solved: NotebookPage
) -> None:
    solved.write("cell-1", f"{ADD} Another one.")
    go = reply_in_turn(model, OTHER_TOOL, Held(OTHER_DECISION))
    solved.run("cell-1")
    solved.until(lambda cells: "another" in cells[2].source)
    solved.write(solved.cell("decision").id, "# just typed")
    go.set()
    after = solved.until_idle()
    assert [cell.key for cell in after] == SOLVED
    assert after[3].source == "# just typed"


def test_a_deleted_cell_comes_back_and_its_neighbour_stays(model: ModelServer, solved: NotebookPage) -> None:
    tool = solved.cell("tool").id
    solved.select(solved.cell("decision").id)
    solved.command("notebook:delete-cell")
    solved.until(lambda cells: len(cells) == 4)
    model.reply_with(TOOL, DECISION)
    solved.run_all()
    after = solved.until_idle()
    assert [cell.key for cell in after] == SOLVED
    assert after[2].id == tool
    assert after[4].text == "['row']"


def test_moved_cells_stay_where_they_were_put(solved: NotebookPage) -> None:
    solved.select(solved.cell("decision").id)
    solved.command("notebook:move-cell-down")
    moved = solved.until(lambda cells: cells[4].key == "decision")
    solved.run_all()
    after = solved.until_idle()
    assert [cell.id for cell in after] == [cell.id for cell in moved]
    assert after[3].text == "['row']"
    assert after[4].text == "adding\n1"


def test_a_cell_above_its_magic_comes_back_below_it(solved: NotebookPage) -> None:
    solved.select(solved.cell("tool").id)
    solved.command("notebook:move-cell-up")
    solved.until(lambda cells: cells[1].key == "tool")
    solved.run("cell-1")
    after = solved.until_idle()
    assert [cell.key for cell in after] == SOLVED
    assert after[3].text == "adding\n2"


def test_a_copy_is_the_persons_own_cell(solved: NotebookPage) -> None:
    decision = solved.cell("decision").id
    solved.select(decision)
    solved.command("notebook:copy-cell")
    solved.command("notebook:paste-cell-below")
    copied = solved.until(lambda cells: len(cells) == 6)
    assert [cell.key for cell in copied] == ["", "", "tool", "decision", "decision", ""]
    solved.run_all()
    after = solved.until_idle()
    assert [cell.id for cell in after] == [cell.id for cell in copied]
    assert (after[3].text, after[4].text) == ("adding\n1", "adding\n2")
    assert after[5].text == "['row', 'row']"


def test_a_copied_problem_gets_cells_of_its_own(model: ModelServer, solved: NotebookPage) -> None:
    solved.select("cell-1")
    solved.command("notebook:copy-cell")
    solved.select("cell-2")
    solved.command("notebook:paste-cell-below")
    copied = solved.until(lambda cells: len(cells) == 6)
    model.reply_with(TOOL, DECISION)
    solved.run(copied[5].id)
    after = solved.until_idle()
    assert [cell.key for cell in after] == [*SOLVED, "", "tool", "decision"]
    assert [cell.id for cell in after[:6]] == [cell.id for cell in copied]
    assert {cell.mark["parent"] for cell in after[6:]} == {copied[5].id}


def test_a_cancelled_pass_shows_what_the_magic_ran(model: ModelServer, solved: NotebookPage) -> None:
    failing = "```python decision\nadd(rows, 1 / 0)\n```"
    model.reply_with(TOOL, failing)
    solved.write("cell-1", "%%solve --use rows --max-rectifications 0\nAdd nothing.")
    solved.run_all()
    after = solved.until_idle()
    assert [cell.key for cell in after] == SOLVED
    assert "division" in after[3].text
    assert after[4].text != "['row']"


def test_two_views_show_one_notebook(model: ModelServer, solved: NotebookPage) -> None:
    solved.command("docmanager:clone")
    solved.page.wait_for_function(
        "() => window.panelOfTheTest().parent && document.querySelectorAll('.jp-NotebookPanel').length > 1"
    )
    solved.write("cell-1", f"{ADD} Another one.")
    model.reply_with(OTHER_TOOL, OTHER_DECISION)
    solved.run_all()
    after = solved.until_idle()
    assert [cell.key for cell in after] == SOLVED
    assert after[4].text == "['other']"
