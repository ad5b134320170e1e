"""Generated cells in a real JupyterLab: they come while `%%solve` runs, and change in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.front_ends import on_any_front_end
from tests.browser.replies import (
    ADD,
    BROKEN,
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
    from pathlib import Path

    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, on_any_front_end]


def test_cells_come_while_the_solve_runs(model: ModelServer, open_notebook: Open) -> None:
    go = reply_in_turn(model, TOOL, Held(DECISION))
    page = open_notebook([LOAD, ADD, "len(rows)"])
    page.run_all()
    early = page.until(lambda cells: len(cells) == 4 and "Deciding" in cells[1].html)
    assert [cell.key for cell in early] == ["", "", "tool", ""]
    assert early[2].count is None
    assert early[3].text == ""
    assert "def add" not in early[1].html

    go.set()
    done = page.until_idle()
    assert [cell.key for cell in done] == ["", "", "tool", "decision", ""]
    assert done[3].text == "adding\n1"
    assert done[3].trusted
    assert {cell.count for cell in done[1:4]} == {2}
    assert done[4].text == "1"
    record = page.panel.locator(".jp-Cell").nth(1).inner_text()
    assert "Solved at the first attempt" in record
    assert "def add" not in record


def test_a_rectification_rewrites_the_cells_in_place(model: ModelServer, open_notebook: Open) -> None:
    go = reply_in_turn(model, BROKEN, DECISION, Held(TOOL))
    page = open_notebook([LOAD, ADD])
    page.run_all()
    failed = page.until(lambda cells: any("row_list" in cell.text for cell in cells))
    assert [cell.key for cell in failed] == ["", "", "tool", "decision"]
    assert failed[2].mark["revision"] == 1
    assert failed[2].mark["asked"] == ""

    go.set()
    done = page.until_idle()
    assert [cell.id for cell in done] == [cell.id for cell in failed]
    assert "row_list" not in done[2].source
    assert done[2].mark["revision"] == 2
    assert done[3].text == "adding\n1"
    assert done[3].mark["asked"] != ""


def test_outputs_come_while_the_code_runs(model: ModelServer, open_notebook: Open, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    loop = (
        "import pathlib, time\nfor n in range(3):\n    print(n)\n"
        f"    while n == 1 and not pathlib.Path({str(seen)!r}).exists():\n        time.sleep(0.05)"
    )
    model.reply_with(TOOL, f"```python decision\n{loop}\nadd(rows, 1)\n```")
    page = open_notebook([LOAD, ADD])
    page.run_all()
    half_way = page.until(lambda cells: any(cell.text == "0\n1\n" for cell in cells))
    assert half_way[1].count is None
    seen.touch()
    assert page.until_idle()[3].text == "0\n1\n2\n1"


def test_an_interrupt_leaves_what_stands_and_the_next_run_asks_anew(
    model: ModelServer, open_notebook: Open
) -> None:
    asked = len(model.calls)
    go = reply_in_turn(model, TOOL, Held(DECISION))
    page = open_notebook([LOAD, ADD])
    page.run_all()
    page.until(lambda cells: len(cells) == 3 and len(model.calls) == asked + 2)
    page.command("notebook:interrupt-kernel")
    assert [cell.key for cell in page.until_idle()] == ["", "", "tool"]
    assert len(model.calls) == asked + 2
    go.set()

    model.reply_with(OTHER_TOOL, OTHER_DECISION)
    page.run("cell-1")
    done = page.until(lambda cells: len(cells) == 4 and bool(cells[3].text))
    assert "another" in done[2].source
    assert len(model.calls) == asked + 4


def test_undo_does_not_touch_what_the_kernel_did(model: ModelServer, open_notebook: Open) -> None:
    page = open_notebook([LOAD, ADD, "1 + 1"])
    model.reply_with(TOOL, DECISION)
    page.run_all()
    page.until_idle()
    # Without its problem's decision, the next solve drops that cell.
    page.write("cell-1", "%%create\nAdd a row.")
    model.reply_with(OTHER_TOOL)
    page.run("cell-1")
    page.until(lambda cells: len(cells) == 4)
    page.until_idle()
    page.select("cell-2")
    for _ in range(5):
        page.page.keyboard.press("z")
    assert [cell.key for cell in page.cells()] == ["", "", "tool", ""]
    assert "another" in page.cell("tool").source
    # What the person removes, they can bring back.
    page.select(page.cell("tool").id)
    page.command("notebook:delete-cell")
    page.until(lambda cells: len(cells) == 3)
    page.page.keyboard.press("z")
    page.until(lambda cells: [cell.key for cell in cells] == ["", "", "tool", ""])
