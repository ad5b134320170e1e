"""Trials of tools in the project's file: a row for each, written whole when it is finished."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

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
    terms : str
        The terms of that, with blanks.
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
    terms: str
    solved: bool | None
    passed: bool
    code: str
    details: str


_COLUMNS = tuple(column.name for column in fields(TrialRow))


def add_trial(connection: sqlite3.Connection, row: TrialRow) -> bool:
    """Add a finished trial, within a transaction.

    Returns
    -------
    bool
        Whether it was added; False where another kernel has finished the same one meanwhile.
    """
    places = ", ".join("?" * len(_COLUMNS))
    kept = {**asdict(row), "query": storable(row.query), "code": storable(row.code)}
    cursor = connection.execute(
        f"INSERT OR IGNORE INTO trials ({', '.join(_COLUMNS)}) VALUES ({places})",  # noqa: S608
        tuple(kept.values()),
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
    found = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM trials WHERE tool = ? AND version = ? AND course = ? "  # noqa: S608
        "ORDER BY episode, number",
        (tool, version, course),
    )
    rows = (TrialRow(*row) for row in found)
    return [replace(row, solved=_verdict(row.solved), passed=bool(row.passed)) for row in rows]


def passed_terms(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return the tool and the terms of each trial that may serve as a demonstration."""
    return connection.execute("SELECT tool, terms FROM trials WHERE passed AND course = ''").fetchall()


def version_counts(connection: sqlite3.Connection, tool: str) -> list[tuple[str, int, int, int]]:
    """Return each version of a tool that has trials, the first explored first: trials, solved, passed."""
    return connection.execute(
        "SELECT version, count(*), total(solved), total(passed) FROM trials WHERE tool = ? AND course = '' "
        "GROUP BY version ORDER BY min(id)",
        (tool,),
    ).fetchall()


def explored_versions(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return the name and version of each tool that has trials, by name, the last explored one last."""
    return connection.execute(
        "SELECT tool, version FROM trials WHERE course = '' GROUP BY tool, version ORDER BY tool, max(id)"
    ).fetchall()


def _verdict(solved: int | None) -> bool | None:
    return None if solved is None else bool(solved)
