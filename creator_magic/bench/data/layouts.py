"""The layouts of published data, recognised by their own fields."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.bench.grading.number import whole_number
from creator_magic.bench.problem import BenchProblem
from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from creator_magic.bench.data.records import Record


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout of published data.

    Parameters
    ----------
    name : str
        What rows of results call such data.
    recognises : callable
        Whether a record is of it.
    problems : callable
        The problems of a record.
    usable : callable
        Whether its problems can be graded, as its own fields say.
    left_out : str
        Why those that cannot are left out.
    """

    name: str
    recognises: Callable[[Record], bool]
    problems: Callable[[Record], Iterator[BenchProblem]]
    usable: Callable[[Record], bool] = lambda _: True
    left_out: str = ""


def text_of(record: Record, column: str) -> str:
    """Return what stands in a column, as text.

    Parameters
    ----------
    record : Record
        The record.
    column : str
        The column.

    Raises
    ------
    InputError
        If it is not there, empty, or no text or number.
    """
    value = record.values.get(column)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError(f"In {record.place}, `{column}` is {value}, which is no answer.")
        value = f"{value:.0f}" if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, int):
        value = str(value)
    if value is None or not str(value).strip():
        raise InputError(f"In {record.place}, `{column}` is empty.")
    if not isinstance(value, str):
        raise InputError(f"In {record.place}, `{column}` is no text or number, but {type(value).__name__}.")
    return value.strip()


def boxed(solution: str) -> str:
    r"""Return what the last `\boxed` of a solution holds; empty if there is none.

    Parameters
    ----------
    solution : str
        LaTeX.
    """
    last = max(solution.rfind("\\boxed"), solution.rfind("\\fbox"))
    if last < 0:
        return ""
    behind = re.sub(r"^\\(?:boxed|fbox)\s*", "", solution[last:])
    if not behind.startswith("{"):
        return behind.partition("$")[0].strip()
    depth = 0
    for place, sign in enumerate(behind):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if not depth:
            return behind[1:place].strip()
    return ""


def _has(record: Record, *columns: str) -> bool:
    return all(column in record.values for column in columns)


def _said(record: Record, *columns: str) -> str:
    values = (record.values.get(column) for column in columns)
    return next((str(value).strip() for value in values if value is not None), "")


def _is_math(record: Record) -> bool:
    solved = _has(record, "problem", "solution") and bool(_said(record, "type", "subject"))
    return solved or (_has(record, "question", "answer") and _said(record, "level").startswith("Level"))


def _of_math(record: Record) -> Iterator[BenchProblem]:
    answer = _said(record, "answer") or boxed(_said(record, "solution"))
    if not answer:
        raise InputError(f"In {record.place}, the solution has no \\boxed answer.")
    yield BenchProblem(
        id=_said(record, "unique_id", "id").removesuffix(".json") or f"math-{record.key}",
        text=text_of(record, "problem" if _has(record, "problem") else "question"),
        answer=answer,
        graded_by="latex",
        data="math",
        level=_said(record, "level").removeprefix("Level").strip(),
        subject=_said(record, "type", "subject") or record.subject,
    )


def _is_tabmwp(record: Record) -> bool:
    return _has(record, "question", "answer", "table") and (
        _has(record, "ans_type") or _said(record, "table").startswith("Name:")
    )


def _of_tabmwp(record: Record) -> Iterator[BenchProblem]:
    table, title, unit = text_of(record, "table"), _said(record, "table_title"), _said(record, "unit")
    if not _has(record, "ans_type"):
        table = _EMPTY_HEADS.sub("", table)
    choices = tuple(map(str, record.values.get("choices") or ()))
    answer = text_of(record, "answer")
    number = _said(record, "ans_type").endswith("_number") or (
        not choices and whole_number(answer) is not None
    )
    parts = [
        f"{title}\n{table}" if title else table,
        text_of(record, "question"),
        "Choose one of: " + ", ".join(f"({chr(65 + n)}) {each}" for n, each in enumerate(choices))
        if choices
        else "",
        f"The answer's unit: {unit}" if unit else "",
    ]
    yield BenchProblem(
        id=_said(record, "id") or f"tabmwp-{record.key}",
        text="\n\n".join(filter(None, parts)),
        answer=answer,
        graded_by="number" if number else "text",
        data="tabmwp",
        level=_said(record, "grade", "level"),
        subject=_said(record, "ans_type"),
        choices=choices,
    )


def _is_creation_challenge(record: Record) -> bool:
    return _has(record, "question", "answer", "utility", "tool", "constant", "solution")


def _of_creation_challenge(record: Record) -> Iterator[BenchProblem]:
    constants = _said(record, "constant")
    question, answer = text_of(record, "question"), text_of(record, "answer")
    # The published answer is the last number that the gold code printed, which may be the 2 of "m/s^2".
    unit = answer in _EXPONENTS and re.search(rf"[A-Za-z]\^{answer}\b", _said(record, "solution"))
    told = {"utility": "utility", "arguments": "args", "returns": "return"}
    yield BenchProblem(
        id=_said(record, "id") or f"cc-{record.key}",
        text=question if _NO_CONSTANTS.fullmatch(constants) else f"{question}\n\nConstants:\n{constants}",
        answer=f"^{answer}" if unit else answer,
        data="creation_challenge",
        hints={hint: text for hint, column in told.items() if (text := _said(record, column))},
    )


def _usable(record: Record) -> bool:
    answer, flags = record.values["answer"], record.values.get("flags")
    if isinstance(answer, float) and not math.isfinite(answer):  # one published answer is infinite
        return False
    return not isinstance(flags, dict) or bool(flags.get("match_any") and not flags.get("nondeterministic"))


def _is_tool_transfer(record: Record) -> bool:
    return _has(record, "intro", "tool", "scn1", "ans1")


def _of_tool_transfer(record: Record) -> Iterator[BenchProblem]:
    for number in range(1, 1 + sum(bool(_SCENARIO.fullmatch(column)) for column in record.values)):
        yield BenchProblem(
            id=f"tt-{record.key}-{number}",
            text=text_of(record, f"scn{number}"),
            answer=text_of(record, f"ans{number}"),
            data="tool_transfer",
            group=f"tt-{record.key}",
            hints={"utility": text_of(record, "intro")},
        )


_EXACT = 1e16
_EXPONENTS = ("2", "3")
_EMPTY_HEADS = re.compile(r"^(?:Name|Unit): None\n", re.MULTILINE)
_NO_CONSTANTS = re.compile(r"(?:s\n)?[\s*-]*(?:none)?[\s.]*", re.IGNORECASE)
_SCENARIO = re.compile(r"scn[0-9]+")

LAYOUTS = (
    Layout("tool_transfer", _is_tool_transfer, _of_tool_transfer),
    Layout(
        "creation_challenge",
        _is_creation_challenge,
        _of_creation_challenge,
        _usable,
        "whose answer is infinite, not what their own code prints, or another from run to run",
    ),
    Layout("tabmwp", _is_tabmwp, _of_tabmwp),
    Layout("math", _is_math, _of_math),
)
"""Those that are recognised, the more particular ones first."""
