"""A real nbgrader course: an assignment is generated, solved with the magics, collected and graded."""

from __future__ import annotations

import copy
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.notebook_files import APPENDS, SOLVE, code, program, read, slot, slots, write
from tests.test_solve_live import TOOL

if TYPE_CHECKING:
    from tests.model_server import ModelServer

LOCKED, TEST, SOLUTION = {"locked": True}, {"grade": True, "locked": True}, {"solution": True}
TESTS = ("bread-test", "hidden-test", "rows-test")

CONFIGURATION = r"""
c = get_config()
c.CourseDirectory.course_id = "baking"
submitted = r".*_(?P<student_id>\w+)_attempt_(?P<timestamp>[\d-]+)_(?P<file_id>\w+)"
c.FileNameCollectorPlugin.named_regexp = submitted
"""

GRADING = """
import sys
from nbgrader.apps import AutogradeApp, GenerateFeedbackApp, ValidateApp, ZipCollectApp
for app, word in (
    (ValidateApp, sys.argv[1]), (ZipCollectApp, "ps1"), (AutogradeApp, "ps1"), (GenerateFeedbackApp, "ps1")
):
    app.launch_instance([word])
    app.clear_instance()
"""
"""What `nbgrader validate FILE`, `zip_collect ps1` and so on do, in one process to save time."""


def course_cell(source: str, name: str, *, points: int = 0, text: bool = False, **roles: bool) -> Any:
    """A cell as a teacher makes it with nbgrader's toolbar."""
    kind = "markdown" if text else "code"
    told = {"grade": False, "solution": False, "locked": False, "task": False, **roles}
    scored = {"points": points} if points else {}
    metadata = {"nbgrader": {**told, **scored, "schema_version": 3, "grade_id": name, "cell_type": kind}}
    cell = {"id": name, "cell_type": kind, "source": source, "metadata": metadata}
    return cell if text else {**cell, "outputs": [], "execution_count": None}


def assignment() -> nbformat.NotebookNode:
    """A teacher's notebook: two tests that students see, and one that they do not."""
    hidden = "### BEGIN HIDDEN TESTS\nassert break_even(2, 1, 10) == 10\n### END HIDDEN TESTS"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [
        code("%load_ext creator_magic\nrows = []", "load"),
        course_cell("How many loaves to break even?", "task", text=True, **LOCKED),
        course_cell("### BEGIN SOLUTION\nloaves = 250\n### END SOLUTION", "bread", **SOLUTION),
        course_cell("assert loaves == 250", "bread-test", points=2, **TEST),
        course_cell(hidden, "hidden-test", points=3, **TEST),
        course_cell("## Rows", "next-task", text=True, **LOCKED),
        course_cell("### BEGIN SOLUTION\nseen = len(rows)\n### END SOLUTION", "rows", **SOLUTION),
        course_cell("assert seen == 1", "rows-test", points=1, **TEST),
    ]
    content = {"nbformat": 4, "nbformat_minor": 5, "cells": cells, "metadata": {"kernelspec": kernel}}
    made: nbformat.NotebookNode = nbformat.from_dict(content)
    return made


def without_a_model(folder: Path, *words: str) -> str:
    """Run a program of this environment where no model can be asked; return what it said."""
    binaries = Path(sys.executable).parent
    ours = ("OPENAI_", "CREATOR_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env["CREATOR_REUSE"] = "False"  # the cases of tools would be run, which takes a while
    env["PATH"] = f"{binaries}{os.pathsep}{env['PATH']}"  # nbgrader starts alembic
    ran = subprocess.run(
        [str(binaries / words[0]), *words[1:]],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def scores(course: Path) -> dict[str, dict[str, float]]:
    """The autograder's points, by student and test."""
    query = (
        "SELECT assignment.student_id, cell.name, grade.auto_score FROM grade"
        " JOIN base_cell cell ON cell.id = grade.cell_id"
        " JOIN submitted_notebook notebook ON notebook.id = grade.notebook_id"
        " JOIN submitted_assignment assignment ON assignment.id = notebook.assignment_id"
    )
    found: dict[str, dict[str, float]] = {}
    with closing(sqlite3.connect(course / "gradebook.db")) as book:
        for student, test, score in book.execute(query):
            found.setdefault(student, {})[test] = score
    return found


@pytest.mark.slow
def test_an_assignment_is_solved_with_the_magics_and_graded_unchanged(
    server: ModelServer, tmp_path: Path
) -> None:
    course, desk = tmp_path / "course", tmp_path / "desk"
    for folder in (course / "source" / "ps1", course / ".creator", desk):
        folder.mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(CONFIGURATION)
    write(course / "source" / "ps1" / "bread.ipynb", assignment())
    without_a_model(course, "nbgrader", "generate_assignment", "ps1", "--create")
    released = read(course / "release" / "ps1" / "bread.ipynb")

    # The student states the problem where the answer goes, and has it solved.
    mine = copy.deepcopy(released)
    slot(mine, "bread").source = SOLVE.replace("%%solve", "%%solve --into loaves")
    slot(mine, "rows").source = "seen = len(rows)"
    write(desk / "bread.ipynb", mine)
    server.reply_with(TOOL, APPENDS)
    ran = program(server, desk, ["creator-magic", "run", "bread.ipynb"])
    assert ran.returncode == 0, ran.stderr
    solved = read(desk / "bread.ipynb")
    assert slots(solved) == [
        *("load", "task", "bread", "bread-test", "hidden-test", "tool", "decision"),
        *("next-task", "rows", "rows-test"),
    ]
    for cell in mine.cells:
        assert slot(solved, cell.id).source == cell.source
        assert slot(solved, cell.id).metadata == cell.metadata, (
            "what is locked is locked with the same checksum"
        )
    assert all(set(slot(solved, key).metadata) == {"creator_magic"} for key in ("tool", "decision"))

    # Another hands in code that is wrong.
    wrong = copy.deepcopy(solved)
    slot(wrong, "tool").source = slot(wrong, "tool").source.replace("math.ceil", "7 + math.ceil")
    archive = course / "downloaded" / "ps1" / "archive"
    archive.mkdir(parents=True)
    for student, notebook in {"ada": solved, "bob": wrong}.items():
        write(archive / f"ps1_{student}_attempt_2026-01-01-10-00-00_bread.ipynb", notebook)
    said = without_a_model(course, "python", "-c", GRADING, str(desk / "bread.ipynb"))

    assert "Success! Your notebook passes all the tests." in said
    assert read(course / "submitted" / "ada" / "ps1" / "bread.ipynb") == solved
    assert scores(course) == {
        "ada": dict(zip(TESTS, (2, 3, 1), strict=True)),
        "bob": dict(zip(TESTS, (0, 0, 1), strict=True)),
    }, "only the teacher's tests count, and what was generated ran once"
    graded = read(course / "autograded" / "ada" / "ps1" / "bread.ipynb")
    assert slots(graded) == slots(solved)
    assert [slot(graded, key).source for key in ("tool", "decision")] == [
        slot(solved, key).source for key in ("tool", "decision")
    ]
    assert "Solved by the cells in the notebook, no model asked" in json.dumps(slot(graded, "bread").outputs)
    assert len(server.calls) == 2, "grading asked no model"
    page = (course / "feedback" / "ada" / "ps1" / "bread.html").read_text("utf-8")
    assert "6.0 / 6.0" in page
