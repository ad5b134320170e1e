"""A notebook that was run before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from creator_magic.headless import run_notebook
from tests.headless.ask_magic import SETUP, TOOL_AND_DECISION, save
from tests.notebook_files import code

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def solved(tmp_path: Path) -> Path:
    """A notebook that was solved: a tool, a decision that appends a row, and a look at the rows."""
    path = save(
        tmp_path / "a.ipynb",
        code(SETUP, "setup"),
        code("rows = []", "rows"),
        code(TOOL_AND_DECISION, "magic"),
        code("(rows, double(1))", "look"),
    )
    report = run_notebook(path)
    assert not report.failures
    return path
