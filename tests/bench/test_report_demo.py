"""The demo notebook on benchmarks: executed, on scripted replies, and the same when it is run again."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from creator_magic.demo import bundled
from creator_magic.headless import run_notebook
from tests.bench.results import ReadPage
from tests.live_notebook import text_of

NAME, REPLIES = "06_bench.ipynb", "06_bench.replies.jsonl"
SCRIPTED = "Scripted replies: written by hand, not by a model."
TAKES_TIME = {"seconds", "of them model", "running code"}


def outputs(path: Path) -> dict[str, list[nbformat.NotebookNode]]:
    notebook = nbformat.read(path, as_version=4)
    return {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}


def tables(path: Path) -> dict[tuple[str, int], dict[str, dict[str, str]]]:
    """Every table of the report, but for what takes another time each time."""
    (shown,) = outputs(path)["report"]
    page = ReadPage(shown.data["text/html"])
    read = {}
    for heading, each in page.tables.items():
        for number, _ in enumerate(each):
            told = page.table(heading, number)
            read[heading, number] = {
                first: {name: value for name, value in line.items() if name not in TAKES_TIME}
                for first, line in told.items()
            }
    return read


@pytest.mark.skipif(sys.platform == "win32", reason="a cell of it is of bash")
def test_it_shows_what_a_run_of_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "CREATOR_"))]:
        monkeypatch.delenv(name)
    for name in (NAME, REPLIES):
        shutil.copy(bundled(name), tmp_path)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    report = run_notebook(tmp_path / NAME, tmp_path / "again.ipynb", env={"PATH": path})
    assert not report.failures
    there, again = outputs(bundled(NAME)), outputs(tmp_path / "again.ipynb")
    assert {name: text_of(shown) for name, shown in again.items() if name != "report"} == {
        name: text_of(shown) for name, shown in there.items() if name != "report"
    }
    assert tables(tmp_path / "again.ipynb") == tables(bundled(NAME))
    assert "It showed 563." in text_of(again["trace"])
    (shown,) = again["report"]
    assert SCRIPTED in shown.data["text/html"]
    assert SCRIPTED in shown.data["text/plain"]
    (plot,) = again["plot"]
    assert "written by hand" in plot.data["image/svg+xml"]
    read = tables(tmp_path / "again.ipynb")
    right = {method: line["right"] for method, line in read["Accuracy", 0].items()}
    assert right == {"vanilla": "5", "pot": "7", "creator": "10", "creator,transfer": "11"}
    transfer = read["Transfer", 0]["creator,transfer"]
    assert [transfer[name] for name in ("groups better", "worse", "same")] == ["2", "1", "1"]
    assert read["By rectification", 0]["creator"]["after 1"].startswith("83.3 %")
    assert (tmp_path / "bench-report" / "report.html").is_file()
