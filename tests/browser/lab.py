"""JupyterLab as a person has it: a real server on loopback, a real browser, a notebook in it.

with JupyterServer(folder, env) as server:
    page = NotebookPage.open(context, server, "a.ipynb", ["%load_ext creator_magic", "%%solve ..."])
    page.run_all()
    page.until(lambda cells: len(cells) == 4)
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Locator, Page

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_PATIENCE = 30.0
_KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}

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


def chromium() -> str | None:
    """The system's Chromium, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


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


def _new_cell(cell_id: str, source: str) -> dict[str, Any]:
    empty: dict[str, Any] = {"metadata": {}, "outputs": [], "execution_count": None}
    return {"id": cell_id, "cell_type": "code", "source": source, **empty}


class JupyterServer:
    """A JupyterLab server whose settings, data and kernels are its own."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.url = ""
        self._log = folder / "server.log"
        self._runtime = folder / "JUPYTER_RUNTIME_DIR"
        ours = ("OPENAI_", "CREATOR_", "JUPYTER")
        self._env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR")
        for name in (*places, "IPYTHONDIR"):
            (folder / name).mkdir()
            self._env[name] = str(folder / name)
        # No question about news, which would lie over the page.
        settings = folder / "JUPYTERLAB_SETTINGS_DIR" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}', "utf-8")
        self._env.update(env)
        self.notebooks = folder / "notebooks"
        self.notebooks.mkdir()

    def __enter__(self) -> Self:
        options = [
            "--no-browser",
            "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            "--ServerApp.port=0",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.allow_root=True",
            "--IdentityProvider.token=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            f"--ServerApp.root_dir={self.notebooks}",
        ]
        command = [sys.executable, "-m", "jupyterlab", *options]
        with self._log.open("w") as log:
            self._server = subprocess.Popen(command, env=self._env, stdout=log, stderr=log)
        began = time.monotonic()
        while time.monotonic() - began < 2 * _PATIENCE and self._server.poll() is None:
            for file in self._runtime.glob("jpserver-*.json"):
                with contextlib.suppress(ValueError, OSError):
                    self.url = json.loads(file.read_text("utf-8"))["url"]
                    urllib.request.urlopen(f"{self.url}api", timeout=5).close()  # noqa: S310 - loopback
                    return self
            time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self._log.read_text('utf-8')}")

    def write(self, name: str, sources: Sequence[str]) -> None:
        """Write a notebook with a code cell for each of `sources`, named `cell-0` and so on."""
        cells = [_new_cell(f"cell-{number}", source) for number, source in enumerate(sources)]
        metadata = {"kernelspec": _KERNELSPEC}
        content = {"nbformat": 4, "nbformat_minor": 5, "cells": cells, "metadata": metadata}
        (self.notebooks / name).write_text(json.dumps(content), "utf-8")

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait(_PATIENCE)


_workspaces = itertools.count(1)


class NotebookPage:
    """A notebook that is open in a browser tab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.name = ""

    @classmethod
    def in_new_tab(cls, context: BrowserContext, server: JupyterServer) -> NotebookPage:
        """Open JupyterLab, without a notebook, in a tab that shares nothing with another."""
        page = context.new_page()
        page.add_init_script(_FIND_PANEL)
        page.goto(f"{server.url}lab/workspaces/w{next(_workspaces)}?reset")
        page.wait_for_selector("#jp-main-dock-panel .jp-Launcher")
        return cls(page)

    @classmethod
    def in_notebook7(cls, context: BrowserContext, server: JupyterServer, name: str) -> NotebookPage:
        """Open a notebook in Jupyter Notebook, whose every tab is one notebook."""
        page = context.new_page()
        page.add_init_script(_FIND_PANEL)
        page.goto(f"{server.url}notebooks/{name}")
        opened = cls(page)
        opened.name = name
        opened.wait_until_ready()
        return opened

    def open(self, name: str) -> None:
        """Open a notebook file."""
        self.name = name
        self.command("docmanager:open", path=name, factory="Notebook")
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait for the cells, and for a line to the kernel; a busy kernel says nothing yet."""
        self.page.wait_for_function(
            "name => { const panel = window.jupyterapp && window.panelOfTheTest();"
            " return panel?.context.path === name && panel.context.isReady && panel.isVisible"
            " && panel.sessionContext.session?.kernel?.connectionStatus === 'connected' }",
            arg=self.name,
        )

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

    def until(self, holds: Callable[[list[SeenCell]], bool], timeout: float = _PATIENCE) -> list[SeenCell]:
        """Wait until `holds` of the cells; return them."""
        began = time.monotonic()
        while not holds(cells := self.cells()):
            assert time.monotonic() - began < timeout, [(cell.key, cell.source, cell.text) for cell in cells]
            self.page.wait_for_timeout(20)
        return cells

    def until_idle(self) -> list[SeenCell]:
        """Wait until no cell is queued or running; return the cells."""
        self.page.wait_for_timeout(100)
        self.page.wait_for_function(
            "() => { const panel = window.panelOfTheTest();"
            " return panel.sessionContext.session?.kernel?.status === 'idle' && "
            "![...panel.node.querySelectorAll('.jp-InputPrompt')].some(p => p.textContent.includes('*')) }"
        )
        self.page.wait_for_timeout(100)
        return self.cells()

    def command(self, name: str, **arguments: Any) -> None:
        """Run a command of JupyterLab, as its menus do, and do not wait for its end."""
        self.page.evaluate(
            "([name, args]) => { window.jupyterapp.commands.execute(name, args).catch(() => 0); }",
            [name, arguments],
        )

    def run_all(self) -> None:
        """Run > Run All Cells."""
        self.command("notebook:run-all-cells")

    def select(self, cell_id: str) -> None:
        """Make a cell the active one, in command mode."""
        index = [cell.id for cell in self.cells()].index(cell_id)
        self.page.evaluate(
            "index => { const n = window.panelOfTheTest().content;"
            " n.activeCellIndex = index; n.deselectAll(); n.mode = 'command'; n.activate(); }",
            index,
        )

    def run(self, cell_id: str) -> None:
        """Run one cell."""
        self.select(cell_id)
        self.command("notebook:run-cell")

    def write(self, cell_id: str, source: str) -> None:
        """Type over the text of a cell."""
        self.select(cell_id)
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Escape")

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
