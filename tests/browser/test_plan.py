"""A plan in a real front end: a Markdown cell that is rendered, and that a person changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.front_ends import on_any_front_end
from tests.browser.replies import ADD, DECISION, LOAD, TOOL
from tests.test_plan import AREA, COST, LAWN, NEEDED, PLAN
from tests.test_plan import DECISION as ON_LAWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

BY_PLAN = f"%%solve --method plan\n{LAWN}"
PLANNED = ["", "", "plan", "tool", "tool-2", "tool-3", "decision", ""]


@on_any_front_end
def test_a_plan_is_rendered_changed_and_followed(model: ModelServer, open_notebook: Open) -> None:
    model.reply_with(PLAN, AREA, NEEDED, COST, ON_LAWN)
    page = open_notebook([LOAD, BY_PLAN, "seed_cost(2, 5, 0.5, 2.0)"])
    page.run_all()
    cells = page.until_idle()
    assert [cell.key for cell in cells] == PLANNED
    assert cells[6].text == "86.4"
    assert cells[7].text == "10.0"
    page.panel.locator(".jp-MarkdownCell li", has_text="seed_needed(area").wait_for()

    # Run All again runs what stands.
    page.run_all()
    assert [cell.key for cell in page.until_idle()] == PLANNED

    page.write(cells[2].id, "1. `lawn_area(width, length)`: the area of a lawn in square metres")
    model.reply_with(AREA, "```python decision\nlawn_area(12, 30)\n```")
    page.run("cell-1")
    cells = page.until_idle()
    assert [cell.key for cell in cells] == ["", "", "plan", "tool", "decision", ""]
    assert cells[2].source.startswith("1. `lawn_area(width, length)`")
    assert cells[4].text == "360"


def test_a_notebook_of_a_thousand_cells(model: ModelServer, open_notebook: Open) -> None:
    model.reply_with(TOOL, DECISION)
    others = [f"value_{number} = {number}" for number in range(1_000)]
    page = open_notebook([LOAD, *others[:500], ADD, *others[500:]])
    page.run("cell-0")
    page.run("cell-501")
    cells = page.until(lambda cells: any(cell.key == "decision" and cell.outputs for cell in cells))
    assert [cell.key for cell in cells[500:505]] == ["", "", "tool", "decision", ""]
    assert len(cells) == 1_004
