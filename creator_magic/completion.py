"""Completing a notebook file that was run by other means: its records become generated cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from creator_magic.cells.generated import slot_of
from creator_magic.cells.notebook import complete, offered_cells
from creator_magic.cells.notebook_file import read_notebook, write_notebook
from creator_magic.cells.standing import standing_cells

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Completion:
    """What completing a file came to.

    Parameters
    ----------
    output : Path
        The file that holds the result.
    magics : int
        How many magic cells had a record with cells.
    cells : int
        How many cells these records carried.
    kept : int
        How many of them a person had edited, and so were left as they are.
    notices : tuple of str
        What the person should know, in a sentence each.
    """

    output: Path
    magics: int
    cells: int
    kept: int
    notices: tuple[str, ...]


def complete_file(path: Path, output: Path | None = None) -> Completion:
    """Put the generated cells that a notebook's records carry into the file; nothing is run.

    Parameters
    ----------
    path : Path
        The notebook, as a front end or another program saved it.
    output : Path, optional
        Where the result goes; without it, into `path` itself, which is not touched if there is
        nothing to complete.

    Returns
    -------
    Completion
        What came of it.

    Raises
    ------
    NotebookError
        If the notebook cannot be read or written; nothing was written then.
    """
    notebook, notices = read_notebook(path)
    carried = {cell["id"]: offered for cell in notebook.cells if (offered := offered_cells(cell))}
    done = complete(notebook)
    standing = {
        (parent, slot_of(cell)): cell["source"]
        for parent, cells in standing_cells(done.cells).items()
        for cell in cells
    }
    if output is not None or done != notebook:
        write_notebook(done, output or path)
    return Completion(
        output=output or path,
        magics=len(carried),
        cells=sum(map(len, carried.values())),
        kept=sum(
            standing.get((magic, key), spec["source"]) != spec["source"]
            for magic, offered in carried.items()
            for key, spec in offered.items()
        ),
        notices=notices,
    )
