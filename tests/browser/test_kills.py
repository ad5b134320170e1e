"""The kernel or the browser dies in mid-solve: no cell of the person's is lost, and all can be run again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.browser.front_ends import LAB, chromium, on_any_front_end
from tests.browser.jupyter_server import TAGS, Markdown
from tests.browser.lab import CHROMIUM_OPTIONS, NotebookPage
from tests.browser.replies import ADD, DECISION, LOAD, TOOL, Held, reply_in_turn
from tests.model_server import ScriptedReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.lab import SeenCell
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = pytest.mark.browser

SOURCES = [f"{LOAD}\nimport os\nos.getpid()", ADD, "rows", Markdown("*Mine.*")]
SOLVED = ["", "", "tool", "decision", "", ""]
LONG = "```python decision\nimport time\nprint('running', flush=True)\ntime.sleep(600)\nadd(rows, 1)\n```"

in_mid_solve = pytest.mark.parametrize(
    "moment", ["while-the-model-writes", "between-tool-and-decision", "while-code-runs"]
)


def bring_to(moment: str, model: ModelServer, page: NotebookPage) -> None:
    """Run all cells, and return at that moment of the solve."""
    asked = len(model.calls)
    if moment == "while-the-model-writes":
        model.reply_with(ScriptedReply(TOOL, pause=0.05, fault="hang-in-reply"))
        page.run_all()
        page.until(lambda cells: "```python" in cells[1].html)
    elif moment == "between-tool-and-decision":
        reply_in_turn(model, TOOL, Held(DECISION))
        page.run_all()
        page.until(lambda cells: cells[2].key == "tool" and len(model.calls) == asked + 2)
    else:
        model.reply_with(TOOL, LONG)
        page.run_all()
        page.until(lambda cells: any(cell.text == "running\n" for cell in cells))


def check_own(cells: list[dict[str, Any]] | list[SeenCell]) -> None:
    """Assert that every cell of the person's is as they wrote it."""
    own = [cell for cell in map(_as_dict, cells) if "creator_magic" not in cell["metadata"]]
    assert [cell["source"] for cell in own] == SOURCES
    assert all(cell["metadata"]["tags"] == TAGS for cell in own)


def _as_dict(cell: Any) -> dict[str, Any]:
    return dict(cell) if isinstance(cell, dict) else vars(cell)


def check_file(server: JupyterServer, name: str) -> None:
    """Assert that the file on disk is a notebook, and holds what the person wrote."""
    notebook = nbformat.read(server.notebooks / name, as_version=4)
    nbformat.validate(notebook)
    check_own(notebook.cells)


def check_solved_again(model: ModelServer, server: JupyterServer, page: NotebookPage) -> None:
    """Run all cells, and assert that all is as it should be, on the page and in the file."""
    model.forget()
    model.reply_with(TOOL, DECISION)
    page.run_all()
    done = page.until_idle()
    assert [cell.key for cell in done] == SOLVED
    assert [cell.text for cell in done[3:5]] == ["adding\n1", "['row']"]
    assert len(model.calls) == 2
    check_own(done)
    page.save()
    check_file(server, page.name)


@on_any_front_end
@in_mid_solve
def test_the_kernel_is_killed(
    model: ModelServer, lab: JupyterServer, open_notebook: Open, moment: str
) -> None:
    page = open_notebook(SOURCES)
    page.run("cell-0")
    kernel = int(page.until(lambda cells: cells[0].text.isdigit())[0].text)
    bring_to(moment, model, page)
    os.kill(kernel, signal.SIGKILL)
    # It "appears to have died. It will restart automatically."
    page.page.locator(".jp-Dialog .jp-mod-accept").click()
    check_own(page.cells())
    page.save()
    check_file(lab, page.name)
    check_solved_again(model, lab, page)


class OwnBrowser:
    """A Chromium of the test's own, which it may kill."""

    def __init__(self, folder: Path) -> None:
        options = [*CHROMIUM_OPTIONS, "--headless", "--remote-debugging-port=0", f"--user-data-dir={folder}"]
        self._process = subprocess.Popen(
            [str(chromium()), *options, "about:blank"],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if address := re.search(r"listening on (ws://\S+)", line):
                self.address = address.group(1)
                break

    def kill(self) -> None:
        """Kill -9, with all its processes."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()


@pytest.fixture
def dying_browser(context: BrowserContext, tmp_path: Path) -> Iterator[tuple[OwnBrowser, BrowserContext]]:
    """A browser beside the one of all tests, and what Playwright has of it."""
    own = OwnBrowser(tmp_path)
    assert context.browser is not None
    yield own, context.browser.browser_type.connect_over_cdp(own.address).new_context()
    own.kill()


@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("while-the-model-writes", "closed"),
        ("between-tool-and-decision", "killed"),
        ("while-code-runs", "killed"),
    ],
)
def test_the_browser_is_gone(
    model: ModelServer,
    lab: JupyterServer,
    dying_browser: tuple[OwnBrowser, BrowserContext],
    open_notebook: Open,
    moment: str,
    end: str,
) -> None:
    name = f"{moment}-{end}.ipynb"
    lab.write(name, SOURCES)
    own, context = dying_browser
    page = NotebookPage.in_new_tab(context, lab, LAB)
    page.open(name)
    bring_to(moment, model, page)
    if end == "closed":
        page.page.close(run_before_unload=True)
    own.kill()
    check_file(lab, name)

    again = open_notebook([], name=name)
    check_own(again.cells())
    again.command("notebook:interrupt-kernel")
    again.until_idle()
    check_solved_again(model, lab, again)
