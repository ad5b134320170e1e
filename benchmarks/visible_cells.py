"""How soon a generated cell is to be seen, from the moment its code is complete.

    python -m benchmarks.visible_cells [TIMES]

prints, over twenty solves in a newest JupyterLab in Chromium, the time from the last byte of the model's
code to the tool cell that is drawn with it, and from the last byte of a rectification to the cell that is
drawn with that; each as a median, with the quickest and the slowest. The limit is for the medians.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from tests.browser.front_ends import chromium
from tests.browser.jupyter_server import JupyterServer
from tests.browser.lab import CHROMIUM_OPTIONS, NotebookPage
from tests.browser.replies import ADD, BROKEN, DECISION, LOAD, TOOL
from tests.conftest import environment
from tests.model_server import ModelServer

MEDIAN = 0.3

# The page's clock and the server's are the same: both are this machine's.
_WATCH = """() => {
    window.drawn = {};
    const look = () => {
        const editors = window.panelOfTheTest().node.querySelectorAll('.jp-CodeCell .cm-content');
        const text = [...editors].map(editor => editor.innerText).join();
        for (const [_, what] of text.matchAll(/'''(Version \\d+ (?:failing|mended))/g))
            window.drawn[what] ??= Date.now();
        requestAnimationFrame(look);
    };
    look();
}"""


def delays(page: NotebookPage, model: ModelServer, times: int) -> dict[str, list[float]]:
    """Solve so often, and return the seconds that passed until each cell was drawn.

    Parameters
    ----------
    page : NotebookPage
        A notebook whose first cell loads the extension, and whose second is the magic.
    model : ModelServer
        What it asks.
    times : int
        How many solves; each is rectified once.

    Returns
    -------
    dict of str to list of float
        Under `code complete to visible cell` and `rectification to changed cell`.
    """
    texts = {
        f"Version {number} {how}": text.replace("Add a row.", f"Version {number} {how}")
        for number in range(times)
        for how, text in (("failing", BROKEN), ("calling", DECISION), ("mended", TOOL))
    }
    left = iter(texts.values())
    drawn = threading.Event()

    def reply(_: dict[str, Any]) -> str:
        text = next(left)
        if text.startswith("```python tool"):
            drawn.wait(60)  # for the version before, so that each is drawn at all
            drawn.clear()
        return text

    page.run("cell-0")
    page.until_idle()
    page.page.evaluate(_WATCH)
    model.reply_by(reply)
    drawn.set()
    for number in range(times):
        page.write("cell-1", f"{ADD} {number}")
        page.run("cell-1")
        for how in ("failing", "mended"):
            page.page.wait_for_function("what => what in window.drawn", arg=f"Version {number} {how}")
            drawn.set()
        page.until_idle()
    seen: dict[str, int] = page.page.evaluate("() => window.drawn")
    return {
        title: [seen[what] / 1000 - model.said_at[text] for what, text in texts.items() if what.endswith(how)]
        for how, title in (
            ("failing", "code complete to visible cell"),
            ("mended", "rectification to changed cell"),
        )
    }


def told(title: str, seconds: list[float]) -> str:
    """Return a line about the delays of one kind."""
    median = statistics.median(seconds)
    return f"{title}: median {median:.3f} s, {min(seconds):.3f} to {max(seconds):.3f} s, of {len(seconds)}"


def main(times: int) -> int:
    """Measure, print, and return 1 if a limit was missed."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, ModelServer() as model, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        with JupyterServer(Path(folder), environment(model)) as server:
            server.write("speed.ipynb", [LOAD, ADD])
            page = NotebookPage.in_new_tab(browser.new_context(), server)
            page.open("speed.ipynb")
            measured = delays(page, model, times)
            page.end()
        browser.close()
    for title, seconds in measured.items():
        print(told(title, seconds))
    missed = any(statistics.median(seconds) >= MEDIAN for seconds in measured.values())
    print("over the limit" if missed else "within the limit")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
