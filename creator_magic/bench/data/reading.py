"""The doors to problems: those of a file or folder, and our own."""

from __future__ import annotations

from importlib import resources
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.bench.data.columns import layout_of
from creator_magic.bench.data.layouts import LAYOUTS
from creator_magic.bench.data.problem_set import ProblemSet
from creator_magic.bench.data.records import records_of
from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from creator_magic.bench.problem import BenchProblem

_BUNDLED = "bundled.jsonl"


def read_problems(path: str | PathLike[str], columns: Mapping[str, str] | None = None) -> ProblemSet:
    """Read problems with known answers.

    The published files of MATH, TabMWP, Creation Challenge and ToolTransfer are recognised by their fields.
    Any other JSON Lines, JSON array or CSV needs to have columns named as the fields of `BenchProblem` are,
    or to be told which column is what.

    Parameters
    ----------
    path : path
        A file, or a folder of files of one layout.
    columns : mapping of str to str or None
        Which column is what, as `{"text": "question", "answer": "solution"}`. Where it is given, no
        published layout is looked for.

    Raises
    ------
    InputError
        If there is nothing to read, a record cannot be read, or two have the same id; it names the line.
    """
    path = Path(path)
    records = records_of(path)
    first = next(records, None)
    if first is None:
        raise InputError(f"There is no problem in {path}.")
    found = None if columns else next((each for each in LAYOUTS if each.recognises(first)), None)
    layout = found or layout_of(first, path, columns or {})
    places: dict[str, str] = {}
    problems: list[BenchProblem] = []
    number = unusable = 0
    for number, record in enumerate(chain([first], records), 1):  # noqa: B007 - how many there were
        if not layout.recognises(record):
            raise InputError(
                f"In {record.place} there are other columns than before: {', '.join(record.values)}."
            )
        if not layout.usable(record):
            unusable += 1
            continue
        for problem in layout.problems(record):
            if problem.id in places:
                raise InputError(
                    f"In {record.place}, the id {problem.id!r} is that of {places[problem.id]} already."
                )
            places[problem.id] = record.place
            problems.append(problem)
    left_out = f"{unusable:,} of {number:,} rows left out, {layout.left_out}" if unusable else ""
    return ProblemSet(layout.name, tuple(problems), left_out)


def bundled() -> ProblemSet:
    """Return our own problems, whose answers were checked: to see `bench` work, not to rank models."""
    with resources.as_file(resources.files(__package__) / _BUNDLED) as path:
        return read_problems(path)
