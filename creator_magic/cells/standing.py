"""Which generated cells stand in a notebook, and for which magic cell.

Imports nothing heavy: a kernel reads a notebook's file in the middle of a solve.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeVar

from creator_magic.cells.generated import CellMark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Cell = TypeVar("Cell", bound="Mapping[str, Any]")


def standing_cells(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    """Return the generated cells that stand in a notebook, by the id of their magic cell.

    Parameters
    ----------
    cells : sequence of dict
        The notebook's cells, of nbformat 4.5.

    Returns
    -------
    dict of str to list of dict
        In notebook order, one cell a slot, as `standing_slots` chooses.
    """
    order = {id(cell): index for index, cell in enumerate(cells)}
    return {
        parent: sorted(slots.values(), key=lambda cell: order[id(cell)])
        for parent, slots in standing_slots(cells).items()
    }


def standing_slots(cells: Sequence[Cell]) -> dict[str, dict[str, Cell]]:
    """Return the generated cells that stand in a notebook, by magic cell and slot.

    Parameters
    ----------
    cells : sequence of dict
        The notebook's cells, of nbformat 4.5.

    Returns
    -------
    dict of str to dict of str to dict
        One cell a slot: the first below the magic cell, or if none is below it, the first above.
        Another with the same mark is a copy that a person made, so a cell of their own; so is one
        whose magic cell is not in the notebook.
    """
    found: dict[str, dict[str, Cell]] = defaultdict(dict)
    above: list[tuple[str, str, Cell]] = []
    passed: set[str] = set()
    for cell in cells:
        passed.add(str(cell.get("id")))
        mark = mark_of(cell)
        if mark is None or mark.parent is None:
            continue
        if mark.parent in passed:
            found[mark.parent].setdefault(mark.key, cell)
        else:
            above.append((mark.parent, mark.key, cell))
    for parent, key, cell in above:
        if parent in passed:
            found[parent].setdefault(key, cell)
    return found


def mark_of(cell: Mapping[str, Any]) -> CellMark | None:
    """Return the mark of a generated cell; None for a cell of the person's own.

    Parameters
    ----------
    cell : mapping
        A cell of nbformat 4.5. What was made another kind of cell is the person's own.
    """
    mark = CellMark.from_metadata(cell["metadata"])
    kind = "markdown" if mark is not None and mark.role == "plan" else "code"
    return mark if cell["cell_type"] == kind else None
