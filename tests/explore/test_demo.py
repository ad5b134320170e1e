"""The demo notebook on exploring: executed, on scripted replies, and the same when it is run again."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import nbformat

from creator_magic.cells.notebook import without_generated
from creator_magic.demo import bundled
from creator_magic.headless import run_notebook
from tests.live_notebook import text_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NAME, REPLIES = "04_explore.ipynb", "04_explore.replies.jsonl"


def shown(path: Path) -> list[str]:
    cells = nbformat.read(path, as_version=4).cells
    texts = (text_of(cell.outputs) for cell in cells if cell.cell_type == "code")
    times = r"\d+:\d\d$|[\d.]+ s$|\d{4}-\d\d-\d\d \d\d:\d\d"
    return [re.sub(times, "(time)", text, flags=re.MULTILINE) for text in texts]


def test_it_shows_what_a_run_of_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "CREATOR_MODEL"):
        monkeypatch.delenv(name, raising=False)
    shutil.copy(bundled(REPLIES), tmp_path)
    unsolved = without_generated(nbformat.read(bundled(NAME), as_version=4))
    nbformat.write(unsolved, tmp_path / NAME)
    env = {"CREATOR_CASSETTE": str(tmp_path / REPLIES), "CREATOR_CASSETTE_MODE": "replay"}
    report = run_notebook(tmp_path / NAME, tmp_path / "again.ipynb", env=env)
    assert not report.failures
    there = shown(bundled(NAME))
    assert shown(tmp_path / "again.ipynb") == there
    explored = "\n".join(there)
    assert "Scripted replies: written by hand, not by a model." in explored
    assert "4 of 4 trials, 3 solved, 2 passed the judge" in explored
    assert "every trial of the course is there" in explored
    assert "failing case, from trial 1.2; a scripted reply worked out" in explored
    assert "+    rows, columns = (math.ceil(round(length / side, 9))" in explored
    assert "Accepted by --yes: this is revision 2 of tiles_needed." in explored
    assert "--- cases that came from trials" in explored
    assert "Demonstrations of paint_litres in the prompt: The long wall of our living room" in explored
