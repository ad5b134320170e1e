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
from creator_magic.model.cassette_line import asked_of
from creator_magic.model.told_questions import question_told, told_of
from creator_magic.ports import Beginning, Candidate, CodeCell, KeptTool, Message, Question
from creator_magic.problem import Problem, Variable
from creator_magic.teaching.looser import looser
from tests.conftest import KEY_OF_THE_TESTS
from tests.course.write_twelve import FOLDER, RECORDING
from tests.live_notebook import LiveNotebook
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
    lesson(folder / "bread.ipynb", f"%%solve\n{BREAD}", "print(mine)")
    return folder


def lesson(path: Path, *sources: str, tags: tuple[str, ...] = ()) -> None:
    """Write a notebook that loads the extension first; its second cell has the tags."""
    cells = [code(source, f"cell-{n}") for n, source in enumerate(("%load_ext creator_magic", *sources))]
    cells[1]["metadata"]["tags"] = list(tags)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    write_notebook(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


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

    recorded = (course / "class.jsonl").read_text("utf-8")
    (course / "class.jsonl").write_text(recorded.replace(HINT, "mean = sum(prices) / len(prices)"))
    done = run("check", course)
    assert done.exit_code == 1
    assert "its recorded hint is nothing but code" in done.stdout


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
    (course / "week-1").mkdir()
    (course / "01_break_even.ipynb").rename(course / "week-1" / "01_break_even.ipynb")
    done = run("check", course / "week-1")
    assert done.exit_code == 0, done.output
    assert "stale" not in done.stdout, "what the recording holds for other weeks is none of this one's"
    (course / "02_zinseszins.ipynb").unlink()
    done = run("check", course)
    assert done.exit_code == 1
    assert (
        "stale: recording.jsonl holds a reply that nothing asks for: help (level 1) of “Lena legt"
        in done.stdout
    )
    assert "course: the problem of the exercise 02_zinseszins stands in no notebook" in done.stdout


def test_a_cell_that_students_do_not_write_and_that_fails_is_no_cell_that_waits(
    course: Path, server: ModelServer
) -> None:
    toml = COURSE_FILE.replace('"tool"', '"question"').replace("reveal = 1", 'reveal = "never"')
    (course / "creator.toml").write_text(toml, encoding="utf-8")
    breaks = ("print(mine)", "%creator check", "1 +", "assert 1 > 2", "import time\ntime.sleep(600)")
    ends = ("import os; os._exit(1)", "print(mine)", f"%%solve\n{BREAD}")
    server.reply_with(QUESTION)
    assert run("record", course).exit_code == 0
    lesson(course / "bread.ipynb", f"%%solve\n{BREAD}", *breaks, *ends)
    lesson(course / "meant.ipynb", "import os; os._exit(1)", "print(1)", tags=("raises-exception",))
    told = json.loads(run("check", course, "--json", "--jobs", 2, "--timeout", 4).stdout)
    assert not told["ready"]
    bread, meant = ([(each["kind"], each["cell"]) for each in one["findings"]] for one in told["notebooks"])
    kinds = ("waits", "waits", "fails", "fails", "fails", "fails", "skipped", "skipped")
    assert bread == list(zip(kinds, range(3, 11), strict=True))
    assert meant == [("fails", 2), ("skipped", 3)]
    said = [each["message"] for each in told["notebooks"][0]["findings"]]
    assert said[4:7] == [
        "it ran longer than 4 seconds",
        "the kernel ended",
        "it was not run, since the kernel had ended",
    ]


def test_names_of_the_notebook_stay_and_nothing_of_the_teachers_own_profile_counts(
    course: Path, server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    settings = "c.InteractiveShellApp.extensions = ['creator_magic']\nc.CreatorMagic.method = 'entangled'\n"
    (profile / "ipython_config.py").write_text(f"c = get_config()\n{settings}", encoding="utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    toml = COURSE_FILE.replace("exercises.bread", "exercises.'the bread'")
    (course / "creator.toml").write_text(toml, encoding="utf-8")
    solve = f"\n  \n%%solve --use answer\n{BREAD}"
    lesson(course / "bread.ipynb", "answer = 40", solve, "assert answer == 40", solve)
    server.reply_with(QUESTION, HINT, TOOL, DECISION)
    done = run("record", course)
    assert done.exit_code == 0, done.output
    assert len(server.calls) == 4
    assert done.stdout.count("ready\n") == 1
    assert "waits" not in done.stdout
    done = run("check", course)
    assert done.exit_code == 0, done.output
    assert "waits" not in done.stdout


def test_a_rehearsal_takes_no_session_over_that_has_begun(course: Path, tmp_path: Path) -> None:
    project = tmp_path / "rehearsal"
    project.mkdir()
    with LiveNotebook(cwd=str(course)) as notebook:
        notebook.run("%load_ext creator_magic")
        notebook.run("from creator_magic.session import session_of")
        notebook.run("from creator_magic.teaching.rehearsal import rehearse")
        ran = notebook.run(f"rehearse(get_ipython(), {str(project)!r}, exact=True)")
        assert ran.status == "ok", ran.error
        ran = notebook.run(f"%%solve --help-level 1\n{BREAD}")
        assert "class.jsonl, is not there" in ran.error
        assert notebook.value("str(session_of(get_ipython()).project)") == repr(str(project))
    assert (project / "questions.jsonl").is_file()


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
    known = {each.name for each in fields(Course)} - {"fault", "limits", "policy", "prices", "exercises"}
    assert len(said["course"]) + len(said["help"]) == len(known)
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
    own = {"policy": {"write": "allow"}, "exercises": {"mine": {"problem": BREAD, "checks": ["True"]}}}
    (inner / "a.ipynb").write_text(json.dumps({"metadata": {"creator_magic": {"course": own}}}))
    said = [line.partition(" counts")[0].rpartition(": ") for line in looser(inner / "a.ipynb")]
    assert [what for *_, what in said] == [
        "[course] calls",
        "[help] most",
        "[limits] session_calls",
        "[policy] write",
        "[exercises.mine]",
    ]
    assert [where for where, *_ in said][-1] == "the metadata of a.ipynb"


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
