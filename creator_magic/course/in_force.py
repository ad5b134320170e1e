"""The course in force in this process: what was once found to restrict it stays until the process ends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.course.course_file import combined, course_of

if TYPE_CHECKING:
    from creator_magic.course.course import Course

_found: list[Course] = []


def course_in_force(notebook: Path | None = None) -> Course:
    """Return the course that holds where this process works, and wherever it worked before.

    It is looked for from the working directory, and from the notebook that a Jupyter server says the
    kernel belongs to: neither changing the directory nor loading the extension again opens anything.

    Parameters
    ----------
    notebook : Path or None
        The notebook's file, where a front end has told it.

    Raises
    ------
    CourseError
        If a course file cannot be understood.
    """
    named = Path(os.environ.get("JPY_SESSION_NAME", ""))
    places = [course_of(Path.cwd())]
    files = (notebook, named if named.is_absolute() else Path.cwd() / named.name)
    places += [course_of(file.parent, file) for file in files if file is not None and file.is_file()]
    _found.extend(course for course in places if course.restricts and course not in _found)
    return combined(_found)
