"""Locks on files between processes, where the system has them; they end with the process."""

from __future__ import annotations

import contextlib
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    # Locks are mandatory there; a byte far behind the end keeps the contents readable.
    _PLACE = 2**40

    @contextmanager
    def locked(handle: int, *, shared: bool = False) -> Iterator[None]:
        """Hold the lock of an open file; wait for it as long as another process holds it."""
        if shared:
            yield
            return
        _lock(handle, msvcrt.LK_LOCK)
        try:
            yield
        finally:
            _lock(handle, msvcrt.LK_UNLCK)

    @contextmanager
    def locked_path(path: Path) -> Iterator[None]:  # noqa: ARG001 - the same for every system
        """Hold the lock of a file or a folder; here an open file could not be renamed."""
        yield

    @contextmanager
    def abandoned(path: Path) -> Iterator[bool]:  # noqa: ARG001 - likewise
        """Tell whether nobody holds the lock of a file or a folder; here nobody can tell."""
        yield False

    def locked_until_closed(handle: int) -> bool:
        """Take the lock of an open file until it is closed; return whether nobody else holds it."""
        at = os.lseek(handle, 0, os.SEEK_CUR)
        os.lseek(handle, _PLACE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(handle, at, os.SEEK_SET)
        return True

    def _lock(handle: int, mode: int) -> None:
        at = os.lseek(handle, 0, os.SEEK_CUR)
        os.lseek(handle, _PLACE, os.SEEK_SET)
        with contextlib.suppress(OSError):
            msvcrt.locking(handle, mode, 1)
        os.lseek(handle, at, os.SEEK_SET)

else:
    import fcntl

    @contextmanager
    def locked(handle: int, *, shared: bool = False) -> Iterator[None]:
        """Hold the lock of an open file; wait for it as long as another process holds it.

        Parameters
        ----------
        handle : int
            The file's descriptor.
        shared : bool
            Whether others may hold it too, as readers do.
        """
        # Some network file systems know no locks; one appending write is the best they offer.
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_UN)

    @contextmanager
    def locked_path(path: Path) -> Iterator[None]:
        """Hold the lock of a file or a folder; wait for it as long as another process holds it.

        Raises
        ------
        OSError
            If it is not there, or may not be read.
        """
        handle = os.open(path, os.O_RDONLY)
        try:
            with locked(handle):
                yield
        finally:
            os.close(handle)

    @contextmanager
    def abandoned(path: Path) -> Iterator[bool]:
        """Tell whether nobody holds the lock of a file or a folder; if so, it is held meanwhile."""
        handle = os.open(path, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True
        finally:
            os.close(handle)

    def locked_until_closed(handle: int) -> bool:
        """Take the lock of an open file until it is closed; return whether nobody else holds it."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass  # the file system knows no locks
        return True
