"""A cell that the person edited, when a changed problem brings a new version of it: theirs to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.replies import ADD, DECISION, LOAD, OTHER_DECISION, OTHER_TOOL, TOOL

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MINE = "add(rows, 'mine')"
OFFER = "creator_magic_offer"


@pytest.fixture
def offered(model: ModelServer, open_notebook: Open) -> NotebookPage:
    """A notebook whose problem has changed since its decision was edited."""
    model.reply_with(TOOL, DECISION)
    page = open_notebook([LOAD, ADD], new_tab=True)
    page.run_all()
    page.until_idle()
    page.write(page.cell("decision").id, MINE)
    page.write("cell-1", f"{ADD} Another one.")
    model.reply_with(OTHER_TOOL, OTHER_DECISION)
    page.run("cell-1")
    page.until_idle()
    assert page.cell("decision").source == MINE
    return page


def note(page: NotebookPage) -> Locator:
    return page.panel.locator(".creator-magic-note")


def test_the_note_shows_the_new_version_and_outlives_a_reload(offered: NotebookPage) -> None:
    assert note(offered).count() == 1
    assert note(offered).locator("pre").text_content() == "print('adding')\nadd(rows, 'other')"
    offered.save()
    offered.reload()
    note(offered).wait_for()


def test_taking_the_new_version_is_the_persons_act_and_asks_no_model(
    model: ModelServer, offered: NotebookPage
) -> None:
    asked = len(model.calls)
    note(offered).get_by_role("button", name="Use the new version").press("Enter")
    taken = offered.until(lambda cells: "'other'" in cells[3].source)
    assert OFFER not in taken[3].metadata
    note(offered).wait_for(state="detached")

    offered.edit(taken[3].id)
    offered.page.keyboard.press("Control+z")
    offered.page.keyboard.press("Escape")
    again = offered.until(lambda cells: cells[3].source == MINE)
    assert OFFER in again[3].metadata
    assert again[3].mark != taken[3].mark

    offered.command("creator-magic:use-new-version")
    offered.until(lambda cells: "'other'" in cells[3].source)
    offered.run("cell-1")
    after = offered.until_idle()
    assert after[3].text == "adding\n3"
    assert "no model asked" in after[1].html
    assert len(model.calls) == asked


def test_keeping_mine_agrees_with_the_edit_and_asks_no_model(
    model: ModelServer, offered: NotebookPage
) -> None:
    asked = len(model.calls)
    note(offered).get_by_role("button", name="Keep mine").click()
    note(offered).wait_for(state="detached")
    offered.run("cell-1")
    after = offered.until_idle()
    assert (after[3].source, after[3].text) == (MINE, "3")
    assert "no model asked" in after[1].html
    assert len(model.calls) == asked

    # It is still an edit: the next change of the problem keeps it, and offers again.
    offered.write("cell-1", f"{ADD} A third one.")
    model.reply_with(TOOL, DECISION)
    offered.run("cell-1")
    after = offered.until_idle()
    assert after[3].source == MINE
    assert "'row'" in after[3].metadata[OFFER]["source"]


def test_undoing_the_solve_takes_its_offer_back(offered: NotebookPage) -> None:
    offered.command("creator-magic:undo")
    after = offered.until(lambda cells: OFFER not in cells[3].metadata)
    assert after[3].source == MINE
    offered.until(lambda cells: "Add a row.'''" in cells[2].source)


def test_solving_afresh_takes_the_place_of_both(model: ModelServer, offered: NotebookPage) -> None:
    model.reply_with(TOOL, DECISION)
    offered.command("creator-magic:solve-afresh")
    after = offered.until(lambda cells: "'row'" in cells[3].source)
    assert OFFER not in after[3].metadata
