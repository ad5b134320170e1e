"""The front-end half as files: where they are, which copies a JupyterLab finds, installing one more.

`pip install` puts them where a JupyterLab of the same environment looks. One in another environment
finds a copy in the person's own Jupyter data folder, or in its own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.paths import jupyter_data_dir, jupyter_path

from creator_magic.atomic_write import remove_folder, replace_folder
from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "creator-magic"
PLUGIN = f"{NAME}:plugin"
FOLDER = "labextensions"

_STATIC = "static"
_FILES = ("install.json", "package.json")


@dataclass(frozen=True, slots=True)
class Labextension:
    """A copy of the front-end half.

    Parameters
    ----------
    folder : Path
        Where its files are.
    version : str
        What its package.json says.
    sha : str
        The first 12 hexadecimal digits of a SHA-256 of its scripts; empty if they are missing.
    """

    folder: Path
    version: str
    sha: str

    def is_same(self, other: Labextension) -> bool:
        """Tell whether both do the same in a browser."""
        return (self.version, self.sha) == (other.version, other.sha)

    def __str__(self) -> str:
        return f"{self.version} ({self.sha or 'its scripts are missing'})"


def bundled() -> Labextension:
    """Return the front-end half that belongs to this package.

    Returns
    -------
    Labextension
        That of the checkout which this package is imported from, else the installed one.

    Raises
    ------
    InputError
        If its files are not there.
    """
    for folder in _own_folders():
        found = read(folder)
        if found is not None and found.sha:
            return found
    raise InputError("The files of the extension are missing from this installation. Install it again.")


def read(folder: Path) -> Labextension | None:
    """Return the copy in a folder; None if there is none of ours."""
    try:
        package: Any = json.loads((folder / "package.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(package, dict) or package.get("name") != NAME:
        return None
    scripts = sorted(path for path in (folder / _STATIC).rglob("*") if path.is_file())
    sha = hashlib.sha256()
    for path in scripts:
        sha.update(f"{path.relative_to(folder).as_posix()}\n".encode() + path.read_bytes())
    return Labextension(folder, str(package.get("version", "")), sha.hexdigest()[:12] if scripts else "")


def found_here() -> list[Labextension]:
    """Return the copies that a JupyterLab of this environment finds; it uses the first."""
    folders = dict.fromkeys(Path(path) / NAME for path in jupyter_path(FOLDER))
    return [copy for folder in folders if (copy := read(folder)) is not None]


def is_disabled() -> bool:
    """Tell whether `jupyter labextension disable`, at any level, switched it off in this environment."""
    try:
        from jupyterlab.commands import get_app_dir
        from jupyterlab_server.config import get_page_config
    except ImportError:
        return False
    config = get_page_config(jupyter_path(FOLDER), str(Path(get_app_dir()) / "settings"))
    return not {NAME, PLUGIN}.isdisjoint(config["disabledExtensions"])


def user_folder() -> Path:
    """Return the data folder that every JupyterLab of this person looks into."""
    return Path(jupyter_data_dir())


def prefix_folder() -> Path:
    """Return the data folder of this environment."""
    return Path(sys.prefix) / "share" / "jupyter"


def install(data_folder: Path) -> Labextension:
    """Copy the front-end half into a Jupyter data folder; an older copy is replaced whole.

    Parameters
    ----------
    data_folder : Path
        One of those that `jupyter --paths` lists under `data`; made if need be.

    Returns
    -------
    Labextension
        The copy.

    Raises
    ------
    InputError
        If something that is not ours stands there, or it cannot be written; then all is as before.
    """
    source, target = bundled(), _target(data_folder)
    if target.exists() and target.samefile(source.folder):
        return source

    def copy(part: Path) -> None:
        shutil.copytree(source.folder / _STATIC, part / _STATIC, copy_function=shutil.copyfile)
        for name in _FILES:
            shutil.copyfile(source.folder / name, part / name)

    try:
        # While it is made its name begins with a dot: JupyterLab passes over it.
        replace_folder(target, copy)
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror or error}") from error
    return Labextension(target, source.version, source.sha)


def remove(data_folder: Path) -> Path | None:
    """Remove the front-end half from a Jupyter data folder.

    Returns
    -------
    Path or None
        Where it was; None if none was there.

    Raises
    ------
    InputError
        If something that is not ours stands there, or it cannot be removed.
    """
    target = _target(data_folder)
    if not (target.exists() or target.is_symlink()):
        return None
    try:
        remove_folder(target)
    except OSError as error:
        raise InputError(f"cannot remove {target}: {error.strerror or error}") from error
    return target


def _own_folders() -> Iterator[Path]:
    yield Path(__file__).resolve().parent.parent / "labextension"
    try:
        files = distribution(NAME).files or ()
    except PackageNotFoundError:
        files = ()
    for file in files:
        if file.parts[-3:] == (FOLDER, NAME, "package.json"):
            yield Path(str(file.locate())).resolve().parent
    yield prefix_folder() / FOLDER / NAME


def _target(data_folder: Path) -> Path:
    """Return the folder for the copy, in which nothing else stands."""
    folder = data_folder.expanduser().absolute()
    folder = folder if folder.name == FOLDER else folder / FOLDER
    target = folder / NAME
    if (target.exists() or target.is_symlink()) and read(target) is None:
        raise InputError(
            f"{target} is not a copy of this extension. It was left as it is; move it away first."
        )
    return target
