"""Processes and what they come from: who descends from whom, what they take, and how they are ended.

Linux tells all of it. Elsewhere a process group stands in: what leaves the group is not found.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SET_DEATH_SIGNAL = 1
_SET_CHILD_SUBREAPER = 36
_PATIENCE = 5.0
"""Seconds for which processes are killed again that go on appearing."""


def die_with_parent(parent: int) -> None:
    """Let the system kill this process when `parent`, which forked it, is gone."""
    _prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent has ended, so that none gets lost."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def descendants(process: int) -> Iterator[int]:
    """Yield what `process` started, directly or not; nothing where the system does not tell."""
    waiting = deque([process])
    while waiting:
        for task in _listed(Path(f"/proc/{waiting.popleft()}/task")):
            with contextlib.suppress(OSError):
                children = [int(child) for child in (task / "children").read_bytes().split()]
                yield from children
                waiting.extend(children)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def resident(process: int) -> int:
    """Return the memory of its own that `process` has in use, in bytes; 0 if that cannot be told."""
    try:
        sizes = Path(f"/proc/{process}/statm").read_bytes().split()
        return (int(sizes[1]) - int(sizes[2])) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def address_space() -> int | None:
    """Return the size of this process's address space in bytes; None if that cannot be told."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return None


def end_all(group: int) -> None:
    """Kill the process group, then every child of this process, with what each of them started.

    A whole group dies at one stroke, so that not even a fork bomb outruns it; what has left the group is
    found as a descendant of this process (`adopt_orphans`).
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    deadline = time.monotonic() + _PATIENCE
    while _children_left() and time.monotonic() < deadline:
        for process in list(descendants(os.getpid())):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.002)


def _children_left() -> bool:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True
