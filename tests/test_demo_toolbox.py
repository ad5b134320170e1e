"""The bundled notebook on the toolbox: executed, and run again from its replies and from itself."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import nbformat
import pytest

from creator_magic.cells.generated import KEY
from creator_magic.cells.notebook import without_generated
from creator_magic.cells.notebook_file import read_notebook, write_notebook
from creator_magic.demo import bundled
from creator_magic.headless import run_notebook
from creator_magic.toolbox.places import toolbox_of
from tests.live_notebook import text_of

if TYPE_CHECKING:
    from pathlib import Path

NAME = "02_toolbox.ipynb"
REPLIES = bundled("02_toolbox.replies.jsonl")


def payment(amount: float, yearly_rate: float, months: int) -> float:
    """A monthly payment, from the balance that it must bring to nothing."""
    growth = 1 + yearly_rate / 12
    return amount * growth**months / sum(growth**month for month in range(months))


def in_all(amount: float, yearly_rate: float, months: int) -> float:
    return payment(amount, yearly_rate, months) * months


ANSWERS = {
    "loan": f"{payment(18_000, 0.059, 48):.2f}",
    "kitchen": f"{payment(12_500, 0.072, 36):.2f}",
    "fuel": f"{46 * 19 / 100 * 6.1 * 1.74:.2f}",
    "together": f"{payment(14_000, 0.049, 60) + 11.5 * 5.4 * 1.74:.2f}",
    "interest": f"{in_all(18_000, 0.059, 48) - 18_000:.2f}",
    "offer": str(
        {
            "dealer": round(in_all(24_000, 0.009, 48), 2),
            "bank": round(in_all(0.92 * 24_000, 0.059, 48), 2),
        }
    ),
}
KINDS = {
    "loan": ["tool", "decision"],
    "kitchen": ["decision"],
    "fuel": ["tool", "decision"],
    "together": ["decision"],
    "interest": ["tool", "decision"],
    "offer": ["tool", "decision"],
}
FRESH = {
    "dealer": round(in_all(24_000, 0.009, 36), 2),
    "bank": round(in_all(0.92 * 24_000, 0.059, 36), 2),
}


def check(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    found: dict[str, list[nbformat.NotebookNode]] = {}
    for cell in notebook.cells:
        if KEY in cell.metadata:
            found.setdefault(cell.metadata[KEY]["parent"], []).append(cell)
    assert {
        parent: [cell.metadata[KEY]["role"] for cell in cells] for parent, cells in found.items()
    } == KINDS
    assert {parent: text_of(cells[-1].outputs) for parent, cells in found.items()} == ANSWERS
    shown = {cell.id: text_of(cell.get("outputs", ())) for cell in notebook.cells}
    assert "calls        monthly_payment" in shown["show"]
    assert shown["search"].splitlines()[1].startswith("total_interest")
    assert "car_money: 4 tools." in shown["export"]
    assert shown["fresh"].split("\n")[:2] == [str(FRESH), f"{11.5 * 5.4 * 1.74:.2f}"]
    assert "imported from colleague.py, foreign" in shown["import"]
    assert "1 of 1 tools pass their cases." in shown["check"]


def without_settings(folder: Path) -> dict[str, str | None]:
    cleared: dict[str, str | None] = {n: None for n in os.environ if n.startswith(("CREATOR_", "OPENAI_"))}
    return {**cleared, "CREATOR_PERSONAL_TOOLBOX": str(folder / "personal.sqlite")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".creator").mkdir()
    return tmp_path


def test_the_notebook_is_executed_and_says_whose_replies_these_are() -> None:
    path = bundled(NAME)
    check(path)
    notebook = nbformat.read(path, as_version=4)
    assert "*scripted*" in notebook.cells[0].source
    records = [
        text_of(cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.startswith("%%solve")
    ]
    assert all("scripted repl" in record for record in records)
    assert "Reused: monthly_payment from the toolbox" in records[1]


def test_cleared_it_is_solved_again_from_the_recorded_replies(folder: Path) -> None:
    bare, _ = read_notebook(bundled(NAME))
    write_notebook(without_generated(bare), folder / NAME)
    env = {**without_settings(folder), "CREATOR_CASSETTE": str(REPLIES), "CREATOR_CASSETTE_MODE": "replay"}
    report = run_notebook(folder / NAME, env=env)
    assert not report.failures, report.failures
    check(folder / NAME)
    box = toolbox_of(folder, str(folder / "personal.sqlite"))
    tools = {tool.name: tool for tool in box.own.tools()}
    box.close()
    assert set(tools) == {
        "monthly_payment",
        "fuel_cost",
        "total_interest",
        "credit_or_discount",
        "years_of_use",
    }
    assert tools["credit_or_discount"].calls == ("total_interest",)
    assert tools["monthly_payment"].successes == 3
    assert all(len(tools[name].cases) > 1 for name in set(tools) - {"years_of_use"})


def test_it_runs_again_from_itself_where_there_is_no_toolbox_and_no_model(folder: Path) -> None:
    shutil.copy(bundled(NAME), folder / NAME)
    report = run_notebook(folder / NAME, env=without_settings(folder))
    assert not report.failures, report.failures
    check(folder / NAME)
    # Its tools were never run here by themselves, and the notebook may be anybody's.
    box = toolbox_of(folder, str(folder / "personal.sqlite"))
    assert set(box.foreign()) == {"monthly_payment", "fuel_cost", "total_interest", "credit_or_discount"}
    assert not box.candidates("How much is one payment of a loan?")
    box.close()
