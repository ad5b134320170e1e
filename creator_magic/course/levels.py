"""Levels of help: which one a cell is given, by what its flag asks for and what the course opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.course.course import GIVEN, HELP
from creator_magic.errors import CourseError

if TYPE_CHECKING:
    from creator_magic.course.course import Course

QUESTION, HINT, SIGNATURE, TOOL, SOLUTION = 1, 2, 3, 4, 5
"""The levels: words, the tool's head and docstring, the tool, all."""


def level_given(course: Course, asked: int | None, taken: int, *, create: bool, stays: bool = False) -> int:
    """Return the level of help that a cell is given.

    Parameters
    ----------
    course : Course
        The course in force.
    asked : int or None
        What `--help-level` says, 1 to 4; None where it is not given: then it is the most that is open or,
        where levels open one after the other, the next.
    taken : int
        The highest level that was taken of this problem before; 0 for none.
    create : bool
        Whether only a tool is wanted.
    stays : bool
        Whether what was taken is to be shown again and not the next level, where the person did not run
        this cell alone: to run all cells of a notebook is no wish for more help.

    Raises
    ------
    CourseError
        If the course does not open what is asked for; the message says what is open.
    """
    most = min(course.most_level, TOOL if create else SOLUTION)
    following = min(taken + 1, most) if course.climbs else most
    if asked is None:
        return min(taken, most) if course.climbs and stays and taken else following
    if asked > most:
        way = "leave --help-level out" if course.climbs else f"use --help-level {most}"
        raise CourseError(
            f"{course.called} gives help up to {GIVEN[course.most_help]}. {named(asked)} is closed; {way}."
        )
    if course.climbs and asked > max(following, taken):
        raise CourseError(
            f"{course.called} gives one step of help after the other. The next one for this problem is "
            f"--help-level {following}, {GIVEN[HELP[following - 1]]}."
        )
    return asked


NOTHING_LEFT = (
    "The model answered with code, which is not shown here, and nothing else was left. Think about what is "
    "given and what is asked for, or ask your teacher."
)
"""What is shown where a question or a hint was nothing but code."""


def named(level: int) -> str:
    """Return a level's number and what it gives, as the beginning of a sentence."""
    return f"Level {level}, {GIVEN[HELP[level - 1]]},"


def what_comes_next(course: Course, level: int, *, says_level: bool, create: bool) -> str:
    """Say what help there is beyond a level, in a sentence.

    Parameters
    ----------
    course : Course
        The course in force.
    level : int
        The level that was given.
    says_level : bool
        Whether the cell says it itself, so that to run it again gives it again.
    create : bool
        Whether only a tool is wanted.
    """
    most = min(course.most_level, TOOL if create else SOLUTION)
    if level >= most:
        return ""
    how = "leave --help-level out" if level + 1 == SOLUTION else f"--help-level {level + 1}"
    if course.climbs and not says_level:
        how = "run this cell once more, by itself"
    return f"Still stuck? Next comes {GIVEN[HELP[level]]}: {how}."
