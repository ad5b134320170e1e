"""The page of a benchmark's report in a browser: read without scripts, opened row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from creator_magic.bench.report import read_report
from creator_magic.bench.trace import Trace, TracedAttempt, TracedCall
from tests.bench.results import row, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.browser

HOSTILE = "<script>document.title='taken'</script><img src='http://127.0.0.1:9/x' onerror=alert(1)>"


def test_a_page_is_read_and_opened(context: BrowserContext, tmp_path: Path) -> None:
    failed = row("p9", "failed", answer=HOSTILE)
    call = TracedCall("creation", 1, (("system", HOSTILE), ("user", HOSTILE)), HOSTILE)
    attempt = TracedAttempt((("tool", HOSTILE),), HOSTILE, f"ZeroDivisionError: {HOSTILE}", HOSTILE)
    trace = Trace("p9", "shop", "creator", 1, HOSTILE, (call,), (attempt,))
    results = write(tmp_path / "r.jsonl", [*rows("rrwr"), failed, *rows("wwrr", method="pot")], [trace])
    path, *_ = read_report(results).write(tmp_path / "out")
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.emulate_media(color_scheme="dark")
    page.goto(path.as_uri())
    assert page.title() == "Bench report: shop"
    ink = page.locator("svg text").first.evaluate("e => getComputedStyle(e).fill")
    assert ink == page.locator("body").evaluate("e => getComputedStyle(e).color") == "rgb(255, 255, 255)"
    traceback = page.get_by_text("ZeroDivisionError")
    assert not traceback.is_visible()
    page.get_by_text("p9 · failed").click()
    assert traceback.is_visible()
    assert HOSTILE in (traceback.text_content() or "")
    wide = "() => document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(wide)
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate(wide), "a narrow page scrolls its tables, not itself"
    assert asked == [path.as_uri()]
    assert said == []
    page.close()
