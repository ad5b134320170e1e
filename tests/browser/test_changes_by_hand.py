"""A person edits, deletes, moves and copies what stands in a solved notebook, and runs it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.front_ends import on_any_front_end
from tests.browser.replies import (
    ADD,
    DECISION,
    OTHER_DECISION,
    OTHER_TOOL,
    SOLVED,
    TOOL,
    Held,
    reply_in_turn,
)

if TYPE_CHECKING:
    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

pytestmark = [pytest.mark.browser, on_any_front_end]

MINE = "add(rows, 'mine')"


def test_an_edited_cell_runs_as_the_person_wrote_it(model: ModelServer, solved: NotebookPage) -> None:
    asked = len(model.calls)
    solved.write(solved.cell("decision").id, MINE)
    solved.run_all()
    after = solved.until_idle()
    assert [cell.key for cell in after] == SOLVED
    assert (after[3].source, after[3].text) == (MINE, "1")
    assert after[4].text == "['mine']"
    assert len(model.calls) == asked


def test_an_edited_cell_is_kept_when_the_problem_changes(model: ModelServer, solved: NotebookPage) -> None:
    solved.write(solved.cell("decision").id, MINE)
    solved.write("cell-1", f"{ADD} Another one.")
    model.reply_with(OTHER_TOOL, OTHER_DECISION)
    solved.run("cell-1")
    after = solved.until_idle()
    assert [cell.key for cell in after] == SOLVED
    assert "another" in after[2].source
    assert after[3].source == MINE
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


@pytest.mark.parametrize("key", ["tool", "decision"])
def test_a_deleted_cell_comes_back_and_its_neighbour_stays(
    model: ModelServer, solved: NotebookPage, key: str
) -> None:
    before = solved.cells()
    solved.select(solved.cell(key).id)
    solved.command("notebook:delete-cell")
    left = solved.until(lambda cells: len(cells) == len(SOLVED) - 1)
    model.reply_with(TOOL, DECISION)
    solved.run_all()
    after = solved.until_idle()
    assert [cell.key for cell in after] == SOLVED
    assert [cell.source for cell in after] == [cell.source for cell in before]
    assert {cell.id for cell in left} < {cell.id for cell in after}
    assert after[4].text == "['row']"


def test_the_cells_of_a_deleted_problem_stay_and_run_as_the_persons_own(
    model: ModelServer, solved: NotebookPage
) -> None:
    asked = len(model.calls)
    solved.select("cell-1")
    solved.command("notebook:delete-cell")
    left = solved.until(lambda cells: len(cells) == len(SOLVED) - 1)
    solved.run_all()
    after = solved.until_idle()
    assert [(cell.id, cell.source) for cell in after] == [(cell.id, cell.source) for cell in left]
    assert (after[2].text, after[3].text) == ("adding\n1", "['row']")
    assert len(model.calls) == asked
    solved.select(after[0].id)
    solved.page.keyboard.press("z")
    solved.until(lambda cells: [cell.key for cell in cells] == SOLVED)


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
    copied = solved.until(lambda cells: len(cells) == len(SOLVED) + 1)
    assert [cell.key for cell in copied] == ["", "", "tool", "decision", "decision", "", ""]
    solved.run_all()
    after = solved.until_idle()
    assert [cell.id for cell in after] == [cell.id for cell in copied]
    assert (after[3].text, after[4].text) == ("adding\n1", "adding\n2")
    assert after[5].text == "['row', 'row']"


def test_a_copied_problem_gets_cells_of_its_own(model: ModelServer, solved: NotebookPage) -> None:
    solved.select("cell-1")
    solved.command("notebook:copy-cell")
    solved.select("cell-3")
    solved.command("notebook:paste-cell-below")
    copied = solved.until(lambda cells: len(cells) == len(SOLVED) + 1)
    model.reply_with(TOOL, DECISION)
    solved.run(copied[-1].id)
    after = solved.until_idle()
    assert [cell.key for cell in after] == [*SOLVED, "", "tool", "decision"]
    assert [cell.id for cell in after[:7]] == [cell.id for cell in copied]
    assert {cell.mark["parent"] for cell in after[7:]} == {copied[-1].id}


def test_of_a_problem_copied_with_its_cells_the_cells_are_the_persons_own(
    model: ModelServer, solved: NotebookPage
) -> None:
    before = solved.cells()
    solved.select_all(["cell-1", before[2].id, before[3].id])
    solved.command("notebook:copy-cell")
    solved.select("cell-3")
    solved.command("notebook:paste-cell-below")
    copied = solved.until(lambda cells: len(cells) == len(SOLVED) + 3)
    model.reply_with(TOOL, DECISION)
    solved.run_all()
    after = solved.until_idle()
    assert [cell.id for cell in after[:7]] == [cell.id for cell in copied[:7]]
    assert {cell.mark["parent"] for cell in after[7:9]} == {copied[6].id}
    assert [(cell.id, cell.source) for cell in after[9:]] == [(cell.id, cell.source) for cell in copied[7:]]
    assert [cell.text for cell in after[3:5]] == ["adding\n1", "['row']"]
    assert [cell.text for cell in after[8:]] == ["adding\n2", "", "adding\n3"]
