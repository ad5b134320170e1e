"""The full log: whole exchanges across sessions, kept only where a person turned it on, and not for ever."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from creator_magic.exchange_log import LoggedExchange
from creator_magic.ports import Message, Usage
from creator_magic.project_store.text import storable

if TYPE_CHECKING:
    from collections.abc import Iterable

_ADD = """
    INSERT INTO exchanges (
        at, notebook, stage, attempt, model, origin, request, reply, finish_reason, failure,
        calls, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, seconds
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_READ = """
    SELECT id, at, notebook, stage, attempt, model, origin, request, reply, finish_reason, failure,
        calls, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, seconds
    FROM exchanges WHERE :number IS NULL OR id = :number ORDER BY id DESC LIMIT :most
"""


def add_exchanges(connection: sqlite3.Connection, exchanges: Iterable[LoggedExchange]) -> None:
    """Keep `exchanges`, texts and all."""
    connection.executemany(
        _ADD,
        [
            (
                e.at.astimezone(UTC).isoformat(timespec="microseconds"),
                storable(e.notebook),
                e.stage,
                e.attempt,
                storable(e.model),
                e.origin,
                # In ASCII, so that lone surrogates are kept as they were sent.
                json.dumps([{"role": m.role, "content": m.content} for m in e.request]),
                storable(e.reply),
                None if e.finish_reason is None else storable(e.finish_reason),
                storable(e.failure),
                e.usage.calls,
                e.usage.prompt_tokens,
                e.usage.completion_tokens,
                e.usage.cached_tokens,
                e.usage.reasoning_tokens,
                e.seconds,
            )
            for e in exchanges
        ],
    )


def read_exchanges(
    connection: sqlite3.Connection, most: int, number: int | None = None
) -> tuple[LoggedExchange, ...]:
    """Return the newest exchanges, newest last.

    Parameters
    ----------
    connection : sqlite3.Connection
        The project's file.
    most : int
        How many at most.
    number : int or None
        Only the one with this number.
    """
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    rows = cursor.execute(_READ, {"number": number, "most": most}).fetchall()
    return tuple(found for row in reversed(rows) if (found := _exchange(row)) is not None)


def forget_exchanges(connection: sqlite3.Connection, days: int) -> int:
    """Delete the exchanges that are older than `days`, and return how many there were."""
    oldest = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
    return connection.execute("DELETE FROM exchanges WHERE at < ?", (oldest,)).rowcount


def _exchange(row: sqlite3.Row) -> LoggedExchange | None:
    try:
        at = datetime.fromisoformat(row["at"])
        request = tuple(Message(m["role"], m["content"]) for m in json.loads(row["request"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None  # damaged; the rest of the log is not
    return LoggedExchange(
        at=at,
        stage=row["stage"],
        attempt=row["attempt"],
        model=row["model"],
        request=request,
        reply=row["reply"],
        origin=row["origin"],
        finish_reason=row["finish_reason"],
        usage=Usage(
            row["calls"],
            row["prompt_tokens"],
            row["completion_tokens"],
            row["cached_tokens"],
            row["reasoning_tokens"],
        ),
        seconds=row["seconds"],
        failure=row["failure"],
        notebook=row["notebook"],
        number=row["id"],
    )
