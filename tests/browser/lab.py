"""A notebook as a person has it before them: in a real browser, in JupyterLab or in Notebook 7.

with JupyterServer(folder, env) as server:
    server.write("a.ipynb", ["%load_ext creator_magic", "%%solve ..."])
    page = NotebookPage.in_new_tab(context, server)
    page.open("a.ipynb")
    page.run_all()
    page.until(lambda cells: len(cells) == 4)
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.browser.front_ends import LAB

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Locator, Page

    from tests.browser.front_ends import FrontEnd
    from tests.browser.jupyter_server import JupyterServer

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PATIENCE = 90.0
"""Seconds that what a test waits for may take: other tests may need the processors meanwhile."""

_FIND_PANEL = """
window.panelOfTheTest = () => {
    const shell = window.jupyterapp.shell;
    const isNotebook = widget => widget?.content?.widgets && widget.sessionContext;
    return [shell.currentWidget, ...shell.widgets('main')].find(isNotebook);
};
"""
_READ_CELLS = """() => [...window.panelOfTheTest().content.model.cells].map(cell => ({
    id: cell.id,
    source: cell.sharedModel.getSource(),
    metadata: cell.sharedModel.getMetadata(),
    count: cell.type === 'code' ? cell.executionCount : null,
    outputs: cell.type === 'code' ? cell.outputs.toJSON() : [],
    trusted: cell.trusted,
}))"""

_READ_STATE = """() => {
    const panel = window.jupyterapp && window.panelOfTheTest();
    const kernel = panel?.sessionContext.session?.kernel;
    return {
        path: panel?.context.path,
        ready: panel?.context.isReady,
        visible: panel?.isVisible,
        session: panel?.sessionContext.session?.id,
        kernel: kernel && [kernel.id, kernel.status, kernel.connectionStatus],
        open: window.jupyterapp && [...window.jupyterapp.shell.widgets('main')].map(w => w.context?.path),
        page: [document.visibilityState, document.hasFocus()],
        dialogs: [...document.querySelectorAll('.jp-Dialog')].map(dialog => dialog.innerText),
    };
}"""

_TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

# The page's own question went out before these. What the kernel says to it comes before its answers.
_ASK_LAST = """async () => {
    const kernel = window.panelOfTheTest().sessionContext.session.kernel;
    const header = {msg_id: crypto.randomUUID(), msg_type: 'comm_info_request', session: kernel.clientId,
        username: kernel.username, version: '5.3', date: new Date().toISOString()};
    const message = {channel: 'control', header, parent_header: {}, metadata: {}, content: {}, buffers: []};
    await kernel.sendControlMessage(message, true, true).done;
    await kernel.requestExecute({code: '', silent: true}).done;
}"""


@dataclass(frozen=True)
class SeenCell:
    """A cell as the page has it."""

    id: str
    source: str
    metadata: dict[str, Any]
    count: int | None
    outputs: list[dict[str, Any]]
    trusted: bool

    @property
    def mark(self) -> dict[str, Any]:
        """Our mark; empty for a cell of the person's."""
        return dict(self.metadata.get("creator_magic") or {})

    @property
    def key(self) -> str:
        """The slot; empty for a cell of the person's."""
        return str(self.mark.get("key", ""))

    @property
    def text(self) -> str:
        """What it printed, its result, and its error."""
        parts = []
        for output in self.outputs:
            said = output.get("text") or output.get("data", {}).get("text/plain") or output.get("evalue", "")
            parts.append("".join(said))
        return "".join(parts)

    @property
    def html(self) -> str:
        """What it shows as HTML, such as a record."""
        return "".join("".join(output.get("data", {}).get("text/html", "")) for output in self.outputs)


_workspaces = itertools.count(1)


class NotebookPage:
    """A tab of the browser, and the notebook that is open in it."""

    def __init__(self, page: Page, server: JupyterServer, front_end: FrontEnd) -> None:
        self.page = page
        self.name = ""
        self.front_end = front_end
        self._server = server

    @classmethod
    def in_new_tab(
        cls, context: BrowserContext, server: JupyterServer, front_end: FrontEnd = LAB
    ) -> NotebookPage:
        """Open a tab that shares nothing with another, without a notebook as yet."""
        page = context.new_page()
        page.add_init_script(_FIND_PANEL)
        if front_end.is_lab:
            page.goto(f"{server.url}lab/workspaces/w{next(_workspaces)}?reset")
            page.wait_for_selector("#jp-main-dock-panel .jp-Launcher")
        return cls(page, server, front_end)

    def open(self, name: str) -> None:
        """Open a notebook file, beside others in JupyterLab, in the place of another in Notebook 7."""
        self.name = name
        # A tab behind another is given a frame a second.
        self.page.bring_to_front()
        if self.front_end.is_lab:
            self.command("docmanager:open", path=name, factory="Notebook")
        else:
            self.page.goto(f"{self._server.url}notebooks/{name}")
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait for the cells, and for a line to the kernel; a busy kernel says nothing yet."""
        from playwright.sync_api import TimeoutError as TookTooLongError

        try:
            self.page.wait_for_function(
                "name => { const panel = window.jupyterapp && window.panelOfTheTest();"
                " return panel?.context.path === name && panel.context.isReady && panel.isVisible"
                " && panel.sessionContext.session?.kernel?.connectionStatus === 'connected' }",
                arg=self.name,
            )
        except TookTooLongError as error:
            raise AssertionError(f"{self.name} is not ready: {self.page.evaluate(_READ_STATE)}") from error

    def wait_until_told(self) -> None:
        """Wait until the kernel, when it is idle, has told this page all that it may have missed."""
        self.page.evaluate(_ASK_LAST)

    def reload(self) -> None:
        """What F5 does."""
        self.page.reload()
        self.wait_until_ready()

    def cells(self) -> list[SeenCell]:
        """The cells, as the page has them now."""
        return [SeenCell(**cell) for cell in self.page.evaluate(_READ_CELLS)]

    def cell(self, key: str) -> SeenCell:
        """The first generated cell in the slot `key`."""
        return next(cell for cell in self.cells() if cell.key == key)

    @property
    def keys(self) -> list[str]:
        """The slots of all cells, in order; empty for the person's."""
        return [cell.key for cell in self.cells()]

    def until(self, holds: Callable[[list[SeenCell]], bool], timeout: float = PATIENCE) -> list[SeenCell]:
        """Wait until `holds` of the cells; return them."""
        began = time.monotonic()
        while not holds(cells := self.cells()):
            took = time.monotonic() - began
            assert took < timeout, [(cell.key, cell.source, cell.text) for cell in cells]
            # To look takes a good part of a processor: what takes long is looked at more seldom.
            self.page.wait_for_timeout(min(20 + 100 * took, 250))
        return cells

    def until_idle(self) -> list[SeenCell]:
        """Wait until every command has ended, and no cell is queued or running; return the cells."""
        self.page.wait_for_function(
            "() => { const panel = window.panelOfTheTest();"
            " return !window.commandsOfTheTest && panel.sessionContext.session?.kernel?.status === 'idle' && "
            "![...panel.node.querySelectorAll('.jp-InputPrompt')].some(p => p.textContent.includes('*')) }"
        )
        # What hangs on the last reply happens in the same turn of the page's loop, or in the next.
        self.page.evaluate(_TWO_FRAMES)
        return self.cells()

    def command(self, name: str, **arguments: Any) -> None:
        """Run a command of JupyterLab, as its menus do, and do not wait for its end."""
        self.page.evaluate(
            "([name, args]) => { window.commandsOfTheTest = (window.commandsOfTheTest ?? 0) + 1;"
            " window.jupyterapp.commands.execute(name, args).catch(() => 0)"
            ".finally(() => window.commandsOfTheTest--); }",
            [name, arguments],
        )

    def run_all(self) -> None:
        """Run > Run All Cells."""
        self.command("notebook:run-all-cells")

    def select(self, cell_id: str) -> None:
        """Make a cell the active one, in command mode."""
        index = [cell.id for cell in self.cells()].index(cell_id)
        self.page.evaluate(
            "index => { const n = window.panelOfTheTest().content; document.activeElement.blur();"
            " n.activeCellIndex = index; n.deselectAll(); n.mode = 'command'; n.activate(); }",
            index,
        )

    def select_all(self, cell_ids: list[str]) -> None:
        """Select neighbouring cells."""
        self.select(cell_ids[0])
        for _ in cell_ids[1:]:
            self.page.keyboard.press("Shift+ArrowDown")

    def run(self, cell_id: str) -> None:
        """Run one cell."""
        self.select(cell_id)
        self.command("notebook:run-cell")

    def edit(self, cell_id: str) -> None:
        """Make a cell the active one, in edit mode."""
        self.select(cell_id)
        self.page.keyboard.press("Enter")
        self.page.wait_for_function(
            "() => window.panelOfTheTest().content.activeCell.editor?.hasFocus()"
            " && document.activeElement.classList.contains('cm-content')"
        )

    def write(self, cell_id: str, source: str) -> None:
        """Type over the text of a cell."""
        self.edit(cell_id)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Escape")
        assert {cell.id: cell.source for cell in self.cells()}[cell_id] == source

    def restart_and_run_all(self) -> None:
        """Kernel > Restart Kernel and Run All Cells, and yes."""
        self.command("notebook:restart-run-all")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()

    def restart(self) -> None:
        """Kernel > Restart Kernel, after its question."""
        self.page.evaluate("() => window.panelOfTheTest().sessionContext.session.kernel.restart()")

    @property
    def panel(self) -> Locator:
        """What is drawn of the notebook."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def end(self) -> None:
        """End the notebook's kernel, so that they do not pile up."""
        self.page.evaluate("async () => { await window.panelOfTheTest()?.sessionContext.shutdown(); }")

    def save(self) -> None:
        """File > Save Notebook."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
