"""How long it takes from complete code to a cell that is drawn, measured in the browser.

Run with `pytest -n0 -s tests/browser/test_speed.py` to see the numbers.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.replies import ADD, BROKEN, DECISION, LOAD, TOOL
from tests.model_server import ScriptedReply

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SOLVES = 10
PAUSE = 0.1
MOST = 0.3

WATCH = """() => {
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


def version(reply: str, what: str) -> str:
    return reply.replace("Add a row.", what)


def test_cells_are_drawn_soon_after_their_code_is_complete(
    model: ModelServer, open_notebook: Callable[..., NotebookPage]
) -> None:
    replied: dict[str, float] = {}
    turns = [
        (f"Version {n} {how}", stage)
        for n in range(SOLVES)
        for how, stage in (("failing", BROKEN), ("", DECISION), ("mended", TOOL))
    ]
    left = iter(turns)

    def reply(_: dict[str, Any]) -> ScriptedReply:
        what, text = next(left)
        # A moment apart, so that each version is drawn at all.
        replied[what] = time.time() + PAUSE
        return ScriptedReply(version(text, what), wait=PAUSE)

    page = open_notebook([LOAD, ADD])
    page.run("cell-0")
    page.page.evaluate(WATCH)
    model.reply_by(reply)
    try:
        for n in range(SOLVES):
            page.write("cell-1", f"{ADD} {n}")
            page.run("cell-1")
            mended = f"Version {n} mended"
            while all(mended not in cell.source for cell in page.cells()):
                page.page.wait_for_timeout(50)
            page.until_idle()
    finally:
        model._function = None
    drawn = page.page.evaluate("() => window.drawn")
    for how, what in (
        ("failing", "code complete to visible cell"),
        ("mended", "rectification to changed cell"),
    ):
        times = [drawn[f"Version {n} {how}"] / 1000 - replied[f"Version {n} {how}"] for n in range(SOLVES)]
        median = statistics.median(times)
        print(f"{what}: median {median:.3f} s, {min(times):.3f} to {max(times):.3f} s, {SOLVES} solves")  # noqa: T201
        assert median < MOST
