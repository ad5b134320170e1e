"""Damaged files: moved aside under a name of their own, never written over."""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def set_aside(path: Path) -> Path:
    """Give a damaged file another name, which no file had; return it.

    Whoever calls this sees to it that no other process does the same at that moment.

    Raises
    ------
    OSError
        If it cannot be renamed; it is then where it was.
    """
    aside = _free_name(path)
    try:
        os.replace(path, aside)  # noqa: PTH105 - `Path.replace` says "rename" in its errors
    except OSError:
        aside.unlink()
        raise
    return aside


def set_part_aside(path: Path, part: bytes) -> Path:
    """Write a damaged part of a file into a file of its own, under a name that no file had; return it.

    Raises
    ------
    OSError
        If it cannot be written; then there is no such file.
    """
    aside = _free_name(path)
    try:
        aside.write_bytes(part)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise
    return aside


def _free_name(path: Path) -> Path:
    """Make an empty file beside `path`, so that no other process takes its name."""
    for number in itertools.count(1):
        aside = path.with_name(f"{path.name}.damaged-{number}")
        with suppress(FileExistsError):
            aside.touch(0o600, exist_ok=False)
            return aside
    raise AssertionError  # the numbers do not end
