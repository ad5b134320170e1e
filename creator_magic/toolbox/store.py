"""The tools of one toolbox, in its SQLite file: kept, revised, counted, forgotten and restored.

Nothing is deleted. A change is another revision, and a forgotten tool only leaves the lists.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from creator_magic.errors import InputError, StoreError, meant
from creator_magic.project_store import ProjectStore
from creator_magic.project_store.text import storable
from creator_magic.toolbox.search import Counts, Hit, count, index, is_complete, search
from creator_magic.toolbox.tool import Case, Evidence, Provenance, Revision, Tool

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_COLUMNS = (
    "tools.name, tools.uses, tools.successes, r.number, r.signature, r.summary, r.docstring, r.source, "
    "r.problem, r.details, r.at, r.reason"
)
_CURRENT = f"SELECT {_COLUMNS} FROM tools JOIN tool_revisions AS r ON r.id = tools.revision"  # noqa: S608 - constant


class NameTakenError(InputError):
    """Another tool of the toolbox has that name."""


@dataclass(frozen=True, slots=True)
class UseCount:
    """How often a tool counts in the log of uses.

    Parameters
    ----------
    name : str
        The tool.
    times : int
        How often it was made or used.
    since : int
        How many entries the log has since it was made, its own among them.
    """

    name: str
    times: int
    since: int


class ToolStore:
    """The tools in one file.

    Parameters
    ----------
    path : Path
        The file; it is made when the first tool is kept.
    read_only : bool
        Whether it is somebody else's.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._store = ProjectStore(path, read_only=read_only)

    def __repr__(self) -> str:
        return f"ToolStore({str(self.path)!r})"

    def add(self, tool: Tool, reason: str = "made") -> Tool:
        """Keep a new tool.

        Parameters
        ----------
        tool : Tool
            What is kept; its counts and number do not matter.
        reason : str
            Why, in a few words.

        Returns
        -------
        Tool
            As it is kept; the one that was there, if the toolbox has that very source under the name.

        Raises
        ------
        NameTakenError
            If another tool has the name.
        StoreError
            If the file cannot be used.
        """
        return self.add_all([tool], reason)[0]

    def add_all(self, tools: Sequence[Tool], reason: str = "made") -> tuple[Tool, ...]:
        """Keep several tools or none; otherwise as `add`."""
        with self._store.transaction() as connection:
            return tuple(_add(connection, tool, reason) for tool in tools)

    def revise(self, tool: Tool, reason: str) -> Tool:
        """Replace the tool of that name; what it was stays in its history.

        Raises
        ------
        InputError
            If there is no such tool.
        StoreError
            If the file cannot be used.
        """
        with self._store.transaction() as connection:
            found = _id_of(connection, tool.name)
            _write(connection, found, tool, reason)
            return _get(connection, tool.name)

    def used(self, name: str, *, solved: bool) -> None:
        """Count a use of a tool for a later problem.

        Parameters
        ----------
        name : str
            The tool.
        solved : bool
            Whether that problem was solved.
        """
        with self._store.transaction() as connection:
            found = _id_of(connection, name)
            connection.execute(
                "UPDATE tools SET uses = uses + 1, successes = successes + ? WHERE id = ?", (solved, found)
            )
            connection.execute(
                "INSERT INTO tool_uses (tool, at, solved) VALUES (?, ?, ?)", (found, _now(), solved)
            )

    def forget(self, names: Sequence[str]) -> None:
        """Take tools out of every list and search; they can be restored.

        Raises
        ------
        InputError
            If there is no such tool; then none is forgotten.
        """
        with self._store.transaction() as connection:
            for name in names:
                found = _id_of(connection, name)
                connection.execute(
                    "UPDATE tools SET forgotten = ? WHERE id = ?", (_last_of_all(connection, name), found)
                )

    def restore(self, name: str) -> Tool:
        """Bring back the tool of that name that was forgotten last.

        Raises
        ------
        InputError
            If none was forgotten, or another tool has taken the name meanwhile.
        """
        with self._store.transaction() as connection:
            row = connection.execute(
                "SELECT id FROM tools WHERE name = ? AND forgotten IS NOT NULL "
                "ORDER BY forgotten DESC, id DESC LIMIT 1",
                (storable(name),),
            ).fetchone()
            if row is None:
                forgotten = connection.execute(
                    "SELECT DISTINCT name FROM tools WHERE forgotten IS NOT NULL ORDER BY name"
                )
                others = [other for (other,) in forgotten]
                said = meant(name, others, " Forgotten were: ") if others else " None was."
                raise InputError(f"No tool {name} was forgotten.{said}")
            if _find(connection, name) is not None:
                raise NameTakenError(
                    f"Another tool has the name {name} now. Forget that one first; nothing was changed."
                )
            connection.execute("UPDATE tools SET forgotten = NULL WHERE id = ?", row)
            return _get(connection, name)

    def get(self, name: str) -> Tool:
        """Return a tool.

        Raises
        ------
        InputError
            If there is none of that name; close matches are named.
        """
        with self.reading() as connection:
            return _get(connection, name)

    def find(self, name: str) -> Tool | None:
        """Return a tool, or None if there is none of that name."""
        with self.reading() as connection:
            return None if connection is None or _find(connection, name) is None else _get(connection, name)

    def names(self, beginning: str = "") -> tuple[str, ...]:
        """Return the names of the tools that begin so, sorted."""
        with self.reading() as connection:
            if connection is None:
                return ()
            # As a range, so that the index serves.
            rows = connection.execute(
                "SELECT name FROM tools WHERE forgotten IS NULL AND name >= ? AND name < ? ORDER BY name",
                (beginning, beginning + "\U0010ffff"),
            )
            return tuple(name for (name,) in rows)

    def tools(self) -> tuple[Tool, ...]:
        """Return every tool in use, by name."""
        with self.reading() as connection:
            if connection is None:
                return ()
            rows = connection.execute(f"{_CURRENT} WHERE tools.forgotten IS NULL ORDER BY tools.name")
            return tuple(_revision(row).tool for row in rows)

    def forgotten(self) -> tuple[Tool, ...]:
        """Return the tools that were forgotten, by name."""
        with self.reading() as connection:
            if connection is None:
                return ()
            rows = connection.execute(f"{_CURRENT} WHERE tools.forgotten IS NOT NULL ORDER BY tools.name")
            return tuple(_revision(row).tool for row in rows)

    def history(self, name: str) -> tuple[Revision, ...]:
        """Return every revision of a tool, oldest first.

        Raises
        ------
        InputError
            If there is no such tool.
        """
        with self.reading() as connection:
            found = _id_of(connection, name)
            assert connection is not None, "a tool was found in it"  # noqa: S101 - for mypy
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM tool_revisions AS r JOIN tools ON tools.id = r.tool "  # noqa: S608
                "WHERE r.tool = ? ORDER BY r.number",
                (found,),
            )
            return tuple(map(_revision, rows))

    @property
    def exists(self) -> bool:
        """Whether there is a file, or may be."""
        return self._store.exists

    def counts(self, text: str) -> Counts:
        """Return how common the terms of a text are here."""
        with self._searching() as connection:
            return Counts({}) if connection is None else count(connection, text)

    def search(
        self, text: str, limit: int = 3, counts: Counts | None = None, least_share: float = 0.0
    ) -> tuple[Hit, ...]:
        """Return the tools that fit a text best.

        Parameters
        ----------
        text : str
            A problem, or words of a person's.
        limit : int
            How many at most.
        counts : Counts or None
            How common its terms are, where several toolboxes are searched for it.
        least_share : float
            What a tool must share of the weight of the terms, for the search to be worth its while.
        """
        with self._searching() as connection:
            if connection is None:
                return ()
            counts = counts or count(connection, text)
            return search(connection, counts, limit) if counts.best_share() >= least_share else ()

    def usage(self) -> tuple[UseCount, ...]:
        """Return how often each tool in use counts in the log of uses."""
        with self.reading() as connection:
            if connection is None:
                return ()
            rows = connection.execute(
                "SELECT tools.name, count(*), (SELECT max(id) FROM tool_uses) - min(tool_uses.id) + 1 "
                "FROM tools JOIN tool_uses ON tool_uses.tool = tools.id WHERE tools.forgotten IS NULL "
                "GROUP BY tools.id ORDER BY tools.name"
            )
            return tuple(UseCount(*row) for row in rows)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """Read the file's own tables, as of one moment; None where there is no file yet."""
        if not self.exists:
            yield None  # looking makes no file
            return
        with self._store.reading() as connection:
            yield connection

    @contextmanager
    def _searching(self) -> Iterator[sqlite3.Connection | None]:
        with self.reading() as connection:
            whole = connection is None or self.read_only or is_complete(connection)
            if whole:
                yield connection
        if not whole:
            # The file was mended: what is searched is made anew of what was saved.
            with self.writing() as connection:
                for found, row in _unindexed(connection):
                    index(connection, *found, _revision(row).tool)
            with self.reading() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write the file's own tables, in one transaction."""
        with self._store.transaction() as connection:
            yield connection

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._store.close()


def _add(connection: sqlite3.Connection, tool: Tool, reason: str) -> Tool:
    if _find(connection, tool.name) is not None:
        there = _get(connection, tool.name)
        if there.source == storable(tool.source):
            return there
        raise NameTakenError(f"The toolbox has another tool of the name {tool.name}.")
    cursor = connection.execute("INSERT INTO tools (name, revision) VALUES (?, 0)", (storable(tool.name),))
    found = int(cursor.lastrowid or 0)
    connection.execute("INSERT INTO tool_uses (tool, at) VALUES (?, ?)", (found, _now()))
    _write(connection, found, tool, reason)
    return _get(connection, tool.name)


def _write(connection: sqlite3.Connection, found: int, tool: Tool, reason: str) -> None:
    details = {
        "requirements": tool.requirements,
        "calls": tool.calls,
        "cases": [asdict(case) for case in tool.cases],
        "proposed": [asdict(case) for case in tool.proposed],
        "provenance": asdict(tool.provenance),
    }
    cursor = connection.execute(
        "INSERT INTO tool_revisions "
        "(tool, number, at, reason, signature, summary, docstring, source, problem, details) "
        "SELECT ?, 1 + count(*), ?, ?, ?, ?, ?, ?, ?, ? FROM tool_revisions WHERE tool = ?",
        (
            found,
            _now(),
            storable(reason),
            *map(storable, (tool.signature, tool.summary, tool.docstring, tool.source, tool.problem)),
            json.dumps(details),
            found,
        ),
    )
    revision = int(cursor.lastrowid or 0)
    connection.execute("UPDATE tools SET revision = ? WHERE id = ?", (revision, found))
    index(connection, revision, found, tool)


def _unindexed(connection: sqlite3.Connection) -> list[tuple[tuple[int, int], Sequence[Any]]]:
    """Return each revision that no search finds, as its id and its tool's, with what is kept of it."""
    rows = connection.execute(
        f"SELECT r.id, r.tool, {_COLUMNS} FROM tool_revisions AS r JOIN tools ON tools.id = r.tool "  # noqa: S608
        "WHERE r.id NOT IN (SELECT revision FROM tool_terms) ORDER BY r.id"
    ).fetchall()
    return [((revision, found), row) for revision, found, *row in rows]


def _find(connection: sqlite3.Connection, name: str) -> int | None:
    row = connection.execute(
        "SELECT id FROM tools WHERE name = ? AND forgotten IS NULL", (storable(name),)
    ).fetchone()
    return None if row is None else int(row[0])


def _id_of(connection: sqlite3.Connection | None, name: str) -> int:
    found = None if connection is None else _find(connection, name)
    if found is None:
        names = _names(connection)
        said = meant(name, names, " It has: ") if names else " It is empty."
        said = shorten(said, _LONGEST, placeholder=" …")
        raise InputError(f"The toolbox has no tool {name}. {shorten(said, _LONGEST, placeholder=' …')}")
    return found


_LONGEST = 200
"""Characters of a message that list names."""


def _names(connection: sqlite3.Connection | None) -> list[str]:
    if connection is None:
        return []
    return [name for (name,) in connection.execute("SELECT name FROM tools WHERE forgotten IS NULL")]


def _get(connection: sqlite3.Connection | None, name: str) -> Tool:
    found = _id_of(connection, name)
    assert connection is not None, "a tool was found in it"  # noqa: S101 - for mypy
    return _revision(connection.execute(f"{_CURRENT} WHERE tools.id = ?", (found,)).fetchone()).tool


def _revision(row: Sequence[Any]) -> Revision:
    name, uses, successes, number, *texts, at, reason = row
    try:
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a text is none")  # noqa: TRY301 - one way out
        signature, summary, docstring, source, problem, text = texts
        details = json.loads(text)
        tool = Tool(
            name=name,
            source=source,
            signature=signature,
            summary=summary,
            docstring=docstring,
            requirements=tuple(details["requirements"]),
            calls=tuple(details["calls"]),
            cases=_cases(details["cases"]),
            problem=problem,
            provenance=_provenance(details["provenance"]),
            revision=number,
            uses=uses,
            successes=successes,
            proposed=_cases(details.get("proposed", ())),  # which earlier revisions have not
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise StoreError(
            f"The tool {name} is damaged: what the toolbox holds of it cannot be read. "
            f"%tools forget {name} takes it out of the way."
        ) from error
    return Revision(tool, at, reason)


def _cases(kept: Sequence[dict[str, Any]]) -> tuple[Case, ...]:
    return tuple(Case(**{**case, "setup": tuple(case["setup"])}) for case in kept)


def _provenance(kept: dict[str, Any]) -> Provenance:
    evidence = kept["evidence"]
    if evidence is not None:
        evidence = Evidence(**{**evidence, "versions": tuple(evidence["versions"])})
    return Provenance(**{**kept, "borrowed": tuple(kept["borrowed"]), "evidence": evidence})


def _last_of_all(connection: sqlite3.Connection, name: str) -> str:
    """Return now, or the moment after the last time that a tool of the name was forgotten.

    The last comes back first, also where the clock was set back between the two.
    """
    last = connection.execute(
        "SELECT max(forgotten) FROM tools WHERE name = ?", (storable(name),)
    ).fetchone()[0]
    now = datetime.now(UTC)
    with suppress(ValueError, TypeError, OverflowError):
        now = max(now, datetime.fromisoformat(last) + timedelta(microseconds=1))
    return now.isoformat(timespec="microseconds")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
