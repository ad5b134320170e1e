"""The seals of a project: what was written or agreed to here, as `creator_magic.seals` says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


def add_seals(connection: sqlite3.Connection, seals: Iterable[bytes]) -> None:
    """Record `seals`; those that are there already stay."""
    connection.executemany("INSERT OR IGNORE INTO seals (seal) VALUES (?)", [(seal,) for seal in seals])


def is_sealed(connection: sqlite3.Connection, seal: bytes) -> bool:
    """Tell whether `seal` was recorded."""
    return connection.execute("SELECT 1 FROM seals WHERE seal = ?", (seal,)).fetchone() is not None
