"""What a course file says that counts for nothing, since one further up says something stricter."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from creator_magic.course.course_file import combined, course_files, fields_by_key, read_course

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from creator_magic.course.course import Course


def looser(folder: Path) -> tuple[str, ...]:
    """Return what the course files that hold in a folder say in vain, a sentence each.

    Raises
    ------
    CourseError
        If one of them cannot be read or understood.
    """
    files = course_files(folder)
    courses = [read_course(path) for path in files]
    return tuple(
        f"{files[number]}: {what} counts for nothing as far as it is looser than a course file further up"
        for number in range(1, len(files))
        for what in _in_vain(files[number], combined(courses[:number]), courses[number])
    )


def _in_vain(path: Path, outer: Course, nearer: Course) -> Iterator[str]:
    held = outer.narrowed(nearer)
    said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    for table, fields in fields_by_key().items():
        for key in said.get(table, {}):
            # A name restricts nothing.
            if key != "name" and getattr(held, fields[key]) != getattr(nearer, fields[key]):
                yield f"[{table}] {key}"
    yield from (f"[limits] {key}" for key, most in nearer.limits.items() if held.limits[key] != most)
    yield from (f"[policy] {key}" for key, verdict in nearer.policy.items() if held.policy[key] != verdict)
    for name, exercise in nearer.exercises.items():
        if held.exercises[name] != exercise:
            yield f"[exercises.{name}]"
