"""One JupyterLab server and one browser for all; a notebook page for each test."""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
from typing import TYPE_CHECKING

import pytest

from tests.browser.lab import CHROMIUM_OPTIONS, JupyterServer, NotebookPage, chromium
from tests.conftest import environment
from tests.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import BrowserContext

_numbers = itertools.count(1)


def _missing() -> str:
    for library in ("jupyterlab", "playwright"):
        if importlib.util.find_spec(library) is None:
            return f"{library} is not installed"
    return "" if chromium() else "no Chromium was found"


@pytest.fixture(scope="session")
def model() -> Iterator[ModelServer]:
    """The model that every notebook asks; a test says what it replies."""
    with ModelServer() as running:
        yield running


@pytest.fixture(scope="session")
def lab(model: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A JupyterLab server; the test is skipped where it or a browser is missing."""
    if missing := _missing():
        pytest.skip(missing)
    with JupyterServer(tmp_path_factory.mktemp("lab"), environment(model)) as running:
        yield running


@pytest.fixture(scope="session")
def context(lab: JupyterServer) -> Iterator[BrowserContext]:  # noqa: ARG001 - skips where it does
    """Chromium, with what one person keeps in it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        context = browser.new_context(viewport={"width": 1200, "height": 1000})
        context.set_default_timeout(30_000)
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


@pytest.fixture(scope="session")
def shared_tab(lab: JupyterServer, context: BrowserContext) -> NotebookPage:
    """A tab in which every notebook may be opened: loading JupyterLab takes seconds."""
    return NotebookPage.in_new_tab(context, lab)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures know whether their test failed."""
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


_FAILED = pytest.StashKey[bool]()


@pytest.fixture
def open_notebook(
    request: pytest.FixtureRequest,
    model: ModelServer,
    lab: JupyterServer,
    context: BrowserContext,
    shared_tab: NotebookPage,
    tmp_path: Path,
) -> Iterator[Callable[..., NotebookPage]]:
    """Open a new notebook with these cells, or one by its name; a failed test leaves a screenshot."""
    tabs: list[NotebookPage] = []

    def open_notebook(sources: Sequence[str], *, name: str = "", new_tab: bool = False) -> NotebookPage:
        tab = NotebookPage.in_new_tab(context, lab) if new_tab else shared_tab
        tabs.append(tab)
        if sources:
            name = f"n{next(_numbers)}.ipynb"
            lab.write(name, sources)
        tab.open(name)
        return tab

    yield open_notebook
    model._function = None
    for number, tab in enumerate(tabs):
        if tab.page.is_closed():
            continue
        if request.node.stash.get(_FAILED, False):
            tab.page.screenshot(path=tmp_path / f"tab-{number}.png")
        tab.end()
        if tab is not shared_tab:
            tab.page.close()
