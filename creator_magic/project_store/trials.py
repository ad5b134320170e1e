"""Trials of tools in the project's file: a row for each, written whole when it is finished."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from creator_magic.project_store.text import storable

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial as it is kept.

    Parameters
    ----------
    tool, version : str
        The tool's name, and the hash of its code.
    course : str
        The parts of exploring that were left out.
    episode, number : int
        Which trial it is.
    query : str
        What was imagined.
    solved : bool or None
        The verdict.
    passed : bool
        Whether it may serve as a demonstration.
    code : str
        The call that the answer rests on; empty where none ran to its end.
    details : str
        Everything else, as JSON.
    """

    tool: str
    version: str
    course: str
    episode: int
    number: int
    query: str
    solved: bool | None
    passed: bool
    code: str
    details: str


_COLUMNS = "tool, version, course, episode, number, query, solved, passed, code, details"


def add_trial(connection: sqlite3.Connection, row: TrialRow) -> bool:
    """Add a finished trial, within a transaction.

    Returns
    -------
    bool
        Whether it was added; False where another kernel has finished the same one meanwhile.
    """
    values = (
        row.tool,
        row.version,
        row.course,
        row.episode,
        row.number,
        storable(row.query),
        row.solved,
        row.passed,
        storable(row.code),
        row.details,
    )
    cursor = connection.execute(
        f"INSERT OR IGNORE INTO trials ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        values,
    )
    return cursor.rowcount == 1


def read_trials(connection: sqlite3.Connection, tool: str, version: str, course: str = "") -> list[TrialRow]:
    """Return the trials of a version of a tool, in their order.

    Parameters
    ----------
    connection : sqlite3.Connection
        The project's file.
    tool, version, course : str
        Which.
    """
    cursor = connection.execute(
        f"SELECT {_COLUMNS} FROM trials WHERE tool = ? AND version = ? AND course = ? "  # noqa: S608
        "ORDER BY episode, number",
        (tool, version, course),
    )
    return [
        TrialRow(
            tool=tool,
            version=version,
            course=course,
            episode=row["episode"],
            number=row["number"],
            query=row["query"],
            solved=None if row["solved"] is None else bool(row["solved"]),
            passed=bool(row["passed"]),
            code=row["code"],
            details=row["details"],
        )
        for row in map(partial(_named, cursor), cursor)
    ]


def explored_versions(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return the name and version of each tool that has trials, by name, the last explored one last."""
    return connection.execute(
        "SELECT tool, version FROM trials WHERE course = '' GROUP BY tool, version ORDER BY tool, max(id)"
    ).fetchall()


def _named(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip((name for name, *_ in cursor.description), row, strict=True))
