"""Which pages of memory were written since a paused copy of this process was made.

Linux tells of each page whether one process alone has it (`/proc/PID/pagemap`, bit 56). Right after
the copy was made both have every page together; the one that writes gets a page of its own.
"""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = mmap.PAGESIZE
_ENTRY = 8
_ALONE, _SWAPPED, _PRESENT = (np.uint64(1 << bit) for bit in (56, 62, 63))


class WrittenPages:
    """The pages that differ between this process and a copy of it.

    Parameters
    ----------
    pid : int
        The copy, paused.
    probe : mmap.mmap
        Two pages that were written before the copy was made, and the first of them since.

    Raises
    ------
    OSError
        If this system does not tell, or tells otherwise.
    """

    def __init__(self, pid: int, probe: mmap.mmap) -> None:
        self._pid = pid
        view = np.frombuffer(probe, np.uint8)
        if list(self.within(view.ctypes.data, 2 * _PAGE)) != [(0, _PAGE)]:
            message = "pages that were written are not told from others"
            raise OSError(message)

    def within(self, address: int, size: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of a piece of memory that may have been written, as offsets from its start.

        Parameters
        ----------
        address, size : int
            The piece of memory.
        """
        if not self._only_two():
            yield 0, size
            return
        first, last = address // _PAGE, (address + size - 1) // _PAGE
        here, there = (_pages(pid, first, last - first + 1) for pid in (os.getpid(), self._pid))
        written = ((here | there) & (_ALONE | _SWAPPED)) | ((here ^ there) & _PRESENT) != 0
        edges = np.flatnonzero(np.diff(written, prepend=False, append=False))
        for start, end in edges.reshape(-1, 2).tolist():
            begin = max(0, (first + start) * _PAGE - address)
            yield begin, min(size, (first + end) * _PAGE - address)

    def _only_two(self) -> bool:
        """Tell whether no other child may share pages with either, so that none of them looks alone."""
        children: set[str] = set()
        for thread in Path("/proc/self/task").iterdir():
            with suppress(OSError):
                children.update((thread / "children").read_text().split())
        return children <= {str(self._pid)}


def _pages(pid: int, first: int, count: int) -> Any:
    entries = np.zeros(count, np.uint64)
    view = entries.data.cast("B")
    with open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pagemap:  # noqa: PTH123 - no path but a table
        done = 0
        while done < len(view):
            read = os.preadv(pagemap.fileno(), [view[done:]], first * _ENTRY + done)
            if not read:
                message = "the process is gone"
                raise OSError(message)
            done += read
    return entries
