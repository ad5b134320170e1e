"""Undoing a solve in a real JupyterLab: its cells go, what stood before comes back, Ctrl+Z has no say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.replies import (
    ADD,
    DECISION,
    LOAD,
    OTHER_DECISION,
    OTHER_TOOL,
    TOOL,
    Held,
    reply_in_turn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SOLVED = ["", "", "tool", "decision", ""]
BARE = ["", "", ""]


@pytest.fixture
def solved(model: ModelServer, open_notebook: Open) -> NotebookPage:
    """A notebook that was solved: `cell-0` loads, `cell-1` is the magic, `cell-2` looks for the tool."""
    model.reply_with(TOOL, DECISION)
    page = open_notebook([LOAD, ADD, "'add' in globals(), len(In)"])
    page.run_all()
    page.until_idle()
    assert page.keys == SOLVED
    return page


def undo(page: NotebookPage, cell_id: str) -> None:
    page.select(cell_id)
    page.command("creator-magic:undo")


def test_a_solve_is_undone_and_ctrl_z_does_not_bring_it_back(solved: NotebookPage) -> None:
    undo(solved, solved.cell("decision").id)
    after = solved.until(lambda cells: [cell.key for cell in cells] == BARE)
    assert after[1].html.count("Undone: Add a row.") == 1
    assert "def add" in after[1].html
    assert after[1].count == 2
    solved.run("cell-2")
    after = solved.until_idle()
    assert after[2].text == "(False, 5)"
    # The cells took the numbers 1 to 3; undoing took none, and has no line in the history.
    assert after[2].count == 4
    solved.select("cell-2")
    for _ in range(5):
        solved.page.keyboard.press("z")
    assert solved.keys == BARE


def test_undoing_again_says_that_there_is_nothing_to_undo(solved: NotebookPage) -> None:
    undo(solved, "cell-1")
    solved.until(lambda cells: len(cells) == 3)
    undo(solved, "cell-1")
    dialog = solved.page.locator(".jp-Dialog")
    dialog.get_by_text("There is nothing to undo").wait_for()
    solved.page.keyboard.press("Enter")
    dialog.wait_for(state="detached")


def test_what_stood_before_comes_back_as_it_was(model: ModelServer, solved: NotebookPage) -> None:
    before = solved.cells()
    solved.write("cell-1", f"{ADD} Another one.")
    model.reply_with(OTHER_TOOL, OTHER_DECISION)
    solved.run("cell-1")
    solved.until_idle()
    assert "other" in solved.cell("decision").source
    undo(solved, "cell-1")
    after = solved.until(lambda cells: "other" not in cells[3].source)
    assert after[2:4] == before[2:4]


def test_a_slot_that_the_solve_dropped_comes_back(model: ModelServer, solved: NotebookPage) -> None:
    before = solved.cells()
    solved.write("cell-1", "%%create\nAdd a row.")
    model.reply_with(OTHER_TOOL)
    solved.run("cell-1")
    solved.until(lambda cells: len(cells) == 4)
    solved.until_idle()
    undo(solved, "cell-1")
    after = solved.until(lambda cells: [cell.key for cell in cells] == SOLVED)
    assert [(c.source, c.text, c.count, c.mark) for c in after[2:4]] == [
        (c.source, c.text, c.count, c.mark) for c in before[2:4]
    ]
    assert after[3].trusted


def test_a_cell_that_was_edited_since_stays_and_the_record_says_so(solved: NotebookPage) -> None:
    solved.write(solved.cell("decision").id, "'mine'")
    undo(solved, "cell-1")
    after = solved.until(lambda cells: len(cells) == 4)
    assert (after[2].source, after[2].key) == ("'mine'", "decision")
    solved.until(lambda cells: "Your edited decision cell stays." in cells[1].html)


def test_undo_waits_for_the_solve_that_runs(model: ModelServer, open_notebook: Open) -> None:
    go = reply_in_turn(model, TOOL, Held(DECISION))
    page = open_notebook([LOAD, ADD, "'add' in globals()"])
    page.run_all()
    page.until(lambda cells: len(cells) == 4)
    undo(page, "cell-1")
    go.set()
    page.until(lambda cells: cells[-1].text == "True")
    after = page.until(lambda cells: [cell.key for cell in cells] == BARE)
    assert "Undone" in after[1].html


def test_after_a_reload_the_record_says_so_too(model: ModelServer, open_notebook: Open) -> None:
    model.reply_with(TOOL, DECISION)
    page = open_notebook([LOAD, ADD], new_tab=True)
    page.run_all()
    page.until_idle()
    page.save()
    page.reload()
    undo(page, "cell-1")
    after = page.until(lambda cells: len(cells) == 2 and "Undone" in cells[1].html)
    assert all("creator_magic" not in output["metadata"] for output in after[1].outputs)


def test_a_restarted_kernel_has_nothing_to_undo(solved: NotebookPage) -> None:
    solved.restart()
    undo(solved, "cell-1")
    solved.page.locator(".jp-Dialog").get_by_text("this kernel has solved nothing").wait_for()
    solved.page.keyboard.press("Enter")
    assert solved.keys == SOLVED


def test_typed_into_a_cell_it_undoes_too(solved: NotebookPage) -> None:
    solved.write("cell-2", "%creator undo")
    solved.run("cell-2")
    after = solved.until(lambda cells: "Names that are gone: add." in cells[2].text)
    assert [cell.key for cell in after] == BARE
