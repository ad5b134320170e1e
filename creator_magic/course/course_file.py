"""The course file, `creator.toml`: where it is found, and what several of them come to together.

A course that cannot be read closes everything: a spelling mistake must not open what a teacher closed.
"""

from __future__ import annotations

import json
from functools import reduce
from typing import TYPE_CHECKING, Any

from creator_magic.course.course import NO_COURSE, Course
from creator_magic.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "creator.toml"

METADATA = "course"
"""Where a notebook's metadata may hold the same: under `creator_magic`."""


def course_of(start: Path, notebook: Path | None = None) -> Course:
    """Return the course that a notebook belongs to.

    Parameters
    ----------
    start : Path
        The notebook's folder; the files of it and of all folders above it hold.
    notebook : Path or None
        The notebook's file, whose metadata may restrict further.

    Returns
    -------
    Course
        What all of them open; `NO_COURSE` where there is none.

    Raises
    ------
    CourseError
        If one of them cannot be read or understood.
    """
    courses = [read_course(path) for path in course_files(start)]
    if notebook is not None:
        courses += courses_in_metadata(notebook)
    course = combined(courses)
    if course.calls == "recorded" and course.recording is None:
        raise CourseError(
            f"{course.called} replays what is recorded, and its course file does not say where that is: "
            'recording = "…" is missing. Until it is there nothing of creator-magic runs here; '
            "tell your teacher."
        )
    return course


def course_files(start: Path) -> tuple[Path, ...]:
    """Return the course files that hold in a folder, the outermost first."""
    start = start.resolve()
    files = [path for folder in (start, *start.parents) if (path := folder / NAME).is_file()]
    return tuple(reversed(files))


def course_of_notebook(path: Path) -> Course:
    """Return the course that a notebook belongs to, by its file; raises as `course_of` does."""
    path = path.resolve()
    return course_of(path.parent, path)


def combined(courses: Sequence[Course]) -> Course:
    """Return what all of `courses`, the outermost first, open."""
    return reduce(Course.narrowed, courses, NO_COURSE)


def read_course(path: Path) -> Course:
    """Read a course file.

    Raises
    ------
    CourseError
        If it cannot be read, or says what is not understood; the message names the place.
    """
    import tomllib

    from creator_magic.course.course_reading import course_said

    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CourseError(
            f"The course file {path} cannot be read: {error}. Until it is mended nothing of creator-magic "
            "runs here; tell your teacher."
        ) from error
    return course_said(said, str(path), path.parent)


def said_in_metadata(notebook: Path) -> Any:
    """Return what a notebook's own metadata say of its course; None for nothing.

    A notebook that is damaged, or not saved yet, says nothing.
    """
    try:
        return json.loads(notebook.read_text(encoding="utf-8-sig"))["metadata"]["creator_magic"][METADATA]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def courses_in_metadata(notebook: Path) -> list[Course]:
    """Return the course of a notebook's own metadata, if they say any."""
    said = said_in_metadata(notebook)
    if said is None:
        return []
    from creator_magic.course.course_reading import course_said

    return [course_said(said, f"in the metadata of {notebook.name}", notebook.parent)]
