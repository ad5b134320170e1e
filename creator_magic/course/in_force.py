"""The course in force in this process: what was once found to restrict it stays until the process ends."""

from __future__ import annotations

import functools
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.course.course_file import combined, course_of

if TYPE_CHECKING:
    from creator_magic.course.course import Course

_found: list[Course] = []


def course_in_force(notebook: Path | None = None, begun_in: Path | None = None) -> Course:
    """Return the course that holds where this process works, and wherever it worked before.

    It is looked for from the working directory, from the one that the kernel began in, and from the
    notebook that a Jupyter server says the kernel belongs to: neither changing the directory nor loading
    the extension again opens anything.

    Parameters
    ----------
    notebook : Path or None
        The notebook's file, where a front end has told it.
    begun_in : Path or None
        The folder that the kernel was started in, where that is known.

    Raises
    ------
    CourseError
        If a course file cannot be understood.
    """
    folders = dict.fromkeys((Path.cwd(), *(() if begun_in is None else (begun_in,))))
    places = [course_of(folder) for folder in folders]
    names = {os.environ.get("JPY_SESSION_NAME", ""), _named_at_first(), str(notebook or "")}
    for name in names - {""}:
        # Front ends count from their own root, file runners from the notebook's folder.
        files = [Path(name)] if Path(name).is_absolute() else [each / Path(name).name for each in folders]
        places += [course_of(file.parent, file) for file in files if file.is_file()]
    _found.extend(course for course in places if course.restricts and course not in _found)
    return combined(_found)


@functools.cache
def _named_at_first() -> str:
    """Return the notebook that the environment named when the process began, where a system tells."""
    with suppress(OSError, UnicodeDecodeError):
        entries = Path("/proc/self/environ").read_bytes().split(b"\0")
        named = b"JPY_SESSION_NAME="
        return next((entry[len(named) :].decode() for entry in entries if entry.startswith(named)), "")
    return ""
