"""The bundled notebook for classrooms: executed, and run again from its replies as its course lets it."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import nbformat

from creator_magic.cells.generated import KEY
from creator_magic.cells.notebook import without_generated
from creator_magic.cells.notebook_file import read_notebook, write_notebook
from creator_magic.course.course_file import course_of, read_course
from creator_magic.demo import bundled
from creator_magic.headless import run_notebook
from tests.live_notebook import text_of
from tests.warm_kernels import can_fork, warm_provisioners

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NAME, REPLIES = "05_classroom.ipynb", "05_classroom.replies.jsonl"
WITHHELD = "math.ceil(1250"


def check(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    said = {}
    for cell in notebook.cells:
        errors = [output.evalue for output in cell.get("outputs", ()) if output.output_type == "error"]
        said[cell.id] = "\n".join([text_of(cell.get("outputs", ())), *errors])
    assert "The next one for this problem is --help-level 1" in said["too-early"]
    assert "after one minute than before it?" in said["question"]
    assert "1 piece of code in the model's reply is not shown." in said["hint"]
    replies = (path.parent / REPLIES).read_text("utf-8")
    assert WITHHELD in replies
    assert all(WITHHELD not in json.dumps(cell.get("outputs", [])) for cell in notebook.cells)
    assert "1 of 3 checks hold" in said["first-check"]
    assert "Does all the water stay in it?" in said["first-check"]
    assert "1 is missing" in said["reveal-refused"]
    assert "def minutes_to_fill(volume: float, inflow: float, outflow: float=0.0)" in said["signature"]
    assert "2 of 3 checks hold" in said["second-check"]
    assert said["third"].strip() == "32"
    assert "all 3 checks hold" in said["third-check"]
    assert "Um wie viel unterscheiden sich" in said["kerze-1"]
    assert "does not open %creator explain" in said["closed"]
    assert "leave out --fresh" in said["fresh"]
    assert "this problem is not in it. Tell your teacher." in said["missing"]
    marks = [cell.metadata[KEY] for cell in notebook.cells if KEY in cell.metadata]
    assert [(mark["parent"], mark["role"]) for mark in marks] == [
        ("tool", "tool"),
        ("revealed", "tool"),
        ("revealed", "decision"),
    ]
    revealed = next(cell for cell in notebook.cells if cell.id == "revealed").outputs[0]
    steps = revealed.metadata[KEY]["help"]["steps"]
    assert [step["level"] for step in steps] == [1, 2, 0, 3, 0, 4, 0, 5]
    assert [step["origin"] for step in steps if step["level"]] == ["scripted"] * 5


def test_the_notebook_is_executed_and_says_whose_replies_these_are() -> None:
    path = bundled(NAME)
    check(path)
    assert "*scripted*" in nbformat.read(path, as_version=4).cells[0].source
    lines = [json.loads(line) for line in bundled(REPLIES).read_text("utf-8").splitlines()]
    assert all(line["scripted"] for line in lines)


def test_its_metadata_say_what_its_course_file_says(tmp_path: Path) -> None:
    path = tmp_path / NAME
    shutil.copy(bundled(NAME), path)
    in_metadata = course_of(tmp_path, path)
    in_file = read_course(bundled("05_classroom/creator.toml"))
    assert in_file.recording == bundled(REPLIES).resolve()
    assert replace(in_metadata, recording=in_file.recording) == in_file


def test_cleared_it_runs_again_with_neither_a_model_nor_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if can_fork():
        monkeypatch.setattr(warm_provisioners(), "default_provisioner_name", "warm")
    bare, _ = read_notebook(bundled(NAME))
    write_notebook(without_generated(bare), tmp_path / NAME)
    shutil.copy(bundled(REPLIES), tmp_path / REPLIES)
    cleared: dict[str, str | None] = {n: None for n in os.environ if n.startswith(("CREATOR_", "OPENAI_"))}
    report = run_notebook(
        tmp_path / NAME, env={**cleared, "CREATOR_PERSONAL_TOOLBOX": str(tmp_path / "personal.sqlite")}
    )
    assert not report.failures, report.failures
    check(tmp_path / NAME)
