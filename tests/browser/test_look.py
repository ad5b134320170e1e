"""How generated cells look, and what a model can do to the page: nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.replies import ADD, BROKEN, DECISION, LOAD, TOOL

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
