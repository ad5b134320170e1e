"""What stands under a magic cell, read from the notebook's file where the program that runs it says nothing.

nbclient sends no metadata, and whoever is built on it neither: `jupyter execute`, nbconvert, nbgrader's
autograder. They run a file in its own folder, so it lies beside the kernel, with the cells that answer it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from creator_magic.cells.generated import KEY
from creator_magic.cells.notebook import standing_cells
from creator_magic.cells.notebook_file import read_notebook
from creator_magic.cells.request import standing_cell
from creator_magic.errors import NotebookError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from creator_magic.cells.request import Request, StandingCell


def told_by_file(request: Request, folder: Path) -> Request:
    """Return a bare program's request as if it told which cell runs, and what stands under it.

    Parameters
    ----------
    request : Request
        The request of a magic cell.
    folder : Path
        The folder that the kernel was started in.

    Returns
    -------
    Request
        As it was, if it is no bare program's, or no notebook in the folder has this cell with generated
        cells, or several have it with different ones.
    """
    if not request.bare:
        return request
    found = {
        tuple(cell.source for cell in cells): (cell_id, cells) for cell_id, cells in _found(request, folder)
    }
    if len(found) != 1:
        return request
    [(cell_id, cells)] = found.values()
    return replace(request, cell_id=cell_id, place=cell_id, standing=cells)


def _found(request: Request, folder: Path) -> Iterator[tuple[str, tuple[StandingCell, ...]]]:
    for path in sorted(folder.glob("*.ipynb")):
        try:
            # Most notebooks have no generated cells, and some are large.
            if KEY.encode() not in path.read_bytes():
                continue
            notebook, _ = read_notebook(path)
        except (OSError, NotebookError):
            continue
        standing = standing_cells(notebook)
        for cell in notebook.cells:
            if cell["id"] in standing and cell["source"].strip() == request.source.strip():
                cells = (standing_cell(other, cell["id"]) for other in standing[cell["id"]])
                yield cell["id"], tuple(one for one in cells if one is not None)
