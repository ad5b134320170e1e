"""What every test may use: a model server on loopback, and a live notebook that asks it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from creator_magic.policy import EFFECTS
from tests.canary import plant
from tests.live_notebook import LiveNotebook
from tests.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_OF_THE_TESTS = "sk-test-0123456789abcdef"

ALL_PERMITTED = {"CREATOR_POLICY": repr(dict.fromkeys(EFFECTS, "allow"))}
"""What a person would set to let all generated code run, for what is tested behind the policy."""


def environment(server: ModelServer) -> dict[str, str]:
    """What a person would set to use `server`, to have every question asked and all code run.

    What code may do by default is shown in `tests/policy`; elsewhere, what happens when it does.
    """
    return {
        **ALL_PERMITTED,
        "OPENAI_BASE_URL": server.url,
        "OPENAI_API_KEY": KEY_OF_THE_TESTS,
        "CREATOR_MODEL": "test-model",
        "CREATOR_CASSETTE_MODE": "off",
    }


def pytest_configure(config: pytest.Config) -> None:
    """No test reads or writes the person's own data folder or IPython profile; each kernel has a canary."""
    folder = Path(tempfile.mkdtemp(prefix="creator-tests-"))
    os.environ["XDG_DATA_HOME"] = str(folder / "data")
    plant(folder / "ipython")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Many tests wait for a kernel or a browser: meanwhile processors have time for two more."""
    return (os.cpu_count() or 1) + 2


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where every test must run, a skipped one fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        os.environ.get("CREATOR_TESTS_MUST_NOT_SKIP")
        and reporter is not None
        and reporter.stats.get("skipped")
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A model server with nothing to say yet."""
    with ModelServer() as running:
        yield running


@pytest.fixture
def notebook(server: ModelServer) -> Iterator[LiveNotebook]:
    """A live notebook whose kernel has the extension loaded and asks `server`."""
    with LiveNotebook(environment(server)) as live:
        assert live.run("%load_ext creator_magic").status == "ok"
        yield live
