"""How responsive a notebook of many generated cells is in JupyterLab, with the extension and without it.

The same notebook is open in three tabs, each of a server of its own. Two have the extension disabled:
what these two differ by, of two processes that do the same, says how much a difference of the third means.
Each action is made in all of them, in turn, and in another order each time.
"""

from __future__ import annotations

import json
import random
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from benchmarks.overhead import problems
from benchmarks.overhead.figures import Figure, ratio
from creator_magic.cells.generated import CellMark, source_sha
from tests.browser.front_ends import chromium
from tests.browser.jupyter_server import JupyterServer
from tests.browser.lab import CHROMIUM_OPTIONS, NotebookPage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, CDPSession

    from creator_magic.cells.generated import CellRole

_FRAME = "await new Promise(done => requestAnimationFrame(() => setTimeout(done)));"

# In the middle of the notebook, so that what looks at all cells has many on both sides.
_GO = """at => { const n = window.panelOfTheTest().content;
    n.activeCellIndex = at; n.mode = 'command'; return n.scrollToItem(at, 'center'); }"""

# JupyterLab draws cells far from the view in its own time, and that is not what is measured.
_SETTLED = """async () => {
    const drawn = () => document.querySelectorAll('.jp-Cell .cm-editor').length;
    for (let before = -1; before !== drawn();) {
        before = drawn();
        await new Promise(done => setTimeout(done, 3000));
    } }"""

_ACTIONS = {
    "insert a cell": "await window.jupyterapp.commands.execute('notebook:insert-cell-below');",
    "scroll by a screen": """
        const box = window.panelOfTheTest().node.querySelector('.jp-WindowedPanel-outer');
        box.scrollTop += box.clientHeight;""",
    "type a character": """
        const cell = window.panelOfTheTest().content.activeCell;
        cell.editor.replaceSelection('x');""",
}


class Tab:
    """A tab with the notebook in it."""

    def __init__(self, page: NotebookPage, protocol: CDPSession, cells: int) -> None:
        self._page = page
        self._protocol = protocol
        protocol.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._page.page.evaluate(_GO, cells // 2)
        self._page.page.evaluate(_SETTLED)

    def act(self, action: str) -> tuple[float, float]:
        """Do something; return the seconds until it was drawn, and processor time of the page's thread."""
        self._page.page.bring_to_front()
        self._page.page.evaluate(f"async () => {{ {_FRAME} {_FRAME} }}")
        busy = self._busy()
        wall: float = self._page.page.evaluate(
            f"async () => {{ const began = performance.now(); {_ACTIONS[action]} {_FRAME}"
            " return performance.now() - began; }"
        )
        return wall / 1000, self._busy() - busy

    def _busy(self) -> float:
        metrics = self._protocol.send("Performance.getMetrics")["metrics"]
        return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


def write_notebook(path: Path, generated: int) -> int:
    """Write a notebook with so many generated cells under their magic cells; return how many there are."""
    cells = []
    for number in range(generated // 2):
        magic = nbformat.v4.new_code_cell(f"%%solve\n{problems.problem(number)}", id=f"cell-{number}")
        cells.append(magic)
        parts: tuple[tuple[CellRole, str], ...] = (
            ("tool", problems.tool(number)),
            ("decision", problems.decision(number)),
        )
        for role, source in parts:
            mark = CellMark(role, role, magic.id, f"{number:08x}", 1, source_sha(source), "")
            cells.append(
                nbformat.v4.new_code_cell(source, id=f"{role}-{number}", metadata=mark.to_metadata())
            )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return len(cells)


@contextmanager
def _tab(browser: Browser, generated: int, *, extension: bool) -> Iterator[Tab]:
    with tempfile.TemporaryDirectory() as folder:
        server = JupyterServer(Path(folder), {})
        if not extension:
            settings = Path(folder, "JUPYTER_CONFIG_DIR", "labconfig")
            settings.mkdir()
            off = {"disabledExtensions": {"creator-magic": True}}
            (settings / "page_config.json").write_text(json.dumps(off), "utf-8")
        with server:
            cells = write_notebook(server.notebooks / "many.ipynb", generated)
            context = browser.new_context()
            page = NotebookPage.in_new_tab(context, server)
            page.open("many.ipynb")
            page.until_idle()
            has_it = page.page.evaluate("() => window.jupyterapp.hasPlugin('creator-magic:plugin')")
            assert has_it == extension, "the extension is in the wrong tab"
            yield Tab(page, context.new_cdp_session(page.page), cells)
            page.end()


def browsing(generated: int, rounds: int) -> list[Figure]:
    """Insert, scroll and type in a notebook of so many generated cells, in turn with and without us."""
    from playwright.sync_api import sync_playwright

    figures = []
    order = random.Random(1)
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        stack.callback(browser.close)
        with_us, without, control = (
            stack.enter_context(_tab(browser, generated, extension=each)) for each in (True, False, False)
        )
        for action in _ACTIONS:
            took = [_in_turn([with_us, without, control], action, order) for _ in range(rounds)][2:]
            for place, clock in enumerate(("until it is drawn", "the page's thread")):
                ours, theirs, again = (
                    [each[tab][place] for each in took] for tab in (with_us, without, control)
                )
                what = f"{action} among {generated:,} generated cells, {clock}"
                figures.append(ratio(f"{what}, against no extension", ours, theirs))
                figures.append(ratio(f"{what}, no extension against itself", again, theirs))
    return figures


def _in_turn(tabs: list[Tab], action: str, order: random.Random) -> dict[Tab, tuple[float, float]]:
    # The one that comes next pays for what the one before leaves to be done.
    return {tab: tab.act(action) for tab in order.sample(tabs, len(tabs))}
