"""`creator-magic course report`: what notebooks say was generated, and with how much help."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from typer.testing import CliRunner

from creator_magic.cells.generated import KEY
from creator_magic.cli import app
from creator_magic.course.steps import problem_id
from tests.test_fixed_cells import ANSWER, TEST, with_metadata
from tests.test_notebook_files import magic, notebook, record, spec, standing, user

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

TOOL = "def add(a, b):\n    '''Add two numbers.'''\n\n    return a + b"
DECISION = "add(1, 2)"


def hand_in(course: Path, student: str, *cells: dict[str, Any]) -> Path:
    folder = course / "submitted" / student / "ps1"
    folder.mkdir(parents=True)
    nbformat.write(notebook(*cells), folder / "sums.ipynb")
    return folder / "sums.ipynb"


def shown(problem: str, *steps: object) -> dict[str, Any]:
    told = {"problem": problem_id(problem), "steps": steps}
    return {"output_type": "display_data", "data": {}, "metadata": {KEY: {"v": 1, "help": told}}}


def steps(*levels: int) -> list[dict[str, object]]:
    return [{"level": level, "at": f"2026-11-03T14:0{level}:00+00:00"} for level in levels]


def own(source: str, name: str, **more: object) -> dict[str, Any]:
    return {**user(name), "source": source, **more}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Ada had help and edited a cell; Bob stated a problem twice and solved none; Eve's file is damaged."""
    hand_in(
        tmp_path,
        "ada",
        with_metadata(magic(shown("How many?", *steps(2, 1), {"level": "4"}, None)), ANSWER),
        with_metadata(own("assert add(1, 2) == 3", "t"), TEST),
        standing("tool", TOOL, id="tool"),
        {
            **standing("decision", DECISION, id="decision", edited="add(1, 3)"),
            "outputs": [],
            "execution_count": None,
        },
        own("a = 1\n\nb = 2", "mine"),
    )
    hand_in(
        tmp_path,
        "bob",
        magic(),
        own(f"\n{TOOL}  \n", "copied"),
        own(DECISION, "short"),
        with_metadata(own(TOOL, "given"), TEST),
        standing("tool", "x = 1", id="orphan", parent="gone"),
        with_metadata(own(TOOL, "answer"), ANSWER),
    )
    eve = tmp_path / "submitted" / "eve" / "ps1"
    eve.mkdir(parents=True)
    (eve / "sums.ipynb").write_text('{"nbformat": 4, "cells": [{"cell_')
    (eve / ".ipynb_checkpoints").mkdir()
    (eve / ".ipynb_checkpoints" / "sums-checkpoint.ipynb").write_text("{")
    return tmp_path


def report(*words: object) -> Result:
    return CliRunner().invoke(app, ["course", "report", *map(str, words)])


def test_what_was_generated_and_what_is_own_is_told_of_each_student(course: Path) -> None:
    ran = report(course, "--json")
    assert ran.exit_code == 1, "one could not be read"
    found = json.loads(ran.stdout)
    ada, bob = found["notebooks"]
    assert (ada["student"], ada["assignment"]) == ("ada", "ps1")
    [problem] = ada["problems"]
    assert problem["stated"] == "How many?"
    assert [step["level"] for step in problem["help"]] == [1, 2]
    tool, decision = problem["cells"]
    assert (tool["edited"], tool["ran"], tool["lines"]) == (False, True, 3)
    assert (decision["edited"], decision["ran"], decision["role"]) == (True, False, "decision")
    assert (ada["generated_lines"], ada["edited_lines"], ada["own_lines"]) == (3, 1, 2)
    assert [problem["stated"] for problem in bob["problems"]] == [
        "How many?",
        "(its problem is not in the notebook)",
    ]
    assert bob["problems"][0]["cells"] == []
    assert [one["begins"] for one in bob["same"]] == ["def add(a, b):", "def add(a, b):"]
    assert {one["path"] for one in bob["same"]} == {ada["path"]}
    [damaged] = found["damaged"]
    assert "eve" in damaged
    assert "no proof" in found["note"]


def test_the_steps_of_a_problem_are_told_once_wherever_outputs_show_them(tmp_path: Path) -> None:
    cells = [
        own("%creator check", "above", outputs=[shown("How  many?", *steps(0, 0, 1))]),
        {**magic(shown("How many?", *steps(1)), shown("Why?", *steps(2))), "source": "\n%%solve\nHow\nmany?"},
        magic(id="again"),
        own(
            "%creator check far",
            "below",
            outputs=[shown("How many?", *steps(0, 1)), shown("Far?", *steps(3))],
        ),
    ]
    nbformat.write(notebook(*cells), tmp_path / "a.ipynb")
    ran = report(tmp_path, "--json")
    problems = json.loads(ran.stdout)["notebooks"][0]["problems"]
    assert [(each["stated"], [step["level"] for step in each["help"]]) for each in problems] == [
        ("How", [0, 0, 1, 2]),
        ("How many?", []),
        ("%creator check far", [3]),
    ]


def test_it_is_shown_in_a_terminal_as_csv_and_as_a_page(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    rows, page = course / "report.csv", course / "report.html"
    ran = report(course / "submitted", "--csv", rows, "--html", page)
    for said in (
        "ada · ps1 · sums.ipynb",
        "tool, decision (edited, not run)",
        "question, hint",
        "1 with no generated cell",
        "“def add(a, b):” has the same text as a generated cell of",
        "two people may have written it",
    ):
        assert said in " ".join(ran.stdout.split())
        assert said in page.read_text("utf-8")
    table = list(csv.DictReader(rows.read_text("utf-8").splitlines()))
    assert [(row["student"], row["role"], row["edited"]) for row in table] == [
        ("ada", "tool", "False"),
        ("ada", "decision", "True"),
        ("bob", "", ""),
        ("bob", "tool", "False"),
    ]


def test_cells_that_only_a_record_carries_count_too(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    nbformat.write(notebook(magic(record(spec("tool", TOOL)))), path)
    before = path.read_bytes()
    ran = report(path, "--json")
    assert ran.exit_code == 0
    assert json.loads(ran.stdout)["notebooks"][0]["problems"][0]["cells"][0]["key"] == "tool"
    assert path.read_bytes() == before


def test_a_text_that_a_spreadsheet_would_run_is_none_in_the_rows(tmp_path: Path) -> None:
    stated = {**magic(), "source": '%%solve\n=HYPERLINK("http://example.org")'}
    nbformat.write(notebook(stated), tmp_path / "a.ipynb")
    report(tmp_path, "--csv", tmp_path / "r.csv")
    assert "'=HYPERLINK" in (tmp_path / "r.csv").read_text("utf-8")


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    assert report(tmp_path / "none").exit_code == 2
    assert report(tmp_path).exit_code == 2
