"""Opening the project's file: patient with other kernels, careful with what it does not understand."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, TypeVar

from creator_magic.errors import StoreError
from creator_magic.project_store.migrations import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_T = TypeVar("_T")

PATIENCE = 5.0
"""Seconds to wait for another kernel's transaction; each takes about a millisecond."""

_WAIT_IN_C = 0.3
"""Seconds that SQLite itself waits; it hears no interrupt meanwhile."""

_PAUSE = 0.01
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk is full or fails",
    sqlite3.SQLITE_READONLY: "it may not be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened or made",
    sqlite3.SQLITE_PERM: "it may not be written",
}


def open_store(path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> sqlite3.Connection:
    """Open a project's file, made and brought up to date if need be.

    Parameters
    ----------
    path : Path
        Where it is; its folder is made too.
    migrations : sequence of sequences of str
        Every version's statements, oldest first.

    Returns
    -------
    sqlite3.Connection
        In autocommit mode; whoever writes begins a transaction.

    Raises
    ------
    StoreError
        If it cannot be opened, is damaged, or is of a newer version. It is then as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The time limit is set before any statement: even the first look may meet another's lock.
        connection = sqlite3.connect(path, timeout=_WAIT_IN_C, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise store_error(path, error) from error
    try:
        version = _version(connection)
        _check(connection, path, version, newest=len(migrations))
        # Unlike the default, readers and one writer do not wait for each other. Where a file system
        # cannot do it (some network drives), the default remains, and is only slower.
        patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
        # No fsync on the way: power lost in the wrong second costs a few counts, never the file.
        connection.execute("PRAGMA synchronous = NORMAL")
        # What is deleted, such as old exchanges, is overwritten and not only forgotten.
        connection.execute("PRAGMA secure_delete = ON")
        if version < len(migrations):
            _migrate(connection, migrations)
    except sqlite3.Error as error:
        connection.close()
        raise store_error(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open a file that somebody else keeps, and change nothing about it.

    Parameters
    ----------
    path : Path
        Where it is.

    Raises
    ------
    StoreError
        If it cannot be opened, or is of another version than this one reads.
    """
    try:
        connection = _connect_read_only(path, "mode=ro")
        try:
            version = _version(connection)
        except sqlite3.OperationalError:
            # Where no file may be made beside it, and so none tells of a writer, it is read as it stands.
            connection.close()
            connection = _connect_read_only(path, "mode=ro&immutable=1")
            version = _version(connection)
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    if version != len(MIGRATIONS):
        connection.close()
        raise StoreError(
            f"{_shown(path)} was kept by another version of creator-magic, and is not ours to change. "
            "Whoever keeps it can open it once with this version."
        )
    return connection


def _connect_read_only(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}",
        uri=True,
        timeout=_WAIT_IN_C,
        isolation_level=None,
        check_same_thread=False,
    )


def patiently(act: Callable[[], _T], patience: float | None = None) -> _T:
    """Return what `act` returns; while another connection is in its way, try again for a while."""
    end = time.monotonic() + (PATIENCE if patience is None else patience)
    while True:
        try:
            return act()
        except sqlite3.OperationalError as error:
            if _primary(error) not in _BUSY or time.monotonic() > end:
                raise
        time.sleep(_PAUSE)


def store_error(path: Path, error: Exception) -> StoreError:
    """Return what a person is told when the file cannot be used."""
    shown = _shown(path)
    if isinstance(error, OSError):
        return StoreError(f"{shown} cannot be used: {error.strerror or error}.")
    code = _primary(error)
    if code in _DAMAGED:
        return _damaged(path, str(error))
    if code in _BUSY:
        return StoreError(f"{shown} is held by another program.")
    return StoreError(f"{shown} cannot be used: {_REASONS.get(code, str(error))}.")


def _version(connection: sqlite3.Connection) -> int:
    return int(patiently(lambda: connection.execute("PRAGMA user_version").fetchone()[0]))


def _check(connection: sqlite3.Connection, path: Path, version: int, newest: int) -> None:
    """Refuse a newer file, and one that is damaged where every solve writes; nothing is written yet."""
    if version > newest:
        raise StoreError(
            f"{_shown(path)} was made by a newer version of creator-magic. It was left as it is; "
            "install that version to use it."
        )
    if version:
        # Not the whole file: a toolbox may be large, and this stands between two cells.
        found = patiently(lambda: connection.execute("PRAGMA quick_check('spending')").fetchone()[0])
        if found != "ok":
            raise _damaged(path, found)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]]) -> None:
    patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
    try:
        # Anew, now that nobody else writes: another kernel may have done it meanwhile.
        for statements in migrations[_version(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        patiently(lambda: connection.execute("COMMIT"))
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _primary(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _damaged(path: Path, how: str) -> StoreError:
    return StoreError(
        f"{_shown(path)} is damaged ({how.splitlines()[0]}). It was left as it is; "
        "move it away to begin anew."
    )
