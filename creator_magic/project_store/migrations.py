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
    (
        # 3: the toolbox. Nothing in it is ever deleted: a tool that is forgotten can be restored.
        """
        CREATE TABLE tools (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            revision INTEGER NOT NULL,          -- the current one, an id of `tool_revisions`
            uses INTEGER NOT NULL DEFAULT 0,
            successes INTEGER NOT NULL DEFAULT 0,
            forgotten TEXT                      -- when; NULL while it is in use
        )
        """,
        "CREATE UNIQUE INDEX tools_name ON tools (name) WHERE forgotten IS NULL",
        """
        CREATE TABLE tool_revisions (
            id INTEGER PRIMARY KEY,
            tool INTEGER NOT NULL,
            number INTEGER NOT NULL,            -- counted from 1 for each tool
            at TEXT NOT NULL,
            reason TEXT NOT NULL,
            signature TEXT NOT NULL,
            summary TEXT NOT NULL,
            docstring TEXT NOT NULL,
            source TEXT NOT NULL,
            problem TEXT NOT NULL,
            details TEXT NOT NULL,              -- JSON: requirements, calls, cases, provenance
            UNIQUE (tool, number)
        )
        """,
        """
        CREATE TABLE tool_uses (                -- a row when a tool is made, and for each use of it
            id INTEGER PRIMARY KEY,
            tool INTEGER NOT NULL,
            at TEXT NOT NULL,
            solved INTEGER                      -- NULL for its making
        )
        """,
        "CREATE INDEX tool_uses_tool ON tool_uses (tool)",
        # Searching: which revisions hold a term (rows of the index are never changed), how many do,
        # and the terms of each, view by view.
        """
        CREATE VIRTUAL TABLE tool_postings USING fts5(
            terms, content = '', detail = none, columnsize = 0, tokenize = "unicode61 remove_diacritics 0"
        )
        """,
        """
        CREATE TABLE tool_terms (
            revision INTEGER PRIMARY KEY,
            tool INTEGER NOT NULL,
            length INTEGER NOT NULL,
            views TEXT NOT NULL                 -- a line each: problem, name and signature, docstring
        )
        """,
        """
        CREATE TABLE term_counts (
            term TEXT PRIMARY KEY,              -- as in the postings; the empty one counts revisions
            revisions INTEGER NOT NULL,
            length INTEGER NOT NULL             -- of all of them, for the empty term
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE tool_embeddings (
            model TEXT NOT NULL,
            revision INTEGER NOT NULL,
            vector BLOB NOT NULL,               -- 32-bit floats, of length one, in the machine's order
            PRIMARY KEY (model, revision)
        ) WITHOUT ROWID
        """,
    ),
    (
        # 4: what was written or agreed to here, as hashes whose key lies with the person.
        "CREATE TABLE seals (seal BLOB PRIMARY KEY) WITHOUT ROWID",
    ),
    (
        # 5: what exploring a tool came to; a row for each trial that was finished.
        """
        CREATE TABLE trials (
            id INTEGER PRIMARY KEY,
            tool TEXT NOT NULL,
            version TEXT NOT NULL,              -- hash of the tool's code and of what it calls
            course TEXT NOT NULL,               -- the parts that were left out; usually none
            episode INTEGER NOT NULL,
            number INTEGER NOT NULL,
            query TEXT NOT NULL,
            terms TEXT NOT NULL,                -- of the query, as tools are searched by
            solved INTEGER,                     -- NULL where there is no verdict
            passed INTEGER NOT NULL,            -- whether it may serve as a demonstration
            code TEXT NOT NULL,                 -- the call that the answer rests on
            details TEXT NOT NULL,              -- JSON: turns, answer, reflection, judgement, provenance
            UNIQUE (tool, version, course, episode, number)
        )
        """,
    ),
    (
        # 6: the help that was taken, and the answers that were checked, of each problem.
        """
        CREATE TABLE help_steps (
            id INTEGER PRIMARY KEY,
            problem TEXT NOT NULL,              -- hash of its text
            level INTEGER NOT NULL,             -- 1 to 5; 0 for a check of the person's own answer
            details TEXT NOT NULL               -- JSON: the step, as a notebook's outputs carry it
        )
        """,
        "CREATE INDEX help_steps_problem ON help_steps (problem)",
    ),
)
"""The statements of each version, oldest first."""
