"""Recording a course: the teacher's model is asked once for what students can come to ask."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from creator_magic.accounts import Accounts
from creator_magic.build import Models
from creator_magic.config import CreatorMagic
from creator_magic.course.course_file import NAME, course_files, course_of_notebook
from creator_magic.errors import CourseError, InputError
from creator_magic.model.cassette_file import Cassette
from creator_magic.model.money import money_for
from creator_magic.project import STORE, kept_in, project_folder
from creator_magic.project_store import ProjectStore
from creator_magic.question_words import in_words
from creator_magic.working import makes_tool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from creator_magic.model.limited import Limit
    from creator_magic.model.money import Money
    from creator_magic.ports import Question
    from creator_magic.spending import Spent


class Recorder:
    """Asks the model that is set for what a course's recording lacks, and appends the replies.

    What the teacher's own project has recorded already is taken from there, and costs nothing. The course's
    models, endpoint and sharing hold here too; its limits are for students.

    Parameters
    ----------
    notebook : Path
        A notebook of the course.
    limit : Limit
        What all calls together are held to.
    tell : callable
        Told of each reply in a line, which shows nothing of it.

    Raises
    ------
    CourseError
        If the notebook belongs to no course, or the course names no recording.
    InputError
        If the recording or a course file may not be written: whoever may not is not the teacher.
    """

    def __init__(self, notebook: Path, limit: Limit, tell: Callable[[str], object]) -> None:
        path = notebook.resolve()
        course = course_of_notebook(path)
        self.recording = recording_of(notebook)
        _check_teacher(path, self.recording)
        self._tell = tell
        self._cassette = Cassette(self.recording)
        project = project_folder(path.parent)
        self._settings = CreatorMagic(course=replace(course, calls="open", recording=None, limits={}))
        self._store = ProjectStore(kept_in(project, STORE))
        self._accounts = Accounts(self._settings, self._store)
        self._models = Models(self._settings, project)
        self._account = self._accounts.begin(self.recording.name, limit)
        self.new: Counter[str] = Counter()

    def __call__(self, question: Question) -> None:
        """Have a reply recorded.

        Raises
        ------
        ModelError
            If the model cannot be asked.
        LimitError
            If the limit is reached.
        InputError
            If the recording cannot be written.
        """
        apart = self._models.creating(self._account) if makes_tool(question) else None
        model = apart or self._models.solving(self._account)
        reply = model.ask(question, lambda _: None)
        name = self._settings.model_name() or reply.model
        scripted = reply.origin == "scripted"
        try:
            self._cassette.add(question, reply, name, scripted=scripted)
        except OSError as error:
            raise InputError(
                f"the recording {self.recording} cannot be written: {error.strerror or error}"
            ) from error
        self.new[reply.origin] += 1
        said = question.problem.text.strip().partition("\n")[0]
        self._tell(f"{in_words(question.stage, question.attempt)}, {reply.origin}: {said}")

    @property
    def spent(self) -> Spent:
        """What all calls came to."""
        return self._accounts.solve.total

    @property
    def money(self) -> Money | None:
        """What all calls cost, by the teacher's prices; None without any."""
        return money_for(self._accounts.solve, self._settings.prices)

    def close(self) -> None:
        """Keep the counts, and close the files."""
        self._accounts.keep()
        self._accounts.close()
        self._store.close()


def recording_of(notebook: Path) -> Path:
    """Return the recording of the course that a notebook belongs to.

    Raises
    ------
    CourseError
        If it belongs to none, or the course names none.
    """
    course = course_of_notebook(notebook)
    if not course.restricts:
        raise CourseError(f"{notebook} belongs to no course: no {NAME} is beside it or in a folder above")
    if course.recording is None:
        raise CourseError(
            f"the course of {notebook} names no recording. Add to {NAME}, under [course]: recording = "
            '"recording.jsonl"'
        )
    return course.recording


def _check_teacher(notebook: Path, recording: Path) -> None:
    """Refuse whoever may not write the course's files: a course is recorded by who can change it."""
    written = recording if recording.exists() else recording.parent
    for path in (*course_files(notebook.parent), written):
        if not os.access(path, os.W_OK):
            raise InputError(f"{path} may not be written by you; a course is recorded by who may")
