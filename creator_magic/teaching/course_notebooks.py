"""The notebooks of a course, as a teacher names them on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.course.course_file import course_files
from creator_magic.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def notebooks_in(places: Sequence[Path]) -> tuple[Path, ...]:
    """Return the notebooks that are named, and those below the folders that are.

    Parameters
    ----------
    places : sequence of Path
        Notebooks and folders.

    Returns
    -------
    tuple of Path
        In the order of `places`, those of a folder by their paths; folders with a dot are passed over.

    Raises
    ------
    InputError
        If a place is not there, or there is no notebook.
    """
    found: dict[Path, None] = {}
    for place in places:
        if place.is_dir():
            found.update(
                dict.fromkeys(path for path in sorted(place.rglob("*.ipynb")) if _counts(path, place))
            )
        elif place.is_file():
            found[place] = None
        else:
            raise InputError(f"{place} is not there.")
    if not found:
        raise InputError(f"There is no notebook in {', '.join(map(str, places))}.")
    return tuple(found)


def are_whole(places: Sequence[Path], notebooks: Sequence[Path]) -> bool:
    """Tell whether notebooks are all of their course's: every course file that holds is in a named folder.

    Parameters
    ----------
    places : sequence of Path
        What was named.
    notebooks : sequence of Path
        The notebooks there, as `notebooks_in` gave them.
    """
    folders = [place.resolve() for place in places if place.is_dir()]
    files = {file for path in notebooks for file in course_files(path.resolve().parent)}
    return all(any(file.is_relative_to(folder) for folder in folders) for file in files)


def _counts(path: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in path.relative_to(folder).parts)
