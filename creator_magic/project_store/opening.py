"""Opening the project's file: patient with other kernels, careful with what it does not understand."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, TypeVar

from creator_magic.errors import StoreError
from creator_magic.project import STORE
from creator_magic.project_store.mending import is_emptied, mend, undisturbed
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


def open_store(
    path: Path,
    migrations: Sequence[Sequence[str]] = MIGRATIONS,
    tell: Callable[[str], object] = lambda _: None,
) -> sqlite3.Connection:
    """Open a project's file, made, brought up to date or mended if need be.

    Parameters
    ----------
    path : Path
        Where it is; its folder is made too.
    migrations : sequence of sequences of str
        Every version's statements, oldest first.
    tell : callable
        Told in a sentence or two of a damaged file that was moved aside.

    Returns
    -------
    sqlite3.Connection
        In autocommit mode; whoever writes begins a transaction.

    Raises
    ------
    StoreError
        If it cannot be opened, is of a newer version, or is damaged and cannot be moved aside. It is
        then as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with undisturbed(path, tell):
            try:
                return _opened(path, migrations)
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                if not is_damage(error):
                    raise
                tell(_mended(path, migrations, error))
                return _opened(path, migrations)
    except (OSError, sqlite3.Error) as error:
        raise store_error(path, error) from error


def mend_store(path: Path, error: Exception) -> str:
    """Move a file aside in which damage was met while it was open.

    Parameters
    ----------
    path : Path
        The file.
    error : Exception
        What was met.

    Returns
    -------
    str
        What a person should know of it.

    Raises
    ------
    StoreError
        If it cannot be moved aside. It is then as it was.
    """
    try:
        with undisturbed(path, lambda _: None):
            return _mended(path, MIGRATIONS, error)
    except (OSError, sqlite3.Error) as why:
        raise store_error(path, why) from error


def is_damage(error: Exception) -> bool:
    """Tell whether an error says that the file is damaged."""
    # Some messages of SQLite's quote what is in the file, as text.
    return isinstance(error, UnicodeDecodeError) or _primary(error) in _DAMAGED


def _mended(path: Path, migrations: Sequence[Sequence[str]], error: Exception) -> str:
    if _primary(error) == sqlite3.SQLITE_NOTADB and path.name != STORE:
        # A person named it, and may have meant another.
        raise StoreError(f"{_shown(path)} is no toolbox. It was left as it is; name another file.") from error
    damaged = f"{_shown(path)} is damaged ({_reason(error)})"
    try:
        return f"{damaged}. {mend(path, lambda part: _opened(part, migrations))}"
    except (OSError, sqlite3.Error) as why:
        raise StoreError(
            f"{damaged}, and cannot be moved aside: {_reason(why)}. It was left as it is."
        ) from error


def _opened(path: Path, migrations: Sequence[Sequence[str]]) -> sqlite3.Connection:
    if is_emptied(path):
        raise _damage("it is empty")
    # The time limit is set before any statement: even the first look may meet another's lock.
    connection = sqlite3.connect(path, timeout=_WAIT_IN_C, isolation_level=None, check_same_thread=False)
    try:
        version = _version(connection)
        _check(connection, path, version, newest=len(migrations))
        # Unlike the default, readers and one writer do not wait for each other. Where a file system
        # cannot do it (some network drives), the default remains, and is only slower.
        patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
        # No fsync on the way: power lost in the wrong second costs what came last, never the file.
        connection.execute("PRAGMA synchronous = NORMAL")
        # What is deleted, such as old exchanges, is overwritten and not only forgotten.
        connection.execute("PRAGMA secure_delete = ON")
        if version < len(migrations):
            _migrate(connection, migrations)
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
    except (sqlite3.Error, UnicodeDecodeError) as error:
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
    if _primary(error) in _BUSY:
        return StoreError(f"{shown} is held by another program.")
    if is_damage(error):
        return StoreError(f"{shown} is damaged ({_reason(error)}). It was left as it is.")
    return StoreError(f"{shown} cannot be used: {_reason(error)}.")


def _reason(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) else _REASONS.get(_primary(error))
    return said or str(error).partition("\n")[0]


def _version(connection: sqlite3.Connection) -> int:
    return int(patiently(lambda: connection.execute("PRAGMA user_version").fetchone()[0]))


def _check(connection: sqlite3.Connection, path: Path, version: int, newest: int) -> None:
    """Refuse a newer file, and one that is damaged where every solve writes; nothing is written yet."""
    if version > newest:
        raise StoreError(
            f"{_shown(path)} was made by a newer version of creator-magic. It was left as it is; "
            "install that version to use it."
        )
    if not version and connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise StoreError(f"{_shown(path)} is the database of another program. It was left as it is.")
    if version:
        # Not the whole file: a toolbox may be large, and this stands between two cells.
        found = patiently(lambda: connection.execute("PRAGMA quick_check('spending')").fetchone()[0])
        if found != "ok":
            raise _damage(found)


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


def _damage(how: str) -> sqlite3.DatabaseError:
    """Return what SQLite itself raises."""
    error = sqlite3.DatabaseError(how)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
