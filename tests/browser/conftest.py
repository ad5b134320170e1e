"""One server for each environment and one browser for all; a notebook page for each test.

They end with the last test that drives a browser: what is open works on, and other tests need the processors.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.front_ends import LAB, chromium, drawn, params, python_of
from tests.browser.jupyter_server import TAGS, JupyterServer, Markdown
from tests.browser.lab import CHROMIUM_OPTIONS, PATIENCE, NotebookPage
from tests.browser.replies import ADD, DECISION, LOAD, OWN, SOLVED, TOOL
from tests.conftest import environment
from tests.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from tests.browser.front_ends import FrontEnd

_numbers = itertools.count(1)
_TABS = pytest.StashKey[list[NotebookPage]]()

SCREENSHOTS = "failed-in-browser"
"""The folder, below the one that pytest runs in, for what a failed test last saw."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a test that is for several front ends have its own."""
    mark = metafunc.definition.get_closest_marker("front_ends")
    if mark is not None:
        metafunc.parametrize("front_end", params(drawn(mark, metafunc.definition.name)), indirect=True)


@pytest.fixture(scope="package")
def model() -> Iterator[ModelServer]:
    """The model that every notebook asks; a test says what it replies."""
    with ModelServer() as running:
        yield running


@pytest.fixture
def front_end(request: pytest.FixtureRequest) -> FrontEnd:
    """The front end of the test: newest JupyterLab, unless the test is for more."""
    front_end: FrontEnd = getattr(request, "param", LAB)
    if front_end.missing:
        pytest.skip(front_end.missing)
    return front_end


@pytest.fixture(scope="package")
def servers(
    model: ModelServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[FrontEnd], JupyterServer]]:
    """The server of a front end, started when it is first asked for."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def start(python: Path | str) -> JupyterServer:
            folder = tmp_path_factory.mktemp("server")
            # The tests share a project: what one has kept would be offered to the next.
            settings = {**environment(model), "CREATOR_REUSE": "False"}
            return stack.enter_context(JupyterServer(folder, settings, python))

        yield lambda front_end: start(python_of(front_end))


@pytest.fixture
def lab(front_end: FrontEnd, servers: Callable[[FrontEnd], JupyterServer]) -> JupyterServer:
    """The server of the test's front end."""
    return servers(front_end)


@pytest.fixture(scope="package")
def context() -> Iterator[BrowserContext]:
    """Chromium, with what one person keeps in it."""
    if LAB.missing:
        pytest.skip(LAB.missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        context = browser.new_context(viewport={"width": 1200, "height": 1000})
        context.set_default_timeout(1000 * PATIENCE)
        yield context
        asyncio._set_running_loop(playwright._loop)
        browser.close()


@pytest.fixture(autouse=True)
def loop_of_playwright(context: BrowserContext) -> Iterator[None]:
    """Let Playwright's event loop count as running in browser tests only.

    It runs in this thread as long as the browser is open; other tests run loops of their own.
    """
    asyncio._set_running_loop(context._loop)
    yield
    asyncio._set_running_loop(None)


@pytest.fixture(scope="package")
def shared_tabs(
    servers: Callable[[FrontEnd], JupyterServer], context: BrowserContext
) -> Callable[[FrontEnd], NotebookPage]:
    """The tab in which any test of a front end may open its notebook: loading JupyterLab takes seconds."""
    return functools.cache(lambda front_end: NotebookPage.in_new_tab(context, servers(front_end), front_end))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a failed test last saw, and say where, and what its server said last."""
    report = yield
    if report.failed:
        lab: JupyterServer | None = getattr(item, "funcargs", {}).get("lab")
        if lab is not None:
            report.sections.append(("server", lab.said_last()))
        folder = item.config.rootpath / SCREENSHOTS
        name = re.sub(r"[^\w.-]+", "-", item.nodeid.rpartition("/")[2])
        tabs: list[NotebookPage] = item.stash.get(_TABS, [])
        for number, tab in enumerate(tabs):
            if not tab.page.is_closed():
                path = folder / f"{name}-{number}.png"
                tab.page.screenshot(path=path)
                report.sections.append(("screenshot", str(path)))
    return report


@pytest.fixture
def open_notebook(
    request: pytest.FixtureRequest,
    model: ModelServer,
    front_end: FrontEnd,
    lab: JupyterServer,
    context: BrowserContext,
    shared_tabs: Callable[[FrontEnd], NotebookPage],
) -> Iterator[Callable[..., NotebookPage]]:
    """Open a new notebook with these cells, or one by its name."""
    shared_tab = shared_tabs(front_end)
    tabs: list[NotebookPage] = []
    request.node.stash[_TABS] = tabs

    def open_notebook(sources: Sequence[str], *, name: str = "", new_tab: bool = False) -> NotebookPage:
        tab = NotebookPage.in_new_tab(context, lab, front_end) if new_tab else shared_tab
        tabs.append(tab)
        if sources:
            name = f"n{next(_numbers)}.ipynb"
            lab.write(name, sources)
        tab.open(name)
        return tab

    yield open_notebook
    model.forget()
    for tab in tabs:
        if tab.page.is_closed():
            continue
        tab.end()
        if tab is not shared_tab:
            tab.page.close()


@pytest.fixture
def solved(model: ModelServer, open_notebook: Callable[..., NotebookPage]) -> Iterator[NotebookPage]:
    """A notebook that was solved; whatever a test does to it, the person's own cells stay theirs.

    `cell-0` loads, `cell-1` is the magic, `cell-2` shows the rows, `cell-3` is text.
    """
    model.reply_with(TOOL, DECISION)
    page = open_notebook([LOAD, ADD, "rows", Markdown("*What I think of it.*")])
    page.run_all()
    cells = page.until_idle()
    assert [cell.key for cell in cells] == SOLVED
    assert cells[4].text == "['row']"
    yield page
    own = [cell for cell in page.cells() if cell.id in OWN]
    assert [cell.id for cell in own] == list(OWN)
    assert all(cell.metadata.get("tags") == TAGS for cell in own)
    assert [own[0].source, own[2].source, own[3].source] == [LOAD, "rows", "*What I think of it.*"]
