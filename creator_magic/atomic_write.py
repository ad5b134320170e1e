"""Files and folders that are written whole or not at all.

The new content is written beside its place, forced to the disk and then given its name in one step:
whoever reads finds the old or the new, also after the process or the machine has died at any moment.
While it is written, its writer holds a lock on it. What a writer left that was killed is locked by
nobody, and the next to write there clears it away.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import uuid
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from creator_magic.file_lock import abandoned, locked_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_LONGEST = 200
"""Characters of a name that the name beside it takes over: with more, it may be too long for a disk."""


def write_file(path: Path, content: bytes) -> None:
    """Write a file; what stood there is replaced.

    Parameters
    ----------
    path : Path
        The file. Its permissions and its owner are kept, a link to it stays a link, and what is no
        file of a disk, such as `/dev/null`, is written to as it is.
    content : bytes
        The new content.

    Raises
    ------
    OSError
        If it cannot be written; all is as it was.
    """
    target = path.resolve()
    state = target.stat() if target.exists() else None
    if state is not None and stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a directory", str(path))
    if state is not None and not stat.S_ISREG(state.st_mode):
        target.write_bytes(content)
        return
    with _part(target, lambda part: part.touch(0o600 if state else 0o666, exist_ok=False)) as part:
        if state is not None:
            _keep_rights(part, state)
        _write(part, content)
        os.replace(part, target)  # noqa: PTH105 - `Path.replace` says "rename" in its errors
    _sync_folder(target.parent)


def write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write a new folder.

    Parameters
    ----------
    target : Path
        Where; nothing is there yet but an empty folder.
    files : mapping of str to bytes
        Contents by their paths within the folder, with `/`.

    Raises
    ------
    OSError
        If it cannot be written, or something is there; all is as it was.
    """

    def fill(part: Path) -> None:
        for name, content in files.items():
            file = part / name
            file.parent.mkdir(parents=True, exist_ok=True)
            _write(file, content)

    with _part_folder(target, fill) as part:
        if target.exists():
            target.rmdir()
        part.rename(target)
    _sync_folder(target.parent)


def replace_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """Write a folder in place of another.

    No system gives a folder's name to another in one step: a reader in that moment finds none.

    Parameters
    ----------
    target : Path
        Where.
    fill : callable
        Writes the contents into the new folder, which it is given.

    Raises
    ------
    OSError
        If it cannot be written; what stood there stands.
    """
    with _part_folder(target, fill) as part, _out_of_the_way(target):
        part.rename(target)
    _sync_folder(target.parent)


def remove_folder(target: Path) -> None:
    """Remove a folder, or the link to one.

    Raises
    ------
    OSError
        If it cannot be removed; it is then whole.
    """
    with _out_of_the_way(target):
        pass
    _sync_folder(target.parent)


@contextmanager
def _part(target: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """Make what will become `target`, under another name; clear away what is left of it."""
    _clear_leftovers(target)
    while True:
        part = _beside(target, "part")
        make(part)
        with ExitStack() as stack:
            with suppress(FileNotFoundError):
                stack.enter_context(locked_path(part))
            if part.exists():  # else another writer took it for a leftover before it was locked
                try:
                    yield part
                finally:
                    _remove(part)
                return


@contextmanager
def _part_folder(target: Path, fill: Callable[[Path], None]) -> Iterator[Path]:
    with _part(target, lambda part: part.mkdir(parents=True)) as part:
        fill(part)
        yield part


@contextmanager
def _out_of_the_way(target: Path) -> Iterator[None]:
    """Give what is there another name, and remove it in the end; give it its name back on a failure."""
    old = _beside(target, "old")
    there = os.path.lexists(target)
    if there:
        target.rename(old)
    try:
        yield
    except BaseException:
        if there:
            old.rename(target)
        raise
    if there:
        _remove(old)


def _clear_leftovers(target: Path) -> None:
    name = re.compile(rf"\.{re.escape(target.name[:_LONGEST])}\.[0-9a-f]{{8}}\.(part|old)")
    with suppress(OSError):
        for left in target.parent.iterdir():
            if name.fullmatch(left.name):
                with abandoned(left) as is_left:
                    if is_left:
                        _remove(left)


def _beside(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name[:_LONGEST]}.{uuid.uuid4().hex[:8]}.{kind}")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _keep_rights(part: Path, state: os.stat_result) -> None:
    if hasattr(os, "chown") and (part.stat().st_uid, part.stat().st_gid) != (state.st_uid, state.st_gid):
        with suppress(PermissionError):  # only root may give a file away
            os.chown(part, state.st_uid, state.st_gid)
    part.chmod(stat.S_IMODE(state.st_mode))


def _sync_folder(folder: Path) -> None:
    """Force a folder's names to the disk, where that is done by itself and not with the file."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
