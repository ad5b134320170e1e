"""One recording for a whole class: its students replay it at once, in any order, and nobody is asked."""

from __future__ import annotations

import json
import math
import os
import shutil
import stat
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from creator_magic.accounts import Accounts
from creator_magic.build import Models, Toolboxes
from creator_magic.config import CreatorMagic
from creator_magic.course.course import Course
from creator_magic.errors import CourseError
from creator_magic.file_lock import locked
from creator_magic.project_store import ProjectStore
from creator_magic.toolbox.store import ToolStore
from creator_magic.toolbox.tool import Tool
from tests.conftest import environment
from tests.course.twelve_lessons import LESSONS, Lesson
from tests.course.write_twelve import COURSE_FILE, FOLDER, RECORDING, write_course
from tests.live_notebook import LiveNotebook
from tests.rights import WITHOUT_PRIVILEGES
from tests.test_solve_live import BREAD, DECISION, TOOL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.live_notebook import Ran
    from tests.model_server import ModelServer

CLASS = int(os.environ.get("CREATOR_TESTS_CLASS", "0"))
"""How many students go through all lessons, each in a kernel of its own; by default four share them."""

NOBODY = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "sk-none-0123456789abcdef"}
"""A network that refuses everything, and no model."""


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Path]:
    """The course's folder, which nobody may write, with a folder for students in it."""
    folder = tmp_path / "course"
    folder.mkdir()
    for name in ("creator.toml", RECORDING):
        shutil.copy(FOLDER / name, folder / name)
        (folder / name).chmod(stat.S_IRUSR)
    (folder / "students").mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    yield folder
    folder.chmod(stat.S_IRWXU)


def test_the_notebooks_are_what_the_lessons_say(tmp_path: Path) -> None:
    write_course(tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), f"write {path.name} anew"


@pytest.mark.timeout(3600 if CLASS else 180)
def test_a_whole_class_replays_at_once_in_any_order(course: Path) -> None:
    before = {path.name: path.read_bytes() for path in course.iterdir() if path.is_file()}
    # Whoever may read the recording can lock it, and keeps nobody waiting by that.
    with (course / RECORDING).open("rb") as file, locked(file.fileno()):
        _run_class(course)
    assert {path.name: path.read_bytes() for path in course.iterdir() if path.is_file()} == before


def _run_class(course: Path) -> None:
    if CLASS:
        # Each student has an order of their own.
        steps = [step for step in range(len(LESSONS)) if math.gcd(step, len(LESSONS)) == 1]
        orders = [_order(student, steps[student % len(steps)]) for student in range(CLASS)]
        for number in range(len(LESSONS)):
            _run_at_once(course, [[order[number]] for order in orders])
    else:
        _run_at_once(course, [LESSONS[student::4] for student in range(4)])


def _order(first: int, step: int) -> list[Lesson]:
    return [LESSONS[(first + step * number) % len(LESSONS)] for number in range(len(LESSONS))]


def _run_at_once(course: Path, lessons: Sequence[Sequence[Lesson]]) -> None:
    """Have each student go through some lessons, in a kernel of their own."""
    with ExitStack() as kernels:
        students = []
        for number, _ in enumerate(lessons):
            home = course / "students" / str(number)
            home.mkdir(exist_ok=True)
            own = {**NOBODY, "IPYTHONDIR": str(home / ".ipython")}
            students.append(kernels.enter_context(LiveNotebook(own, cwd=str(home))))
            students[-1].run(WITHOUT_PRIVILEGES)
        sent = [
            [(student, lesson, _send(student, lesson)) for lesson in theirs]
            for student, theirs in zip(students, lessons, strict=True)
        ]
        for theirs in sent:
            rans = theirs[0][0].gather_all([m for *_, messages in theirs for m in messages], timeout=300.0)
            for _, lesson, messages in theirs:
                _check(lesson, rans[: len(messages)])
                rans = rans[len(messages) :]


def _send(student: LiveNotebook, lesson: Lesson) -> list[str]:
    """Send a lesson's cells, the task with a hint before it, and then an answer to be checked."""
    flags, task = lesson.task.flags.split(" ", 1)[0], lesson.task.cell
    hint = task.replace(flags, f"{flags} --help-level 2", 1)
    before, after = lesson.cells[: lesson.number_of_task], lesson.cells[lesson.number_of_task :]
    answered = f"answer = {lesson.task.answer}\n%creator check {lesson.name}" if lesson.task.answer else ""
    sources = [*before, hint, *after, answered]
    return [student.send(source, f"{lesson.name}-{number}") for number, source in enumerate(sources)]


def _check(lesson: Lesson, rans: Sequence[Ran]) -> None:
    for ran in rans:
        assert ran.status == "ok", (lesson.name, ran.error)
    hint, solved, *after, checked = rans[lesson.number_of_task :]
    assert lesson.task.replies["help", 2] in hint.text
    assert solved.record["summary"]["answer_text"].strip() == lesson.task.answer, lesson.name
    assert solved.record["summary"]["calls"] == 0
    assert [ran.text.strip() for ran in after] == [said for _, said in lesson.after]
    if lesson.task.answer:
        assert "the check holds" in checked.text


def test_what_is_missing_is_told_in_plain_words_and_nobody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "creator.toml").write_text(COURSE_FILE, encoding="utf-8")
    task = LESSONS[0].task
    lines = (FOLDER / RECORDING).read_text("utf-8").splitlines()
    kept = [line for line in lines if json.loads(line)["asked"]["stage"] != "rectification"]
    (tmp_path / RECORDING).write_text("\n".join(kept) + "\n", encoding="utf-8")
    with LiveNotebook(NOBODY, cwd=str(tmp_path)) as student:
        student.run("%load_ext creator_magic")
        status = student.run("%creator").text
        assert f"Recorded: {RECORDING} of the course (only read), {len(kept)} replies" in status
        assert "Cassette: not used" in status
        begun = f"ReplayMissError: The recording of your course, {RECORDING}, holds no reply for "
        assert student.run(task.cell).error == (
            f"{begun}the mending of code that failed (attempt 2); other replies for this problem are there. "
            "Tell your teacher."
        )
        assert student.run(task.cell.replace("loaf.", "loaf!")).error == (
            f"{begun}the tool, but it holds a problem whose text is nearly this one. Was the text of the "
            "cell changed? Undo the change, or tell your teacher."
        )
        assert student.run(task.cell.replace("%%solve", '%%solve --hint "Round up."')).error == (
            f"{begun}the tool as it is asked here; it holds one with other hints (--hint). Undo that, or "
            "tell your teacher."
        )
        assert student.run("%%solve\nHow far is the moon?").error == (
            f"{begun}the tool: this problem is not in it. Tell your teacher."
        )
        assert "leave out --fresh" in student.run(task.cell.replace("%%solve", "%%solve --fresh")).error
        said = student.run("%creator doctor").text
        assert f"replays what {RECORDING} has recorded, " in said
        assert "no key is needed" in said
        assert "OPENAI_API_KEY" not in said
        (tmp_path / RECORDING).unlink()
        assert "is not there. Tell your teacher." in student.run(task.cell).error
        assert "tell your teacher" in student.run("%creator doctor").text


def test_where_only_recordings_count_nothing_else_is_asked(server: ModelServer, tmp_path: Path) -> None:
    environ = {**environment(server), "CREATOR_EMBEDDING_MODEL": "e"}
    searched = []
    for calls in ("open", "recorded"):
        settings = CreatorMagic(environ, course=Course("Baking", calls=calls))
        toolboxes = Toolboxes(settings, tmp_path)
        toolbox = toolboxes.current()
        if calls == "open":
            toolbox.own.add(Tool("net", 'def net(gross):\n    """Price of a loan."""', "net(gross)"))
        assert settings.embedding_model == "e"
        toolbox.candidates("the price of a loan")
        searched.append(len(server.requests))
        toolboxes.close()
    account = Accounts(settings, ProjectStore(tmp_path / "store.sqlite")).begin("")
    with pytest.raises(CourseError, match="names no recording"):
        Models(settings, tmp_path).solving(account)
    assert searched == [2, 2], "the tools and the problem are embedded where a model may be called"


def test_with_a_model_the_recording_goes_first_and_is_never_written(
    server: ModelServer, tmp_path: Path
) -> None:
    toml = COURSE_FILE.replace('"recorded"', '"open"\ntoolboxes = ["class.sqlite"]')
    (tmp_path / "creator.toml").write_text(toml, encoding="utf-8")
    shutil.copy(FOLDER / RECORDING, tmp_path / RECORDING)
    toolbox = ToolStore(tmp_path / "class.sqlite")
    toolbox.add(
        Tool(
            "net",
            'def net(gross):\n    """Return the net of a gross."""\n    return gross / 1.2',
            "net(gross)",
        )
    )
    toolbox.close()
    before = (tmp_path / RECORDING).read_bytes()
    task = LESSONS[0].task
    with LiveNotebook({**environment(server), "CREATOR_CASSETTE_MODE": "auto"}, cwd=str(tmp_path)) as student:
        student.run("%load_ext creator_magic")
        ran = student.run(task.cell)
        assert ran.status == "ok", ran.error
        assert not server.calls, "whichever model replied, the class replays it"
        assert "net" in student.run("%tools").text
        server.reply_with(TOOL, DECISION, TOOL, DECISION)
        assert student.run(f"%%solve\n{BREAD}").status == "ok"
        assert len(server.calls) == 2
        ran = student.run(task.cell.replace("%%solve", "%%solve --fresh --no-reuse"))
        assert len(server.calls) == 4, ran.error
        student.run("%config CreatorMagic.cassette_mode = 'off'")
        assert "Recorded:" not in student.run("%creator cassette").text
    assert (tmp_path / RECORDING).read_bytes() == before
    own = (tmp_path / ".creator" / "cassette.jsonl").read_text("utf-8")
    assert len(own.splitlines()) == 4


def test_a_variable_of_another_form_is_served_and_told(tmp_path: Path) -> None:
    for name in ("creator.toml", RECORDING):
        shutil.copy(FOLDER / name, tmp_path / name)
    lesson = next(lesson for lesson in LESSONS if lesson.name == "03_moyenne")
    with LiveNotebook(NOBODY, cwd=str(tmp_path)) as student:
        student.run("%load_ext creator_magic")
        student.run(f"{lesson.before[0]}\nnotes['remarque'] = None")
        ran = student.run(lesson.task.cell)
    assert ran.status == "ok", ran.error
    assert ran.record["summary"]["answer_text"].strip() == lesson.task.answer
    assert "was recorded where notes had another form" in ran.html
