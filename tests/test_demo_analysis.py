"""The bundled notebook on data analysis: executed, and run again from its replies and from itself."""

from __future__ import annotations

import csv
import os
import shutil
from collections import Counter
from typing import TYPE_CHECKING

import nbformat
import pytest

from creator_magic.cells.generated import KEY
from creator_magic.cells.notebook import without_generated
from creator_magic.cells.notebook_file import read_notebook, write_notebook
from creator_magic.demo import bundled
from creator_magic.headless import run_notebook
from tests.live_notebook import text_of

if TYPE_CHECKING:
    from pathlib import Path

NAME = "03_data_analysis.ipynb"
REPLIES = bundled("03_data_analysis.replies.jsonl")
PENGUINS = bundled("03_penguins.csv")
ROLES = {
    "frame": ["tool", "decision"],
    "check": ["tool", "decision"],
    "database": ["tool", "decision"],
    "plot": ["tool", "decision"],
    "plan": ["plan", "tool", "tool", "tool", "decision"],
}


def rows() -> list[dict[str, str]]:
    with PENGUINS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def on_line(species: str, at: float) -> float:
    """The value of the straight line through a species' flipper lengths and masses, by the textbook."""
    points = [
        (float(row["flipper_length_mm"]), float(row["body_mass_g"]))
        for row in rows()
        if row["species"] == species and row["flipper_length_mm"] != "NA"
    ]
    mean_x, mean_y = (sum(part) / len(points) for part in zip(*points, strict=True))
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    value: float = mean_y + slope * (at - mean_x)
    return value


def check(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    found: dict[str, list[nbformat.NotebookNode]] = {}
    for cell in notebook.cells:
        if KEY in cell.metadata:
            found.setdefault(cell.metadata[KEY]["parent"], []).append(cell)
    assert {name: [cell.metadata[KEY]["role"] for cell in cells] for name, cells in found.items()} == ROLES
    shown = {name: text_of(cells[-1].outputs) for name, cells in found.items()}
    masses = [
        float(row["body_mass_g"]) / 1000
        for row in rows()
        if row["species"] == "Gentoo" and row["body_mass_g"] != "NA"
    ]
    assert f"{sum(masses) / len(masses):.2f}" in shown["frame"]
    sexes = Counter(row["sex"] for row in rows())
    assert shown["check"] == str(round(sexes["female"] / (sexes["female"] + sexes["male"]), 4))
    counts = Counter(row["species"] for row in rows() if int(row["year"]) >= 2008)
    assert shown["database"] == str(dict(counts.most_common()))
    assert shown["plan"] == str(round(on_line("Gentoo", 200) - on_line("Adelie", 200)))
    pictures = [output for output in found["plot"][-1].outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 1


def without_settings(folder: Path) -> dict[str, str | None]:
    cleared: dict[str, str | None] = {n: None for n in os.environ if n.startswith(("CREATOR_", "OPENAI_"))}
    return {**cleared, "CREATOR_PERSONAL_TOOLBOX": str(folder / "personal.sqlite")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".creator").mkdir()
    shutil.copy(PENGUINS, tmp_path)
    return tmp_path


def test_the_notebook_is_executed_and_says_whose_replies_these_are() -> None:
    check(bundled(NAME))
    notebook = nbformat.read(bundled(NAME), as_version=4)
    assert "*scripted*" in notebook.cells[0].source
    records = {cell.id: text_of(cell.outputs) for cell in notebook.cells if cell.id in ROLES}
    assert all("scripted repl" in record for record in records.values())
    assert "the check 0 < answer < 1 does not hold: the answer is 49.5495" in records["check"]
    assert not any("Not kept" in record for record in records.values())


def test_cleared_it_is_solved_again_from_the_recorded_replies(folder: Path) -> None:
    bare, _ = read_notebook(bundled(NAME))
    write_notebook(without_generated(bare), folder / NAME)
    env = {**without_settings(folder), "CREATOR_CASSETTE": str(REPLIES), "CREATOR_CASSETTE_MODE": "replay"}
    report = run_notebook(folder / NAME, env=env)
    assert not report.failures, report.failures
    check(folder / NAME)


def test_it_runs_again_from_itself_where_there_is_no_model(folder: Path) -> None:
    shutil.copy(bundled(NAME), folder / NAME)
    report = run_notebook(folder / NAME, env=without_settings(folder))
    assert not report.failures, report.failures
    check(folder / NAME)
