"""The page goes away while the kernel works, or there are two of them: no cell is lost or doubled."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.browser.front_ends import on_any_front_end
from tests.browser.replies import ADD, DECISION, LOAD, TOOL, Held, reply_in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, on_any_front_end]

CELLS = ["", "", "tool", "decision"]


def test_a_reload_in_mid_run_loses_no_cell(model: ModelServer, open_notebook: Open) -> None:
    go = reply_in_turn(model, TOOL, Held(DECISION))
    page = open_notebook([LOAD, ADD], new_tab=True)
    page.run_all()
    page.until(lambda cells: len(cells) == 3)
    page.reload()
    again = page.until(lambda cells: len(cells) == 3)
    assert [cell.key for cell in again] == ["", "", "tool"]
    go.set()
    done = page.until(lambda cells: cells[-1].text == "adding\n1")
    assert [cell.key for cell in done] == CELLS


def test_after_the_solve_a_reload_changes_nothing(model: ModelServer, open_notebook: Open) -> None:
    model.reply_with(TOOL, DECISION)
    page = open_notebook([LOAD, ADD], new_tab=True)
    page.run_all()
    page.until_idle()
    decision = page.cell("decision")
    page.write(page.cell("tool").id, "# mine")
    page.select(decision.id)
    page.command("notebook:delete-cell")
    page.until(lambda cells: len(cells) == 3)
    page.save()
    page.reload()
    page.wait_until_told()
    assert [cell.source for cell in page.cells()][2:] == ["# mine"]


def test_a_tab_that_is_opened_for_a_closed_one_gets_the_cells(
    model: ModelServer, open_notebook: Open
) -> None:
    go = reply_in_turn(model, TOOL, Held(DECISION))
    first = open_notebook([LOAD, ADD], new_tab=True)
    first.run_all()
    first.until(lambda cells: len(cells) == 3)
    first.page.close()
    second = open_notebook([], name=first.name, new_tab=True)
    second.until(lambda cells: len(cells) == 3)
    go.set()
    done = second.until(lambda cells: cells[-1].text == "adding\n1")
    assert [cell.key for cell in done] == CELLS


def test_cells_that_come_to_a_new_tab_behind_its_own_run_are_no_edits(
    model: ModelServer, open_notebook: Open
) -> None:
    """The kernel waits for the old tab before it sends the new one what stands; until then that has none."""
    never = "```python decision\nprint('waiting')\nimport time\ntime.sleep(600)\n```"
    model.reply_with(TOOL, never)
    late = "import time\ntime.sleep(4 * globals().get('again', 0))\nagain = 1"
    first = open_notebook([LOAD, late, ADD], new_tab=True)
    first.run_all()
    first.until(lambda cells: len(cells) == 5 and cells[4].text == "waiting\n")
    first.page.close()
    second = open_notebook([], name=first.name, new_tab=True)
    second.command("notebook:interrupt-kernel")
    second.until_idle()
    model.reply_with(TOOL, DECISION)
    second.run_all()
    done = second.until_idle()
    assert [cell.key for cell in done] == ["", "", "", "tool", "decision"]
    assert done[4].source == "print('adding')\nadd(rows, 'row')"
    assert done[4].text == "adding\n1"


def test_a_solve_that_ended_while_no_tab_was_open_is_there_in_the_next(
    model: ModelServer, lab: JupyterServer, open_notebook: Open
) -> None:
    go = reply_in_turn(model, TOOL, Held(DECISION))
    first = open_notebook([LOAD, ADD], new_tab=True)
    first.run_all()
    first.until(lambda cells: len(cells) == 3)
    first.page.close()
    go.set()
    began = time.monotonic()
    while set(lab.kernel_states()) != {"idle"}:
        assert time.monotonic() - began < 30
    second = open_notebook([], name=first.name, new_tab=True)
    done = second.until(lambda cells: cells[-1].text == "adding\n1")
    assert [cell.key for cell in done] == CELLS
    second.save()
    second.run_all()
    assert [cell.id for cell in second.until_idle()] == [cell.id for cell in done]


def test_only_the_tab_that_ran_the_cell_places_cells(model: ModelServer, open_notebook: Open) -> None:
    first = open_notebook([LOAD, ADD], new_tab=True)
    second = open_notebook([], name=first.name, new_tab=True)
    second.wait_until_told()
    model.reply_with(TOOL, DECISION)
    first.run_all()
    done = first.until(lambda cells: len(cells) == 4)
    assert [cell.key for cell in done] == CELLS
    first.until_idle()
    assert [cell.key for cell in second.cells()] == ["", ""]

    # Once it has been saved, the other tab has the same cells, and runs them.
    asked = len(model.calls)
    first.save()
    second.reload()
    second.wait_until_told()
    second.run_all()
    again = second.until_idle()
    assert [(cell.id, cell.source) for cell in again] == [(cell.id, cell.source) for cell in done]
    assert again[3].text == "adding\n1"
    assert [cell.id for cell in first.cells()] == [cell.id for cell in done]
    assert len(model.calls) == asked
