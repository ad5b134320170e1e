"""How generated cells look, and what a model can do to the page: nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.replies import ADD, BROKEN, DECISION, LOAD, OTHER_DECISION, OTHER_TOOL, TOOL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WORD = "prompt => getComputedStyle(prompt, '::after').content"


def test_generated_cells_say_what_they_are(model: ModelServer, open_notebook: Open) -> None:
    model.reply_with(BROKEN, DECISION, TOOL)
    page = open_notebook([LOAD, ADD, "1"])
    page.run_all()
    page.until_idle()
    prompts = page.panel.locator(".jp-Cell .jp-InputPrompt")
    words = [prompts.nth(number).evaluate(WORD) for number in range(5)]
    assert words[2:4] == ['"tool\\a rev. 2"', '"decision"']
    assert {words[0], words[1], words[4]} == {"none"}
    assert page.panel.locator(".jp-Cell.jp-mod-dirty").count() == 0


def test_hostile_replies_are_text_and_nothing_else(model: ModelServer, open_notebook: Open) -> None:
    bad = (
        "<script>window.hurt=1</script><img src=x onerror='window.hurt=1'> $$\\\\frac{1}{2}$$ "
        "[a](javascript:window.hurt=1) # Head \\x1b[31mred\\x1b[0m </pre></details>"
    )
    tool = f'```python tool\ndef add(rows, row):\n    """{bad}"""\n    rows.append(row)\n    return row\n```'
    page = open_notebook([LOAD, ADD])
    model.reply_with(
        f"{bad}\n{tool.replace('rows.append', 'nothing.append')}",
        f'{bad}\n```python decision\nadd(rows, """{bad}""")\n```',
        f"{bad}\n{tool}",
    )
    page.run_all()
    after = page.until_idle()
    assert [cell.key for cell in after] == ["", "", "tool", "decision"]
    for summary in page.panel.locator(".jp-OutputArea summary").all():
        summary.click()
    assert page.page.evaluate("() => window.hurt") is None
    drawn = page.panel.locator(".jp-Notebook")
    assert (
        drawn.locator("script, img, mjx-container, .jp-OutputArea-output h1, a[href^=javascript]").count()
        == 0
    )


def test_commands_of_a_generated_cell(model: ModelServer, open_notebook: Open) -> None:
    model.reply_with(TOOL, DECISION)
    page = open_notebook([LOAD, ADD, "1"])
    page.run_all()
    cells = page.until_idle()
    page.panel.locator(".jp-Cell").nth(3).locator(".cm-content").click(button="right")
    menu = page.page.locator(".lm-Menu")
    menu.get_by_text("Go to the Problem of This Cell").click()
    assert page.panel.locator(".jp-Cell.jp-mod-active").get_attribute("data-windowed-list-index") == "1"

    model.reply_with(OTHER_TOOL, OTHER_DECISION)
    page.select(cells[3].id)
    page.page.keyboard.press("Control+Shift+c")
    page.page.keyboard.insert_text("afresh")
    page.page.keyboard.press("Enter")
    after = page.until(lambda cells: "other" in cells[3].source)
    assert [cell.id for cell in after] == [cell.id for cell in cells]
    assert after[1].source == ADD
    page.until_idle()
    assert page.cells()[3].text == "adding\n2"
