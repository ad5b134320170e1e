"""Mending a cell of the person's own: a button below its traceback, a diff, and their choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.front_ends import on_any_front_end
from tests.browser.replies import LOAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

BROKEN = """# What they cost together.
prices = {'bread': 3.2, 'milk': 1.1}
total = prices['bred'] + prices['milk']  # euros
total"""
MENDED = BROKEN.replace("bred", "bread")
REPLY = f"The key is spelled `bread`, not `bred`.\n```python\n{MENDED}\n```"


def below(page: NotebookPage, number: int) -> Locator:
    """What is drawn of the mending of a cell."""
    return page.panel.locator(".jp-Cell").nth(number).locator(".creator-magic-mending")


@pytest.fixture
def failed(open_notebook: Open) -> NotebookPage:
    """A notebook whose second cell failed, before others that do not depend on it."""
    page = open_notebook([LOAD, BROKEN, "1 + 1"])
    page.run("cell-0")
    page.run("cell-1")
    page.until_idle()
    below(page, 1).get_by_role("button", name="Rectify…").wait_for()
    return page


@on_any_front_end
def test_button_diff_accept_replaced_and_run(model: ModelServer, failed: NotebookPage) -> None:
    asked = len(model.calls)
    model.reply_with(REPLY)
    below(failed, 1).get_by_role("button", name="Rectify…").click()
    shown = below(failed, 1)
    shown.get_by_role("button", name="Accept and run").wait_for()
    assert "The key is spelled `bread`" in shown.inner_text()
    assert shown.locator("del").all_inner_texts() == [f"- {BROKEN.splitlines()[2]}"]
    assert shown.locator("ins").all_inner_texts() == [f"+ {MENDED.splitlines()[2]}"]
    assert failed.cells()[1].source == BROKEN
    shown.get_by_role("button", name="Accept and run").click()
    after = failed.until(lambda cells: cells[1].text.startswith("4.3"))
    assert [cell.source for cell in after] == [LOAD, MENDED, "1 + 1"]
    assert [cell.id for cell in after] == ["cell-0", "cell-1", "cell-2"]
    assert len(model.calls) == asked + 1
    below(failed, 1).wait_for(state="detached")


def test_refusing_leaves_everything_as_it_was(model: ModelServer, failed: NotebookPage) -> None:
    before = failed.cells()
    model.reply_with(REPLY)
    below(failed, 1).get_by_role("button", name="Rectify…").click()
    below(failed, 1).get_by_role("button", name="Refuse").click()
    below(failed, 1).get_by_role("button", name="Rectify…").wait_for()
    assert failed.until_idle() == before


def test_control_z_and_undo_bring_the_cell_back(model: ModelServer, failed: NotebookPage) -> None:
    def accept() -> None:
        model.reply_with(REPLY)
        below(failed, 1).get_by_role("button", name="Rectify…").click()
        below(failed, 1).get_by_role("button", name="Accept and run").click()
        failed.until(lambda cells: cells[1].text.startswith("4.3"))
        failed.until_idle()

    accept()
    failed.edit("cell-1")
    failed.page.keyboard.press("Control+z")
    failed.until(lambda cells: cells[1].source == BROKEN)
    failed.page.keyboard.press("Escape")
    failed.run("cell-1")
    failed.until_idle()
    accept()
    failed.write("cell-2", "%creator undo")
    failed.run("cell-2")
    after = failed.until(lambda cells: cells[1].source == BROKEN)
    after = failed.until_idle()
    assert after[2].text.startswith("The cell that was mended is as it was")


def test_a_cell_that_was_edited_since_stays_and_the_change_comes_below_it(
    model: ModelServer, failed: NotebookPage
) -> None:
    model.reply_with(REPLY)
    below(failed, 1).get_by_role("button", name="Rectify…").click()
    below(failed, 1).get_by_role("button", name="Accept and run").wait_for()
    failed.write("cell-1", "mine = 1")
    below(failed, 1).get_by_role("button", name="Insert below and run").click()
    after = failed.until(lambda cells: len(cells) == 4 and cells[2].text.startswith("4.3"))
    assert [cell.source for cell in after] == [LOAD, "mine = 1", MENDED, "1 + 1"]


def test_a_cell_that_was_moved_is_the_one_that_is_replaced(model: ModelServer, failed: NotebookPage) -> None:
    model.reply_with(REPLY)
    below(failed, 1).get_by_role("button", name="Rectify…").click()
    below(failed, 1).get_by_role("button", name="Accept and run").wait_for()
    failed.select("cell-1")
    failed.command("notebook:move-cell-down")
    failed.until(lambda cells: [cell.id for cell in cells] == ["cell-0", "cell-2", "cell-1"])
    below(failed, 2).get_by_role("button", name="Accept and run").click()
    after = failed.until(lambda cells: cells[2].text.startswith("4.3"))
    assert [cell.source for cell in after] == [LOAD, "1 + 1", MENDED]


def test_rectify_in_a_cell_of_its_own_and_by_keyboard_alone(model: ModelServer, failed: NotebookPage) -> None:
    model.reply_with(REPLY)
    failed.write("cell-2", "%rectify")
    failed.run("cell-2")
    choice = below(failed, 2)
    choice.get_by_role("button", name="Accept and run").wait_for()
    assert choice.locator(".creator-magic-diff").count() == 0, "the output of the cell shows it"
    assert "The key is spelled" in failed.cells()[2].html
    choice.get_by_role("button", name="Accept and run").focus()
    failed.page.keyboard.press("Enter")
    after = failed.until(lambda cells: cells[1].text.startswith("4.3"))
    assert [cell.source for cell in after] == [LOAD, MENDED, "%rectify"]


def test_what_is_accepted_beforehand_is_replaced_and_runs_at_once(
    model: ModelServer, failed: NotebookPage
) -> None:
    model.reply_with(REPLY)
    failed.write("cell-2", "%rectify --yes")
    failed.run("cell-2")
    after = failed.until(lambda cells: cells[1].text.startswith("4.3"))
    assert [cell.source for cell in after] == [LOAD, MENDED, "%rectify --yes"]
    below(failed, 1).wait_for(state="detached")
    below(failed, 2).wait_for(state="detached")


def test_rectify_with_an_instruction_changes_the_cell_that_it_stands_in(
    model: ModelServer, failed: NotebookPage
) -> None:
    code = "values = [1, 2]  # mine\nsum(values)"
    model.reply_with(f"Asked for.\n```python\n{code.replace('[1, 2]', '[1, 2, 3]')}\n```")
    failed.write("cell-2", f"%%rectify add a three, don't ask\n{code}")
    failed.run("cell-2")
    below(failed, 2).get_by_role("button", name="Accept and run").click()
    after = failed.until(lambda cells: cells[2].text == "6")
    assert after[2].source == "values = [1, 2, 3]  # mine\nsum(values)"
    assert after[1].source == BROKEN
    assert "add a three, don't ask" in model.calls[-1].body["messages"][-1]["content"]


def test_the_button_can_be_pressed_and_the_offer_reached_by_keyboard(
    model: ModelServer, failed: NotebookPage
) -> None:
    model.reply_with(REPLY)
    failed.select("cell-1")
    below(failed, 1).get_by_role("button", name="Rectify…").focus()
    failed.page.keyboard.press("Space")
    below(failed, 1).get_by_role("button", name="Accept and run").wait_for()
    assert failed.page.evaluate("() => document.activeElement.closest('.creator-magic-mending') !== null")
    status = failed.page.locator(".creator-magic-status")
    assert "Accept it or refuse it" in status.inner_text()
    failed.select("cell-1")
    failed.command("creator-magic:accept-mending")
    failed.until(lambda cells: cells[1].text.startswith("4.3"))


def test_hostile_replies_are_text_and_nothing_else(model: ModelServer, failed: NotebookPage) -> None:
    bad = "<img src=x onerror='window.hurt=1'><script>window.hurt=1</script></pre>"
    model.reply_with(f'{bad} $$x$$\n```python\n{MENDED}\nnote = "{bad}"\n```')
    below(failed, 1).get_by_role("button", name="Rectify…").click()
    shown = below(failed, 1)
    shown.get_by_role("button", name="Accept and run").wait_for()
    shown.locator("summary").click()
    assert bad in shown.inner_text()
    assert shown.locator("img, script, mjx-container").count() == 0
    assert failed.page.evaluate("() => window.hurt") is None


def test_a_model_that_cannot_be_asked_says_so_below_the_cell(
    model: ModelServer, failed: NotebookPage
) -> None:
    model.fault(len(model.calls), "401")
    below(failed, 1).get_by_role("button", name="Rectify…").click()
    below(failed, 1).get_by_role("button", name="Rectify again…").wait_for()
    assert "key" in below(failed, 1).inner_text()
    model.reply_with(REPLY)
    below(failed, 1).get_by_role("button", name="Rectify again…").click()
    below(failed, 1).get_by_role("button", name="Refuse").click()


def test_there_is_a_button_only_where_a_cell_of_the_person_s_failed_with_creator_magic_loaded(
    open_notebook: Open,
) -> None:
    page = open_notebook(["1 / 0", LOAD, "2 / 0", "%%solve --into 1\nx", "3"])
    for cell in ("cell-0", "cell-1", "cell-2", "cell-3", "cell-4"):
        page.run(cell)
        page.until_idle()
    below(page, 2).wait_for()
    assert page.panel.locator(".creator-magic-mending").count() == 1
    page.write("cell-2", "2 / 1")
    page.run("cell-2")
    page.until_idle()
    below(page, 2).wait_for(state="detached")


def test_a_page_that_is_loaded_anew_has_the_button_again(model: ModelServer, failed: NotebookPage) -> None:
    failed.save()
    failed.reload()
    model.reply_with(REPLY)
    below(failed, 1).get_by_role("button", name="Rectify…").click()
    below(failed, 1).get_by_role("button", name="Accept and run").click()
    failed.until(lambda cells: cells[1].text.startswith("4.3"))


def test_autofix_says_what_would_be_sent_and_sends_it_only_when_it_is_pressed(
    model: ModelServer, open_notebook: Open
) -> None:
    page = open_notebook([f"{LOAD}\n%creator autofix ask", BROKEN, "1"])
    asked = len(model.calls)
    page.run("cell-0")
    page.until_idle()
    page.run("cell-1")
    page.until_idle()
    below(page, 1).get_by_role("button", name="Not now").wait_for()
    assert "sends this cell and its error, values withheld, to test-model" in below(page, 1).inner_text()
    assert len(model.calls) == asked
    below(page, 1).get_by_role("button", name="Not now").click()
    below(page, 1).get_by_role("button", name="Not now").wait_for(state="detached")
    model.reply_with(REPLY)
    below(page, 1).get_by_role("button", name="Rectify…").click()
    below(page, 1).get_by_role("button", name="Accept and run").wait_for()
    assert len(model.calls) == asked + 1
