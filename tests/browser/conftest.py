"""One JupyterLab server and one browser for the module; a notebook page for each test."""

from __future__ import annotations

import importlib.util
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.lab import CHROMIUM_OPTIONS, JupyterServer, NotebookPage, chromium
from tests.conftest import environment
from tests.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser

_numbers = itertools.count(1)


def _missing() -> str:
    for library in ("jupyterlab", "playwright"):
        if importlib.util.find_spec(library) is None:
            return f"{library} is not installed"
    return "" if chromium() else "no Chromium was found"


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    """The model that every notebook asks; a test says what it replies."""
    with ModelServer() as running:
        yield running


@pytest.fixture(scope="module")
def lab(model: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A JupyterLab server; the test is skipped where it or a browser is missing."""
    if missing := _missing():
        pytest.skip(missing)
    with JupyterServer(tmp_path_factory.mktemp("lab"), environment(model)) as running:
        yield running


@pytest.fixture(scope="module")
def browser(lab: JupyterServer) -> Iterator[Browser]:  # noqa: ARG001 - skips where it does
    """Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let the fixtures know whether their test failed."""
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


_FAILED = pytest.StashKey[bool]()

Open = "Callable[[Sequence[str]], NotebookPage]"


@pytest.fixture
def open_notebook(
    request: pytest.FixtureRequest, lab: JupyterServer, browser: Browser, tmp_path: Path
) -> Iterator[Callable[..., NotebookPage]]:
    """Open a new notebook with these cells, in a tab; a failed test leaves a screenshot of each."""
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    context.set_default_timeout(30_000)
    opened: list[NotebookPage] = []

    def open_notebook(sources: Sequence[str]) -> NotebookPage:
        page = NotebookPage.open(context, lab, f"n{next(_numbers)}.ipynb", sources)
        opened.append(page)
        return page

    yield open_notebook
    if request.node.stash.get(_FAILED, False):
        for number, page in enumerate(opened):
            page.page.screenshot(path=tmp_path / f"page-{number}.png")
    context.close()
