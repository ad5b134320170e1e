"""Writes the course of twelve lessons: notebooks, course file, and a recording of scripted replies."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from creator_magic.cells.notebook_file import write_notebook
from creator_magic.model.cassette_file import Cassette
from creator_magic.ports import Reply
from creator_magic.teaching.rehearsed_notebook import rehearse_notebook
from tests.course.twelve_lessons import LESSONS, Lesson
from tests.notebook_files import code

if TYPE_CHECKING:
    from creator_magic.ports import Question

FOLDER = Path(__file__).with_name("twelve")
RECORDING = "recording.jsonl"
_HEAD = f"""[course]
name = "Twelve lessons"
calls = "recorded"
recording = "{RECORDING}"
sharing = "forbidden"
"""


def _exercise(lesson: Lesson) -> str:
    checks = json.dumps([f"answer == {lesson.task.answer}"], ensure_ascii=False)
    problem = json.dumps(lesson.task.problem, ensure_ascii=False)
    return f'\n[exercises."{lesson.name}"]\nproblem = {problem}\nchecks = {checks}\n'


COURSE_FILE = _HEAD + "".join(_exercise(lesson) for lesson in LESSONS if lesson.task.answer)


def write_course(folder: Path) -> None:
    """Write the notebooks and the course file into a folder; its recording is another matter."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "creator.toml").write_text(COURSE_FILE, encoding="utf-8")
    for lesson in LESSONS:
        cells = [code(source, f"cell-{number}") for number, source in enumerate(lesson.cells)]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        write_notebook(notebook, folder / f"{lesson.name}.ipynb")


def scripted(question: Question) -> Reply:
    """Return the reply that was written for a question."""
    task = next(lesson.task for lesson in LESSONS if lesson.task.problem == question.problem.text)
    return Reply(task.replies[question.stage, question.attempt], model="scripted", origin="scripted")


def record_scripted(folder: Path, project: Path) -> None:
    """Have what a course lacks recorded, by the replies that were written for it."""
    cassette = Cassette(folder / RECORDING)

    def record(question: Question) -> None:
        cassette.add(question, scripted(question), "scripted", scripted=True)

    for lesson in LESSONS:
        path = folder / f"{lesson.name}.ipynb"
        done = asyncio.run(rehearse_notebook(path, folder / RECORDING, record=record, project=project))
        print(lesson.name, f"{done.seconds:.1f} s", *done.findings, sep="\n  ")  # noqa: T201


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    write_course(FOLDER)
    with tempfile.TemporaryDirectory() as project:
        record_scripted(FOLDER, Path(project))
