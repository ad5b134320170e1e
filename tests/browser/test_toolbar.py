"""The small toolbar of a generated cell: there when it is wanted, out of the way otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.replies import ADD, DECISION, LOAD, TOOL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

COMMANDS = [
    "Rectify This Cell…",
    "Solve This Problem Afresh",
    "Undo This Solve",
    "Go to the Problem of This Cell",
]


def height(page: NotebookPage) -> float:
    return float(
        page.panel.locator(".jp-Cell").nth(2).evaluate("cell => cell.getBoundingClientRect().height")
    )


@pytest.fixture
def solved(model: ModelServer, open_notebook: Open) -> NotebookPage:
    """A notebook that was solved, with the last cell active."""
    model.reply_with(TOOL, DECISION)
    page = open_notebook([LOAD, ADD, "1"], new_tab=True)
    page.run_all()
    page.until_idle()
    page.select("cell-2")
    page.page.mouse.move(2, 2)
    return page


def test_it_appears_without_moving_anything(solved: NotebookPage) -> None:
    bars = solved.panel.locator(".creator-magic-toolbar")
    assert bars.count() == 2
    assert [bar.is_visible() for bar in bars.all()] == [False, False]
    before = height(solved)
    solved.panel.locator(".jp-Cell").nth(2).hover()
    assert [bar.is_visible() for bar in bars.all()] == [True, False]
    solved.page.mouse.move(2, 2)
    solved.select(solved.cell("decision").id)
    assert [bar.is_visible() for bar in bars.all()] == [False, True]
    solved.page.emulate_media(media="print")
    assert [bar.is_visible() for bar in bars.all()] == [False, False]
    solved.page.emulate_media(media="null")
    bars.nth(1).get_by_role("button").first.focus()
    assert [bar.is_visible() for bar in bars.all()] == [False, True]
    assert height(solved) == before


def test_its_buttons_have_names_and_work_by_keyboard(model: ModelServer, solved: NotebookPage) -> None:
    bar = solved.panel.locator(".creator-magic-toolbar").nth(1)
    decision = solved.cell("decision").id
    solved.select(decision)
    buttons = bar.get_by_role("button")
    assert [button.get_attribute("aria-label") for button in buttons.all()] == COMMANDS
    assert [button.get_attribute("title") for button in buttons.all()] == COMMANDS
    assert all(button.locator("svg").count() == 1 for button in buttons.all())
    bar.get_by_role("button", name="Go to the Problem").press("Enter")
    assert solved.panel.locator(".jp-Cell.jp-mod-active").get_attribute("data-windowed-list-index") == "1"
    asked = len(model.calls)
    model.reply_with(TOOL, DECISION)
    solved.select(decision)
    bar.get_by_role("button", name="Afresh").press("Space")
    solved.until(lambda cells: cells[3].text == "adding\n2")
    assert len(model.calls) == asked + 2
    solved.select(decision)
    bar.get_by_role("button", name="Undo").click()
    solved.until(lambda cells: "Undone" in cells[1].html)


def test_only_generated_cells_that_have_a_problem_carry_it(solved: NotebookPage) -> None:
    decision = solved.cell("decision").id
    solved.select(decision)
    solved.command("notebook:copy-cell")
    solved.command("notebook:paste-cell-below")
    solved.until(lambda cells: len(cells) == 6)
    assert solved.panel.locator(".creator-magic-toolbar").count() == 2
    solved.select("cell-1")
    solved.command("notebook:delete-cell")
    solved.until(lambda cells: len(cells) == 5)
    solved.panel.locator(".creator-magic-toolbar").first.wait_for(state="detached")


def test_far_from_the_view_it_comes_with_the_cell(model: ModelServer, open_notebook: Open) -> None:
    model.reply_with(TOOL, DECISION)
    page = open_notebook([LOAD, ADD, *(f"# {n}\n" * 12 for n in range(40))], new_tab=True)
    page.run("cell-0")
    page.run("cell-1")
    page.until_idle()
    moved = page.cell("decision").id
    page.page.evaluate(
        "() => { const { model } = window.panelOfTheTest().content;"
        " model.sharedModel.moveCell(3, model.cells.length - 1); }"
    )
    page.save()
    page.reload()
    page.panel.locator(".creator-magic-toolbar").first.wait_for(state="attached")
    page.select(page.cells()[-1].id)
    page.page.wait_for_function(
        "() => { const { widgets } = window.panelOfTheTest().content;"
        " const { node } = widgets[widgets.length - 1];"
        " return node.isConnected && node.querySelector('.creator-magic-toolbar') }"
    )
    assert page.cells()[-1].id == moved


def test_it_is_drawn_in_the_colours_of_the_theme(solved: NotebookPage) -> None:
    colour = "getComputedStyle(document.querySelector('.creator-magic-toolbar')).backgroundColor"
    light = solved.page.evaluate(colour)
    try:
        solved.command("apputils:change-theme", theme="JupyterLab Dark")
        solved.page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
        solved.page.wait_for_function(f"light => {colour} !== light", arg=light)
    finally:
        solved.command("apputils:change-theme", theme="JupyterLab Light")
        solved.page.wait_for_function("() => document.body.dataset.jpThemeLight === 'true'")
