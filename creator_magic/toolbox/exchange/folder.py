"""The folder of an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic import atomic_write
from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def new_folder(folder: Path) -> Path:
    """Return the whole path of a folder that may be written.

    Raises
    ------
    InputError
        If something is there already, but for an empty folder.
    """
    target = folder.expanduser().absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{folder} is there already. Give another name, or move it away first.")
    return target


def write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Write a new folder, whole or not at all.

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
    target = new_folder(folder)
    try:
        atomic_write.write_folder(
            target, {name: text.encode("utf-8", "replace") for name, text in files.items()}
        )
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror or error}.") from error


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
