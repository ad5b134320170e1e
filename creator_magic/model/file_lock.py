"""A lock on a file between processes, where the system has one."""

from __future__ import annotations

import contextlib
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform == "win32":
    import msvcrt
    import os

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
