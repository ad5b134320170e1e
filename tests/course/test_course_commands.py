"""`creator-magic course record` and `check`: what the teacher's model is asked, and what is not ready."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from typer.testing import CliRunner

from creator_magic.cells.notebook_file import write_notebook
from creator_magic.cli import app
from creator_magic.course.course import LIMITS, Course
from creator_magic.course.course_file import read_course
from creator_magic.model.cassette_file import asked_of
from creator_magic.model.told_questions import question_told, told_of
from creator_magic.ports import Beginning, Candidate, CodeCell, KeptTool, Message, Question
from creator_magic.problem import Problem, Variable
from creator_magic.teaching.looser import looser
from tests.conftest import KEY_OF_THE_TESTS
from tests.course.write_twelve import FOLDER, RECORDING
from tests.notebook_files import code
from tests.rights import WITHOUT_PRIVILEGES
from tests.test_solve_live import BREAD, DECISION, TOOL
from tests.warm_kernels import can_fork, warm_provisioners

if TYPE_CHECKING:
    from tests.model_server import ModelServer

DOCS = Path(__file__).parents[2] / "docs"
QUESTION, HINT = "What does one loaf earn?", "Divide the fixed costs by what one loaf earns, and round up."
CODE_ALONE = "```python\nsecret = 1\n```"
COURSE_FILE = f"""[course]
name = "Baking"
calls = "recorded"
recording = "class.jsonl"
ask = true

[help]
most = "tool"
reveal = 1

[limits]
session_calls = 1

[exercises.bread]
problem = {json.dumps(BREAD)}
checks = ["answer == 250"]
"""


def run(*words: object) -> Any:
    return CliRunner().invoke(app, ["course", *map(str, words)])


@pytest.fixture
def course(tmp_path: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course that nobody has recorded, and the teacher's model; kernels are forked."""
    if can_fork():
        monkeypatch.setattr(warm_provisioners(), "default_provisioner_name", "warm")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY_OF_THE_TESTS)
    monkeypatch.setenv("CREATOR_MODEL", "test-model")
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "creator.toml").write_text(COURSE_FILE, encoding="utf-8")
    sources = ["%load_ext creator_magic", f"%%solve\n{BREAD}", "print(mine)"]
    cells = [code(source, f"cell-{number}") for number, source in enumerate(sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    write_notebook(notebook, folder / "bread.ipynb")
    return folder


def test_a_course_is_recorded_once_and_checked_without_a_model(course: Path, server: ModelServer) -> None:
    before = (course / "bread.ipynb").read_bytes()
    # The second reply is code, which students are not shown: it is asked for once more.
    server.reply_with(QUESTION, CODE_ALONE, HINT, TOOL, DECISION)
    done = run("record", course)
    assert done.exit_code == 0, done.output
    assert len(server.calls) == 5
    assert "help (level 1), called: " in done.stdout
    assert "5 new replies (5 called)" in done.stdout
    assert "Spent: 5 calls" in done.stdout
    assert "waits: cell 3 (print(mine))" in done.stdout, "the students' own cells are not written yet"
    for shown in ("def ", "secret", "Divide"):
        assert shown not in done.output
    assert (course / "bread.ipynb").read_bytes() == before
    lines = [json.loads(line) for line in (course / "class.jsonl").read_text("utf-8").splitlines()]
    stages = [(line["asked"]["stage"], line["asked"].get("sample", 1)) for line in lines]
    assert stages == [("help", 1), ("help", 1), ("help", 2), ("creation", 1), ("decision", 1)]
    assert KEY_OF_THE_TESTS not in (course / "class.jsonl").read_text("utf-8")
    own = course / ".creator" / "cassette.jsonl"
    assert len(own.read_text("utf-8").splitlines()) == 5, "what was asked is the teacher's too"

    # What the teacher has, the course gets without a call.
    (course / "class.jsonl").unlink()
    done = run("record", course / "bread.ipynb")
    assert "5 new replies (5 replayed)" in done.stdout, done.output
    assert len(server.calls) == 5
    server.close()
    shutil.rmtree(course / ".creator")
    done = run("check", course)
    assert done.exit_code == 0, done.output
    assert "1 of 1 notebook can be gone through, without a model." in done.stdout
    assert sorted(path.name for path in course.iterdir()) == ["bread.ipynb", "class.jsonl", "creator.toml"]


def test_what_is_missing_fails_or_is_in_vain_is_found(course: Path) -> None:
    for name in ("creator.toml", RECORDING, "01_break_even.ipynb", "02_zinseszins.ipynb"):
        shutil.copy(FOLDER / name, course / name)
    (course / "bread.ipynb").unlink()
    toml = (course / "creator.toml").read_text("utf-8").replace("answer == 1175", "answer == 1176")
    (course / "creator.toml").write_text(toml, encoding="utf-8")
    lines = (course / RECORDING).read_text("utf-8").splitlines(keepends=True)
    lines = [line for line in lines if not ("Lena" in line and '"stage": "decision"' in line)]
    (course / RECORDING).write_text("".join(lines), encoding="utf-8")
    done = run("check", course, "--json", "--jobs", 2)
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert not told["ready"]
    first, second = (each["findings"] for each in told["notebooks"])
    assert [(each["kind"], each["cell"]) for each in first] == [("fails", 2)]
    assert first[0]["message"] == "of the checks of 01_break_even 0 of 1 hold of the recorded solution"
    assert [(each["kind"], each["cell"]) for each in second] == [("missing", 2)]
    assert second[0]["message"] == "no reply is recorded for its decision (attempt 1)"

    toml = toml.replace("answer == 1176", "answer == 1175")
    (course / "creator.toml").write_text(toml, encoding="utf-8")
    done = run("check", course / "01_break_even.ipynb")
    assert done.exit_code == 0, done.output
    (course / "02_zinseszins.ipynb").unlink()
    done = run("check", course)
    assert done.exit_code == 1
    assert "stale: recording.jsonl holds a reply that nothing asks for: help (1) of “Lena legt" in done.stdout
    assert "course: the problem of the exercise 02_zinseszins stands in no notebook" in done.stdout


def test_what_cannot_be_used_is_said_before_a_kernel_starts(course: Path, server: ModelServer) -> None:
    done = run("check", course)
    assert done.exit_code == 1
    assert "class.jsonl is not there" in done.stdout
    (course / "creator.toml").write_text(COURSE_FILE.replace("most =", "mots ="), encoding="utf-8")
    assert "Did you mean most?" in run("check", course).stdout
    assert "Did you mean most?" in run("record", course).stderr
    (course / "creator.toml").write_text("[course]\nname = 'x'\n", encoding="utf-8")
    assert "names no recording" in run("record", course).stderr
    (course / "creator.toml").unlink()
    assert "belongs to no course" in run("record", course).stderr
    assert run("record", course / "none").exit_code == 2
    assert not server.requests


def test_who_may_not_write_the_course_does_not_record_it(course: Path) -> None:
    (course / "creator.toml").chmod(0o444)
    words = f"['course', 'record', {str(course)!r}]"
    program = f"{WITHOUT_PRIVILEGES}\nfrom creator_magic.cli import app\napp({words})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "a course is recorded by who may" in done.stderr


def test_the_example_on_the_page_for_teachers_is_a_course_and_tells_of_every_key(tmp_path: Path) -> None:
    page = (DOCS / "classroom.md").read_text("utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "creator.toml").write_text(example, encoding="utf-8")
    course = read_course(tmp_path / "creator.toml")
    assert course.reveals_after == 3
    assert len(course.exercises["bakery"].checks) == 2
    said = tomllib.loads(example)
    known = {each.name for each in fields(Course)}
    assert len(said["course"]) + len(said["help"]) + len({"limits", "policy", "exercises"}) == len(known)
    for key in (*said["course"], *said["help"], *LIMITS):
        assert f"`{key}`" in page or key == "name", key


def test_what_a_nearer_file_says_in_vain_is_named(tmp_path: Path) -> None:
    (tmp_path / "creator.toml").write_text(COURSE_FILE, encoding="utf-8")
    inner = tmp_path / "week-1"
    inner.mkdir()
    (inner / "creator.toml").write_text(
        '[course]\nname = "Week 1"\nopen = ["solve"]\ncalls = "open"\n[help]\nmost = "solution"\n'
        "[limits]\nsession_calls = 9\nsolve_calls = 2\n[policy]\nwrite = 'deny'\n",
        encoding="utf-8",
    )
    said = [line.partition(": ")[2].partition(" counts")[0] for line in looser(inner)]
    assert said == ["[course] calls", "[help] most", "[limits] session_calls"]


def test_a_question_that_was_told_is_the_same_question() -> None:
    problem = Problem(
        "Ünits?",
        ("h",),
        (Variable("df", "a frame", "1 2", 2), Variable("x", "a number")),
        "creator",
        shares_errors=True,
        checks=("answer > 0",),
        plan="1. `a()`: b",
    )
    question = Question(
        "rectification",
        2,
        problem,
        (Message("user", "?"),),
        Beginning((CodeCell("tool", "tool", "def f(): pass"),), "no"),
        (Candidate("f", "def f()", "the toolbox", tools=(KeptTool("f", "def f(): pass"),)),),
        3,
        "said",
        ("t", 1),
    )
    told = json.loads(json.dumps(told_of(question)))
    again = question_told(told)
    assert asked_of(again) == asked_of(question)
    assert told_of(again) == told_of(question)
