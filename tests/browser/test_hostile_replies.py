"""Whatever a model writes, the page stays as it is: it is text, in the notebook and in its export."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from creator_magic.html import write_html
from tests.browser.front_ends import on_any_front_end
from tests.browser.replies import ADD, DECISION, LOAD, TOOL
from tests.model_server import ScriptedReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Dialog, Page, Request

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.lab import NotebookPage
    from tests.model_server import ModelServer

    Open = Callable[..., NotebookPage]

pytestmark = [pytest.mark.browser, on_any_front_end]

SAID = "said by the model"
HOSTILE = (
    f"{SAID} <script>window.hurt=1</script><img src=/hurt.png onerror='window.hurt=1'>"
    "<svg onload='window.hurt=1'></svg><iframe srcdoc='<script>parent.hurt=1</script>'></iframe>"
    "<style>body{display:none}</style><base href=/hurt/><form action=/hurt><input autofocus></form>"
    "<a href='javascript:window.hurt=1'>a</a> </pre></code></dd></dl></details></style></div></body> "
    "&lt;script&gt;window.hurt=1&lt;/script&gt; &#60;img src=/hurt.png&#62; "
    "$$\\frac{1}{2}$$ \\(x^2\\) \\[y\\] \\begin{equation}z\\end{equation} "
    "\x1b[31mred\x1b[0m \x1b]0;hurt\x07 \x1b]8;;javascript:window.hurt=1\x1b\\link\x1b]8;;\x1b\\ "
    "\x1b[2J\x1b[H\x9b1A "
    "\u202eright to left\u202c \u2066isolated\u2069 \u200bzero\u200dwidth\ufeff "
    "**bold** `code` [a](javascript:window.hurt=1) ![i](/hurt.png) {x} {{7*7}} {% raw %} %s"
)
LITERAL = repr(HOSTILE)
COMMENT = HOSTILE.replace("\x1b", "")
# A line that begins as a heading, a list or a table of Markdown does.
PROSE = f"# {HOSTILE}\n- {HOSTILE}\n| {HOSTILE} |\n\n"

HOSTILE_TOOL = f"""{PROSE}```python tool
# {COMMENT}
def add(rows, row):
    {LITERAL}
    print({LITERAL})
    rows.append(row)
    return {LITERAL}
```
{PROSE}"""
FAILING_TOOL = HOSTILE_TOOL.replace("rows.append(row)", f"raise ValueError({LITERAL})")
HOSTILE_DECISION = f"""{PROSE}```python decision
import sys  # {COMMENT}
print({LITERAL}, file=sys.stderr)
add(rows, {LITERAL})
```
{PROSE}"""

PROBLEM = f"{ADD}\n{PROSE}"

# The elements of outputs as JupyterLab and the record make them. In printed text, JupyterLab makes an
# anchor without an address of what looks like a path.
PLAIN = {"DIV", "SPAN", "PRE", "CODE", "STRONG", "DETAILS", "SUMMARY", "DL", "DT", "DD", "OL", "LI"}
ELEMENTS = """outputs => [...document.querySelectorAll(outputs + ' *')]
    .filter(e => !e.matches('.jp-RenderedText a:not([href])'))
    .map(e => e.tagName === 'STYLE' ? e.textContent : e.tagName)"""

# Every element outside of the magic cell and of the two below it, by its place in the page. (Icons and
# styles come and go with what the mouse and the kernel do; bars tell of files, kernels and times.)
OUTSIDE = """() => {
    const NO_MATTER = 'style, svg, .jp-SideBar, .lm-StackedPanel, .lm-mod-hidden,'
        + '.jp-Notebook-ExecutionIndicator';
    const solve = [...window.panelOfTheTest().node.querySelectorAll('.jp-Cell')].slice(1, 4);
    const places = [];
    const walk = (node, depth) => {
        if (solve.includes(node) || node.matches(NO_MATTER)) return;
        places.push(`${depth} ${node.tagName}`);
        [...node.children].forEach(child => walk(child, depth + 1));
    };
    walk(document.documentElement, 0);
    return [document.title, location.href, ...places];
}"""


def outside(page: Page) -> list[str]:
    """The page without the solve, once it has come to rest: toolbars are drawn in their own time."""
    last: list[str] = []
    while (now := page.evaluate(OUTSIDE)) != last:
        last = now
        page.wait_for_timeout(500)
    return last


class Watch:
    """What happened to a page that should not have."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.happened: list[str] = []
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    def _dialog(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload":
            self.happened.append(f"asked {dialog.message}")
        dialog.accept()

    def _request(self, request: Request) -> None:
        # (JupyterLab asks its server whether what looks like a path in printed text is a file.)
        if "hurt" in urlsplit(request.url).path:
            self.happened.append(f"fetched {request.url}")

    def check(self, outputs: str) -> None:
        """Assert that nothing happened, and that the outputs hold nothing but text."""
        for summary in self.page.locator(f"{outputs} summary").all():
            if summary.is_visible() and not summary.evaluate("summary => summary.parentElement.open"):
                summary.click()
        assert self.happened == []
        assert self.page.evaluate("() => window.hurt") is None
        assert self.page.locator("mjx-container, [onerror], [onload]").count() == 0
        found = set(self.page.evaluate(ELEMENTS, outputs))
        assert {
            text for text in found - PLAIN if not text.startswith("@media print{.creator-attempt")
        } == set()

    def close(self) -> None:
        self.page.remove_listener("dialog", self._dialog)
        self.page.remove_listener("request", self._request)


def hostile(text: str) -> ScriptedReply:
    return ScriptedReply(text, model=HOSTILE)


@pytest.fixture
def page(model: ModelServer, open_notebook: Open) -> Iterator[tuple[NotebookPage, Watch]]:
    """A notebook that was solved with plain replies, and is watched from then on."""
    model.reply_with(TOOL, DECISION)
    opened = open_notebook([LOAD, ADD])
    opened.run_all()
    opened.until_idle()
    watch = Watch(opened.page)
    yield opened, watch
    watch.close()


def outputs_of(page: NotebookPage) -> str:
    return f".jp-NotebookPanel[id='{page.panel.get_attribute('id')}'] .jp-OutputArea-output"


def check_export(page: NotebookPage, server: JupyterServer, source: str) -> None:
    """Save the notebook, and look at it as one HTML file."""
    page.save()
    file = write_html(server.notebooks / page.name)
    exported = page.page.context.new_page()
    try:
        watch = Watch(exported)
        exported.goto(file.as_uri())
        assert source in exported.locator("body").inner_text()
        watch.check(".jp-OutputArea-output")
    finally:
        exported.close()


def test_of_a_solved_problem(
    model: ModelServer, lab: JupyterServer, page: tuple[NotebookPage, Watch]
) -> None:
    notebook, watch = page
    before = outside(notebook.page)
    model.reply_with(hostile(FAILING_TOOL), hostile(HOSTILE_DECISION), hostile(HOSTILE_TOOL))
    notebook.write("cell-1", PROBLEM)
    notebook.run("cell-1")
    solved = notebook.until_idle()
    assert [cell.key for cell in solved] == ["", "", "tool", "decision"]
    assert "Solved in 2 attempts" in solved[1].html
    assert solved[3].text.count(SAID) == 3
    assert solved[1].html.count(SAID) > 10
    watch.check(outputs_of(notebook))
    assert outside(notebook.page) == before
    check_export(notebook, lab, SAID)


def test_of_a_problem_that_is_not_solved(
    model: ModelServer, lab: JupyterServer, page: tuple[NotebookPage, Watch]
) -> None:
    notebook, watch = page
    before = outside(notebook.page)
    # Code that raises, no code at all, code that raises again; then a request that is refused.
    broken = HOSTILE_DECISION.replace("add(rows", "add(lost")
    model.reply_with(hostile(FAILING_TOOL), hostile(HOSTILE_DECISION), hostile(PROSE), hostile(broken))
    notebook.write("cell-1", PROBLEM)
    notebook.run("cell-1")
    failed = notebook.until_idle()
    assert "Not solved in 3 attempts" in failed[1].html
    assert failed[1].html.count(SAID) > 10
    watch.check(outputs_of(notebook))

    model.forget()
    model.fault(0, f"bad-parameter:messages:{HOSTILE}")
    notebook.write("cell-1", f"{PROBLEM} Another one.")
    notebook.run("cell-1")
    assert SAID in notebook.until_idle()[1].text
    watch.check(outputs_of(notebook))
    assert outside(notebook.page) == before
    check_export(notebook, lab, SAID)
