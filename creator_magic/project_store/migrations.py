"""What the file has held, version by version.

`PRAGMA user_version` says how many of these a file has. A migration that was ever released is
never changed: what is new comes as another one, at the end.
"""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # 1: what calls came to, and the exchanges themselves where a person wants them kept.
        """
        CREATE TABLE spending (
            day TEXT NOT NULL,                  -- as the person's clock had it, 2026-11-03
            notebook TEXT NOT NULL,
            model TEXT NOT NULL,
            calls INTEGER NOT NULL,
            prompt_tokens INTEGER NOT NULL,
            completion_tokens INTEGER NOT NULL,
            cached_tokens INTEGER NOT NULL,     -- part of prompt_tokens
            reasoning_tokens INTEGER NOT NULL,  -- part of completion_tokens
            seconds REAL NOT NULL,
            replayed INTEGER NOT NULL,          -- replies that were not called for
            broken_off INTEGER NOT NULL,        -- calls whose reply never ended: tokens unknown
            uncounted INTEGER NOT NULL,         -- calls whose tokens the endpoint did not tell
            PRIMARY KEY (day, notebook, model)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE exchanges (                -- empty unless the full log is on
            id INTEGER PRIMARY KEY,
            at TEXT NOT NULL,                   -- UTC, 2026-11-03T14:02:11.123456+00:00
            notebook TEXT NOT NULL,
            stage TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            model TEXT NOT NULL,
            origin TEXT NOT NULL,               -- called, replayed or scripted
            request TEXT NOT NULL,              -- [{"role": ..., "content": ...}, ...]
            reply TEXT NOT NULL,
            finish_reason TEXT,
            failure TEXT NOT NULL,              -- why there is no whole reply; else empty
            calls INTEGER NOT NULL,
            prompt_tokens INTEGER NOT NULL,
            completion_tokens INTEGER NOT NULL,
            cached_tokens INTEGER NOT NULL,
            reasoning_tokens INTEGER NOT NULL,
            seconds REAL NOT NULL
        )
        """,
        "CREATE INDEX exchanges_at ON exchanges (at)",
    ),
    (
        # 2: whose code was offered to a notebook as a new cell, so that it is not offered again.
        """
        CREATE TABLE offers (
            notebook TEXT NOT NULL,
            asked TEXT NOT NULL,                -- hash of the problem and of the options that matter
            PRIMARY KEY (notebook, asked)
        ) WITHOUT ROWID
        """,
    ),
)
"""The statements of each version, oldest first."""
