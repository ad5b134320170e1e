"""What stands under a magic cell, read from the notebook's file where the program that runs it says nothing.

nbclient sends no metadata, and whoever is built on it neither: `jupyter execute`, nbconvert, nbgrader's
autograder. They run a file in its own folder, so it lies beside the kernel, with the cells that answer it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from creator_magic.cells.generated import KEY
from creator_magic.cells.request import standing_cell
from creator_magic.cells.standing import standing_cells

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
    return replace(request, cell_id=cell_id, standing=cells)


def _found(request: Request, folder: Path) -> Iterator[tuple[str, tuple[StandingCell, ...]]]:
    for path in sorted(folder.glob("*.ipynb")):
        cells = _cells(path)
        standing = standing_cells(cells)
        for cell in cells:
            if cell["id"] in standing and cell["source"].strip() == request.source.strip():
                below = (standing_cell(other, cell["id"]) for other in standing[cell["id"]])
                yield cell["id"], tuple(one for one in below if one is not None)


def _cells(path: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook that has generated ones; none of any other, and of a damaged one."""
    try:
        raw = path.read_bytes()
        # Not by nbformat, which takes seconds to import; and most notebooks are not worth parsing.
        content = json.loads(raw) if KEY.encode() in raw else {}
        cells = [
            {**cell, "source": "".join(cell["source"])}
            for cell in content.get("cells", ())
            if isinstance(cell["id"], str) and isinstance(cell["metadata"], dict) and cell["cell_type"]
        ]
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return []
    return cells
