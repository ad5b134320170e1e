"""The project's file as a session holds it: opened at the first need, one transaction at a time."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import weakref
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from creator_magic.errors import StoreError
from creator_magic.project_store.mending import mended
from creator_magic.project_store.opening import (
    is_damage,
    mend_store,
    open_read_only,
    open_store,
    patiently,
    store_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class ProjectStore:
    """The project's file; nothing is opened or made before it is needed.

    Parameters
    ----------
    path : Path
        Where the file is, or will be.
    read_only : bool
        Whether it is somebody else's: then it is neither made, nor brought up to date, nor written.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None
        self._closing: weakref.finalize[Any, Any] | None = None
        self._inode = 0
        self._only_read = read_only
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"ProjectStore({self.path.name!r})"

    @property
    def exists(self) -> bool:
        """Whether there is something in the file, or may be; reading makes none."""
        try:
            return self.path.stat().st_size > 0
        except FileNotFoundError:
            return mended(self.path).exists()
        except OSError:
            return True

    @contextmanager
    def transaction(self, patience: float | None = None) -> Iterator[sqlite3.Connection]:
        """Write: all that is done within happens together, or not at all.

        Parameters
        ----------
        patience : float or None
            How long to wait for whoever else writes, in seconds; None for as long as elsewhere.

        Yields
        ------
        sqlite3.Connection
            In a transaction that nobody else writes beside.

        Raises
        ------
        StoreError
            If the file cannot be used; nothing was written.
        """
        with self._lock, self._explained():
            connection = self._open(to_write=True)
            patiently(lambda: connection.execute("BEGIN IMMEDIATE"), patience)
            try:
                yield connection
                patiently(lambda: connection.execute("COMMIT"))
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read: what is seen within is of one moment.

        Raises
        ------
        StoreError
            If the file cannot be used.
        """
        with self._lock, self._explained():
            connection = self._open()
            patiently(lambda: connection.execute("BEGIN"))
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    def settle(self) -> None:
        """Empty the journal beside the file, in which deleted text would linger.

        Raises
        ------
        StoreError
            If the file cannot be used.
        """
        with self._lock, self._explained():
            self._open(to_write=True).execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        if self._closing is not None:
            self._closing()
        self._connection = self._closing = None

    def _open(self, *, to_write: bool = False) -> sqlite3.Connection:
        replaced = self._inode != _inode(self.path)  # or deleted: what is written there, nobody would find
        if self._connection is not None and (replaced or (to_write and self._only_read)):
            self.close()
        if self._connection is None:
            self._connection = self._connected(to_write=to_write)
            self._inode = _inode(self.path)
            # Also at the end of the process: the last to close tidies up.
            self._closing = weakref.finalize(self, _close, self._connection, os.getpid())
        return self._connection

    def _connected(self, *, to_write: bool) -> sqlite3.Connection:
        self._only_read = self._read_only
        if self._read_only:
            return open_read_only(self.path)
        try:
            return open_store(self.path, tell=_say)
        except StoreError:
            if to_write:
                raise
            # In a folder that may only be read, what is there can be.
            with suppress(StoreError):
                connection = open_read_only(self.path)
                self._only_read = True
                return connection
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            opened = self._inode
            self.close()  # after a fault, the next use looks at the file anew
            if is_damage(error) and not self._read_only and opened == _inode(self.path):
                raise StoreError(f"{mend_store(self.path, error)} Run this again.") from error
            raise store_error(self.path, error) from error


def _say(notice: str) -> None:
    # Whoever uses the file goes on, with what could be saved, and shows what was asked for.
    print(notice, file=sys.stderr)  # noqa: T201


def _close(connection: sqlite3.Connection, pid: int) -> None:
    # A forked child must not close its parent's file: that would drop the parent's locks.
    if os.getpid() == pid:
        connection.close()


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0
