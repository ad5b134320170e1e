"""What a course file says that counts for nothing, since one further up says something stricter."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from creator_magic.course.course_file import (
    combined,
    course_files,
    courses_in_metadata,
    read_course,
    said_in_metadata,
)
from creator_magic.course.course_reading import fields_by_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from creator_magic.course.course import Course


def looser(notebook: Path) -> tuple[str, ...]:
    """Return what the course files that hold for a notebook, and its metadata, say in vain, a sentence each.

    Raises
    ------
    CourseError
        If one of them cannot be read or understood.
    """
    files = course_files(notebook.parent)
    said = [(str(path), tomllib.loads(path.read_text(encoding="utf-8-sig"))) for path in files]
    said += [(f"the metadata of {notebook.name}", each) for each in (said_in_metadata(notebook),) if each]
    courses = [*map(read_course, files), *courses_in_metadata(notebook)]
    return tuple(
        f"{where}: {what} counts for nothing as far as it is looser than a course file further up"
        for number, (where, tables) in enumerate(said)
        for what in (_in_vain(tables, combined(courses[:number]), courses[number]) if number else ())
    )


def _in_vain(said: dict[str, Any], outer: Course, nearer: Course) -> Iterator[str]:
    held = outer.narrowed(nearer)
    for table, fields in fields_by_key().items():
        for key in said.get(table, {}):
            # A name restricts nothing.
            if key != "name" and getattr(held, fields[key]) != getattr(nearer, fields[key]):
                yield f"[{table}] {key}"
    yield from (f"[limits] {key}" for key, most in nearer.limits.items() if held.limits[key] != most)
    yield from (f"[policy] {key}" for key, verdict in nearer.policy.items() if held.policy[key] != verdict)
    yield from (f"[prices.{name}]" for name, price in nearer.prices.items() if held.prices[name] != price)
    for name, exercise in nearer.exercises.items():
        if held.exercises.get(name) != exercise:
            yield f"[exercises.{name}]"
