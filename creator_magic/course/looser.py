"""What a course file says that counts for nothing, since one further up says something stricter."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from creator_magic.course.course import NO_COURSE
from creator_magic.course.course_file import combined, course_files, read_course

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from creator_magic.course.course import Course

_SAID = {
    "doors": "[course] open",
    "methods": "[course] methods",
    "models": "[course] models",
    "endpoint": "[course] endpoint",
    "sharing": "[course] sharing",
    "calls": "[course] calls",
    "recording": "[course] recording",
    "toolboxes": "[course] toolboxes",
    "asks": "[course] ask",
    "most_help": "[help] most",
    "climbs": "[help] climb",
    "reveals_after": "[help] reveal",
    "hints_show": "[help] show",
}


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
        for what in _in_vain(combined(courses[:number]), courses[number])
    )


def _in_vain(outer: Course, nearer: Course) -> Iterator[str]:
    held = outer.narrowed(nearer)
    for each in fields(nearer):
        said: Any = getattr(nearer, each.name)
        if said == getattr(NO_COURSE, each.name):
            continue
        come_to: Any = getattr(held, each.name)
        if each.name in ("limits", "policy"):
            yield from (f"[{each.name}] {key}" for key in said if come_to[key] != said[key])
        elif each.name == "exercises":
            yield from (f"[exercises.{key}]" for key in said if come_to[key] != said[key])
        elif each.name in _SAID and come_to != said:
            yield _SAID[each.name]
