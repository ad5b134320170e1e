"""Rectifying a cell in a real JupyterLab: a question to the person, then the same cells, rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.replies import ADD, DECISION, LOAD, OTHER_DECISION, TOOL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def solved(model: ModelServer, open_notebook: Open) -> NotebookPage:
    """A notebook that was solved: `cell-0` loads, `cell-1` is the magic."""
    model.reply_with(TOOL, DECISION)
    page = open_notebook([LOAD, ADD])
    page.run_all()
    page.until_idle()
    return page


def rectify(page: NotebookPage, cell_id: str, remark: str, *, key: str = "Enter") -> None:
    page.select(cell_id)
    page.command("creator-magic:rectify")
    page.page.locator(".jp-Dialog input").fill(remark)
    page.page.keyboard.press(key)
    page.page.locator(".jp-Dialog").wait_for(state="detached")


def test_a_remark_rewrites_the_cell_in_place(model: ModelServer, solved: NotebookPage) -> None:
    before = solved.cells()
    asked = len(model.calls)
    model.reply_with(OTHER_DECISION)
    rectify(solved, solved.cell("decision").id, "It is the wrong row.")
    after = solved.until(lambda cells: "'other'" in cells[3].source)
    after = solved.until_idle()
    assert [cell.id for cell in after] == [cell.id for cell in before]
    assert (after[3].text, after[3].mark["revision"]) == ("adding\n2", 2)
    assert "You said: It is the wrong row." in after[1].html
    assert after[1].source == ADD
    assert [call.body["messages"][-1]["content"].count("wrong row") for call in model.calls[asked:]] == [1]
    solved.run("cell-1")
    assert solved.until_idle()[3].text == "adding\n3"
    assert len(model.calls) == asked + 1


def test_what_the_person_edited_is_rectified_and_undo_brings_it_back(
    model: ModelServer, solved: NotebookPage
) -> None:
    mine = "add(rows, not_there)"
    solved.write(solved.cell("decision").id, mine)
    model.reply_with(OTHER_DECISION)
    rectify(solved, solved.cell("decision").id, "")
    solved.until(lambda cells: "'other'" in cells[3].source)
    solved.until_idle()
    assert "not_there" in solved.cells()[1].html
    solved.select("cell-1")
    solved.command("creator-magic:undo")
    solved.until(lambda cells: cells[3].source == mine)


def test_without_a_remark_cells_that_work_are_left_alone(model: ModelServer, solved: NotebookPage) -> None:
    asked = len(model.calls)
    before = solved.cells()
    rectify(solved, solved.cell("tool").id, "")
    after = solved.until(lambda cells: "nothing was sent" in cells[1].html)
    assert [cell.source for cell in after] == [cell.source for cell in before]
    assert [cell.mark for cell in after] == [cell.mark for cell in before]
    assert len(model.calls) == asked


def test_who_thinks_better_of_it_sends_nothing(model: ModelServer, solved: NotebookPage) -> None:
    asked = len(model.calls)
    before = solved.cells()
    rectify(solved, solved.cell("tool").id, "Never mind.", key="Escape")
    assert solved.until_idle() == before
    solved.run("cell-1")
    assert solved.until_idle()[3].text == "adding\n2"
    assert len(model.calls) == asked
