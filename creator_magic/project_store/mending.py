"""A damaged project's file: moved aside, and a new one begun with what can be read of it.

A process may die at any of these steps. The new file is complete before it gets its second name, and
whoever finds it under that one goes on from there. All of it happens under the lock of the folder,
which is also held by whoever opens the file: nobody writes to a file that is about to be replaced.
"""

from __future__ import annotations

import os
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from creator_magic.damaged_files import set_aside
from creator_magic.file_lock import locked_path

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

WITH_THE_FILE = ("-wal", "-journal")
"""Ends of the names of files beside it, without which it is not whole."""


@contextmanager
def undisturbed(path: Path, tell: Callable[[str], object]) -> Iterator[None]:
    """Let no other process open or replace a project's file meanwhile.

    Parameters
    ----------
    path : Path
        The file.
    tell : callable
        Told of a damaged file that was moved aside because another process had died over it.

    Raises
    ------
    OSError
        If its folder cannot be looked into.
    """
    with locked_path(path.parent):
        if mended(path).exists():
            aside = _put_in_place(path)
            tell(f"{path.name} was damaged. It is now {aside.name}; what could be read is in a new file.")
        yield


def mended(path: Path) -> Path:
    """Return where the new file is that is to replace a damaged one."""
    return path.with_name(f"{path.name}.mended")


def is_emptied(path: Path) -> bool:
    """Tell whether a file is empty that once was not: SQLite would throw away what is beside it."""
    beside = path.with_name(f"{path.name}-wal")
    return path.exists() and path.stat().st_size == 0 and beside.exists() and beside.stat().st_size > 0


def mend(path: Path, begin: Callable[[Path], sqlite3.Connection]) -> str:
    """Replace a damaged file, within `undisturbed`.

    Parameters
    ----------
    path : Path
        The file.
    begin : callable
        Makes a new one at a path, and opens it.

    Returns
    -------
    str
        What a person should know of it.

    Raises
    ------
    OSError, sqlite3.Error
        If there is no room for another file, or none may be made; the damaged one is as it was.
    """
    from creator_magic.project_store.salvage import salvage

    part = path.with_name(f"{path.name}.part")
    for end in ("", *WITH_THE_FILE, "-shm"):
        part.with_name(part.name + end).unlink(missing_ok=True)  # of one who died here
    try:
        with closing(begin(part)) as new:
            tools = salvage(path, new)
            new.execute("PRAGMA journal_mode = DELETE")  # so that it is one file
        os.replace(part, mended(path))  # noqa: PTH105 - `Path.replace` says "rename" in its errors
    except BaseException:
        for end in ("", *WITH_THE_FILE, "-shm"):
            with suppress(OSError):
                part.with_name(part.name + end).unlink()
        raise
    aside = _put_in_place(path)
    kept = {0: "no tool could", 1: "1 tool could"}.get(tools, f"{tools} tools could")
    return f"It is now {aside.name}; {kept} be read and taken over into a new file."


def _put_in_place(path: Path) -> Path:
    aside = path
    for end in (*WITH_THE_FILE, ""):
        part = path.with_name(path.name + end)
        if part.exists():
            aside = set_aside(part)
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    os.replace(mended(path), path)  # noqa: PTH105 - as above
    return aside
