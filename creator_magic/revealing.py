"""`%creator reveal`: the whole solution of the problem that was stated last, where the course opens it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from creator_magic.course.course import NEVER
from creator_magic.course.levels import SOLUTION, TOOL, named
from creator_magic.course.steps import hints_id, problem_id
from creator_magic.errors import CourseError, InputError
from creator_magic.helped import Helped
from creator_magic.magic_cell import work_on_cell
from creator_magic.ports import Question
from creator_magic.tutoring import exercise_named

if TYPE_CHECKING:
    from creator_magic.course.course import Course
    from creator_magic.session import Session


def reveal(session: Session) -> None:
    """Solve the problem that was stated last, as `%%solve` would, below the cell that asks for it.

    Parameters
    ----------
    session : Session
        The shell's session.

    Raises
    ------
    CourseError
        If the course does not open the solution, or not yet.
    InputError
        If no problem was stated in this session.
    """
    if session.last_stated is None or session.shell is None:
        raise InputError("Which problem is it? Run its %%solve or %%create cell first, then reveal it.")
    text, options = session.last_stated
    asked, hints = problem_id(text), hints_id(options.hints)
    _check(session, text, hints)
    helped = Helped(asked, exercise_named(session, text), SOLUTION, revealed=True, hints=hints)
    options = replace(options, help_level=None, fresh=False)
    if session.settings.course.restricts and (options.hints or options.checks):
        question = Question("creation", 1, session.solving.problem(text, options), ())
        if not any(session.models.recorded([question])):
            # What opens is the solution of this problem, and a hint or a check may state another.
            options = replace(options, hints=(), checks=())
    work_on_cell(session.shell, session, text, options, create=False, helped=helped)


def _check(session: Session, text: str, hints: str) -> None:
    course, asked = session.settings.course, problem_id(text)
    course.check("solve")
    if course.most_help == "solution":
        taken = session.steps.taken(asked, hints)
        if course.climbs and taken < TOOL:
            raise CourseError(
                f"{course.called} gives one step of help after the other. {named(taken + 1)} comes next: "
                "run the cell of the problem again."
            )
        return
    if course.revealing == NEVER:
        raise CourseError(f"{course.called} does not show solutions. Ask your teacher about yours.")
    missing = course.revealing - session.steps.failed_answers(asked)
    if missing > 0:
        raise CourseError(
            f"{course.called} opens the solution {_after(course, missing)}. {_way(session, text)}"
        )


def _after(course: Course, missing: int) -> str:
    answers = (
        "one answer of yours was" if course.revealing == 1 else f"{course.revealing} answers of yours were"
    )
    still = f"; {missing} {'is' if missing == 1 else 'are'} missing" if missing < course.revealing else ""
    return f"after {answers} checked and did not pass{still}"


def _way(session: Session, text: str) -> str:
    if not session.settings.course.exercises:
        return "There are no checks of this problem; ask your teacher."
    name = exercise_named(session, text)
    return f"Write your own cell, run it, then: %creator check {shlex.quote(name) if name else 'NAME'}"
