"""What can still be read out of a damaged project's file: row by row, whatever page is broken.

A table is read from its beginning until that fails, from its end until that fails, and in between
by number, each of which finds its own way through the tree of pages.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creator_magic.project_store.mending import WITH_THE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = tuple[Any, ...]

_TABLES = {
    "spending": ("day", "notebook", "model"),
    "exchanges": ("id",),
    "offers": ("notebook", "asked"),
    "tools": ("id",),
    "tool_revisions": ("id",),
    "tool_uses": ("id",),
    "tool_embeddings": ("model", "revision"),
    "trials": ("id",),
}
"""What is kept, and its keys. The tables for searching are made of it anew."""

_TYPES: dict[str, tuple[type, ...]] = {
    "TEXT": (str,),
    "INTEGER": (int,),
    "REAL": (float, int),
    "BLOB": (bytes,),
}
_SMALLEST = 64
"""Bytes that a row takes at least, about: says how many numbers to try one by one."""


def salvage(damaged: Path, new: sqlite3.Connection) -> int:
    """Put what can be read of a damaged file into a new one.

    Parameters
    ----------
    damaged : Path
        The file; it is only copied.
    new : sqlite3.Connection
        An empty one of the newest version.

    Returns
    -------
    int
        How many tools there are in it.

    Raises
    ------
    OSError
        If there is no room for a copy.
    sqlite3.Error
        If the new one cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="creator-salvage-") as folder:
        copy = Path(folder) / damaged.name
        for end in ("", *WITH_THE_FILE):
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{damaged}{end}", f"{copy}{end}")
        most = copy.stat().st_size // _SMALLEST
        with closing(sqlite3.connect(copy, isolation_level=None)) as old:
            old.text_factory = _text
            old.execute("PRAGMA writable_schema = ON")  # an index that cannot be read hides no table
            new.execute("BEGIN")
            for name, keys in _TABLES.items():
                _Table(old, new, name, keys, most).copy()
            _join_what_belongs_together(new)
            new.execute("COMMIT")
    return int(new.execute("SELECT count(*) FROM tools").fetchone()[0])


@dataclass
class _Table:
    old: sqlite3.Connection
    new: sqlite3.Connection
    name: str
    keys: tuple[str, ...]
    most: int

    def copy(self) -> None:
        """Copy the rows that are whole."""
        columns = self.new.execute(f"PRAGMA table_info({self.name})").fetchall()
        names = [name for _, name, *_ in columns]
        checks = [(_TYPES[kind], bool(needed or key)) for _, _, kind, needed, _, key in columns]
        places = [names.index(key) for key in self.keys]
        insert = f"INSERT OR IGNORE INTO {self.name} VALUES ({', '.join('?' * len(names))})"  # noqa: S608
        for row in self._rows(f"SELECT {', '.join(names)} FROM {self.name}", places):  # noqa: S608
            if all(_fits(value, *check) for value, check in zip(row, checks, strict=True)):
                with suppress(sqlite3.IntegrityError, OverflowError):
                    self.new.execute(insert, row)

    def _rows(self, select: str, places: list[int]) -> Iterator[Row]:
        low = high = None
        for key, row in self._until_it_fails(f"{select} ORDER BY {', '.join(self.keys)}", places):
            low = key
            yield row
        backwards = ", ".join(f"{key} DESC" for key in self.keys)
        for key, row in self._until_it_fails(f"{select} ORDER BY {backwards}", places):
            if key == low:
                return
            high = key
            yield row
        if self.keys == ("id",):
            start = _number(low, 0) + 1
            for number in range(start, min(_number(high, start + self.most), start + self.most)):
                with suppress(sqlite3.Error, UnicodeDecodeError):
                    yield from self.old.execute(f"{select} WHERE id = ?", (number,))

    def _until_it_fails(self, query: str, places: list[int]) -> Iterator[tuple[Row, Row]]:
        """Yield rows with their keys as long as none comes again: damaged pages may lead in a circle."""
        seen = set()
        with suppress(sqlite3.Error, UnicodeDecodeError):
            for row in self.old.execute(query):
                key = tuple(row[place] for place in places)
                if key in seen:
                    return
                seen.add(key)
                yield key, row


def _join_what_belongs_together(new: sqlite3.Connection) -> None:
    """Give each tool a revision, and each revision a tool; what has none is of no use."""
    new.execute("DELETE FROM tool_revisions WHERE NOT json_valid(details)")
    new.execute("DELETE FROM tools WHERE id NOT IN (SELECT tool FROM tool_revisions)")
    new.execute(
        "UPDATE tools SET revision = (SELECT max(id) FROM tool_revisions WHERE tool = tools.id) "
        "WHERE revision NOT IN (SELECT id FROM tool_revisions WHERE tool = tools.id)"
    )
    new.execute(
        "INSERT OR IGNORE INTO tools (id, name, revision) "
        "SELECT tool, substr(signature, 1, instr(signature, '(') - 1), max(id) FROM tool_revisions "
        "WHERE tool NOT IN (SELECT id FROM tools) AND instr(signature, '(') > 1 GROUP BY tool"
    )
    new.execute("DELETE FROM tool_revisions WHERE tool NOT IN (SELECT id FROM tools)")


def _number(key: Row | None, otherwise: int) -> int:
    return key[0] if key is not None and isinstance(key[0], int) else otherwise


def _fits(value: object, kinds: tuple[type, ...], needed: bool) -> bool:
    return isinstance(value, kinds) or (value is None and not needed)


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw  # no text, and so no row that is whole
