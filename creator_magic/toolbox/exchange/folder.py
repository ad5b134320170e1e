"""A folder of files that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from typing import TYPE_CHECKING

from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write a new folder.

    It is written beside its place under another name, forced to the disk, and then given its own.

    Parameters
    ----------
    folder : Path
        Where; nothing may be there yet but an empty folder.
    files : mapping of str to str
        Texts by their paths within the folder, with `/`.

    Raises
    ------
    InputError
        If something is there already, or it cannot be written; nothing was changed.
    """
    target = folder.expanduser().absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{folder} is there already. Give another name, or move it away first.")
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        try:
            for name, text in files.items():
                _write(beside / name, text)
            if target.exists():
                target.rmdir()
            beside.rename(target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror or error}.") from error


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def module_names(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Return a module's name for each tool, different also where upper and lower case are one.

    Parameters
    ----------
    names : iterable of str
        Names of tools.
    taken : iterable of str
        Names of modules in lower case that are taken.
    """
    modules: dict[str, str] = {}
    taken = set(taken)
    for name in names:
        module, number = name, 2
        while module.lower() in taken:
            module, number = f"{name}_{number}", number + 1
        taken.add(module.lower())
        modules[name] = module
    return modules
