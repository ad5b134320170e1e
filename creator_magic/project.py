"""The project a notebook belongs to, and the folder in it where creator-magic keeps things.

Tools and recordings belong to a project: one client's are never shown to a model for another.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = ".creator"
CASSETTE = "cassette.jsonl"
STORE = "toolbox.sqlite"


def project_folder(start: Path) -> Path:
    """Return the folder of the project that `start` lies in.

    Parameters
    ----------
    start : Path
        The notebook's folder.

    Returns
    -------
    Path
        The nearest folder upwards that has a `.creator`, else the nearest git root, else `start`.
    """
    start = start.resolve()
    upwards = (start, *start.parents)
    for mark in (FOLDER, ".git"):
        for folder in upwards:
            # A person's home may hold a `.creator` of everything; it is no project's.
            if (folder / mark).exists() and (folder != Path.home() or folder == start):
                return folder
    return start


def kept_in(project: Path, name: str) -> Path:
    """Return where a project keeps the file `name`."""
    return project / FOLDER / name
