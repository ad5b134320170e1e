"""Which solves' code has come to a notebook: it is offered as a new cell once, also after a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.project_store.text import storable

if TYPE_CHECKING:
    import sqlite3


def add_offer(connection: sqlite3.Connection, notebook: str, asked: str) -> None:
    """Record that the code for what was `asked` has come to `notebook`."""
    connection.execute(
        "INSERT OR IGNORE INTO offers (notebook, asked) VALUES (?, ?)", (storable(notebook), asked)
    )


def was_offered(connection: sqlite3.Connection, notebook: str, asked: str) -> bool:
    """Tell whether the code for what was `asked` has come to `notebook` before."""
    row = connection.execute(
        "SELECT 1 FROM offers WHERE notebook = ? AND asked = ?", (storable(notebook), asked)
    ).fetchone()
    return row is not None
