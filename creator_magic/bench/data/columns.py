"""Data of any other layout: which column is what."""

from __future__ import annotations

import ast
import difflib
import json
import re
import shlex
from typing import TYPE_CHECKING, Any, get_args

from creator_magic.bench.data.layouts import Layout, text_of
from creator_magic.bench.grading.number import whole_number
from creator_magic.bench.problem import BenchProblem, GradedBy
from creator_magic.errors import InputError, meant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from creator_magic.bench.data.records import Record

FIELDS = ("id", "text", "answer", "graded_by", "level", "subject", "group", "choices", "hints")
"""What a column can be."""

_USUAL = {
    "text": ("text", "question", "problem", "prompt", "task", "input"),
    "answer": ("answer", "solution", "target", "label", "output"),
}
_UNDERSTOOD = {"text": ("text", "question", "problem"), "answer": ("answer",)}
_LATEX = re.compile(r"\\[A-Za-z]|[\^_]|^\$.*\$$")
_FINAL = re.compile(r"\A.*\n#### *", re.DOTALL)


def layout_of(record: Record, path: Path, columns: Mapping[str, str]) -> Layout:
    """Return the layout that `columns` say, or that the columns' own names do.

    Parameters
    ----------
    record : Record
        The first one.
    path : Path
        The file, which gives the data their name.
    columns : mapping of str to str
        Which column is what: a field of `FIELDS`, and the column.

    Raises
    ------
    InputError
        If a column is not there, or it is not said which holds the problem and which the answer.
    """
    there = list(record.values)
    for field, column in columns.items():
        if field not in FIELDS:
            raise InputError(f"A column cannot be {field!r}.{meant(field, FIELDS, ' It can be: ')}")
        if column not in there:
            raise InputError(f"{path.name} has no column {column!r}.{meant(column, there, ' It has: ')}")
    usual = {
        field: next((name for name in names if name in there), "") for field, names in _UNDERSTOOD.items()
    }
    known = {field: field for field in FIELDS} | usual | dict(columns)
    if not known["text"] or not known["answer"]:
        raise InputError(
            f"{path.name} is laid out as no data that are known. It has the columns {', '.join(there)}. "
            f"Say which is what: {' '.join(_advised(there, columns, known))}"
        )

    def problems(record: Record) -> Iterator[BenchProblem]:
        yield _problem(record, path.stem, known)

    return Layout(path.stem, lambda record: {known["text"], known["answer"]} <= set(record.values), problems)


def _advised(there: list[str], columns: Mapping[str, str], known: Mapping[str, str]) -> Iterator[str]:
    """Yield the options to paste, with the columns that are most likely meant."""
    for field in ("text", "answer"):
        close = (difflib.get_close_matches(name, there, 1, 0.7) for name in _USUAL[field])
        guess = known[field] or next((names[0] for names in close if names), "COLUMN")
        yield f"--column {shlex.quote(f'{field}={guess}')}"
    for field, column in columns.items():
        if field not in _USUAL:
            yield f"--column {shlex.quote(f'{field}={column}')}"


def _problem(record: Record, data: str, known: Mapping[str, str]) -> BenchProblem:
    def said(field: str) -> str:
        value = record.values.get(known.get(field, ""))
        return "" if value is None else str(value).strip()

    answer = _FINAL.sub("", text_of(record, known["answer"]))
    choices = _choices(record.values.get(known.get("choices", "")))
    graded_by = said("graded_by") or _kind(answer, choices)
    if graded_by not in get_args(GradedBy):
        kinds = ", ".join(get_args(GradedBy))
        raise InputError(f"In {record.place}, an answer cannot be graded by {graded_by!r}, but by {kinds}.")
    if graded_by == "number" and whole_number(answer) is None:
        raise InputError(f"In {record.place}, the answer {answer[:40]!r} is to be a number, and is none.")
    if graded_by == "check":
        _see_that_it_parses(answer, record)
    hints = record.values.get(known.get("hints", ""))
    return BenchProblem(
        id=said("id") or f"{data}-{record.key}",
        text=text_of(record, known["text"]),
        answer=answer,
        graded_by=graded_by,  # type: ignore[arg-type] # one of them, as was seen to
        data=data,
        level=said("level"),
        subject=said("subject") or record.subject,
        group=said("group"),
        hints={str(hint): str(text) for hint, text in hints.items()} if isinstance(hints, dict) else {},
        choices=choices,
    )


def _see_that_it_parses(check: str, record: Record) -> None:
    try:
        ast.parse(check, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"In {record.place}, the check {check[:40]!r} is no Python expression.") from error


def _kind(answer: str, choices: tuple[str, ...]) -> GradedBy:
    if choices:
        return "text"
    if whole_number(answer) is not None:
        return "latex" if "\\" in answer else "number"
    return "latex" if _LATEX.search(answer) else "text"


def _choices(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = [each.strip() for each in re.split(r"[|;]", value) if each.strip()]
    return tuple(map(str, value)) if isinstance(value, list) else ()
