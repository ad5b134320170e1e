"""What a notebook is called where counts are kept: the same in every front end that can tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def notebook_name(told: str, environment: Mapping[str, str], start: Path, project: Path) -> str:
    """Return the name of the notebook that a kernel runs.

    Parameters
    ----------
    told : str
        The path that came with the execute request; empty where the front end tells none.
    environment : mapping of str to str
        The kernel's environment; a Jupyter server puts the path there, as `JPY_SESSION_NAME`.
    start : Path
        The folder the kernel was started in, usually the notebook's.
    project : Path
        The project's folder.

    Returns
    -------
    str
        The path within the project where that is known, else as it was told; where nothing was
        told, the name of the folder that the kernel works in.
    """
    named = told or environment.get("JPY_SESSION_NAME", "")
    if not named:
        return start.name or str(start)
    path = Path(named)
    if not path.is_absolute():
        # Front ends count from their own root, file runners from the notebook's folder.
        beside = start / path.name
        if not beside.is_file():
            return path.as_posix()
        path = beside
    path = path.resolve()
    return (path.relative_to(project) if path.is_relative_to(project) else path).as_posix()
