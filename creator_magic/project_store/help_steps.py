"""The help that was taken in a project, as `creator_magic.course.steps` says it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from creator_magic.project_store.text import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


def add_help_step(connection: sqlite3.Connection, problem: str, level: int, step: Mapping[str, Any]) -> None:
    """Record a step of help with `problem`."""
    connection.execute(
        "INSERT INTO help_steps (problem, level, details) VALUES (?, ?, ?)",
        (problem, level, storable(json.dumps(dict(step), ensure_ascii=False))),
    )


def help_steps(connection: sqlite3.Connection, problem: str) -> list[dict[str, Any]]:
    """Return the steps of help with `problem`, oldest first."""
    rows = connection.execute("SELECT details FROM help_steps WHERE problem = ? ORDER BY id", (problem,))
    return [json.loads(details) for (details,) in rows]
