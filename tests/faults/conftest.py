"""One kernel a module, and the person's variables anew for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import environment
from tests.faults.book import Book
from tests.faults.catalogue import faults_of
from tests.live_notebook import LiveNotebook
from tests.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.catalogue import Fault


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each fault that it is about."""
    faults = faults_of(metafunc.function)
    if faults:
        metafunc.parametrize("fault", faults, ids=[found.what.replace("`", "") for found in faults])


@pytest.fixture(scope="module")
def opened() -> Iterator[Book]:
    with ModelServer() as server, LiveNotebook(environment(server)) as notebook:
        assert notebook.run("%load_ext creator_magic").status == "ok"
        assert notebook.run("%config CreatorMagic.request_timeout = 1.0").status == "ok"
        yield Book(server, notebook)


@pytest.fixture
def book(opened: Book, fault: Fault) -> Iterator[Book]:
    """The notebook; what came of the fault must be judged by one of its methods."""
    opened.begin()
    yield opened
    assert opened.judged, f"nothing was said about: {fault.what}"
