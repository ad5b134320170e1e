"""Offered code becomes generated cells: what a front end put into one cell, the file has in several.

Where nobody places generated cells, their code is offered as the next input, in one cell that the
person may have edited, split or moved. The record under the magic cell says what each part is.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import nbformat

from creator_magic.cells.fixed_cells import is_fixed
from creator_magic.cells.generated import CellMark
from creator_magic.cells.next_input import offered_parts
from creator_magic.cells.notebook_file import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode

    from creator_magic.cells.next_input import OfferedPart


def adopt_offered(
    cells: list[NotebookNode], parent: str, wanted: Mapping[str, Mapping[str, Any]]
) -> dict[str, NotebookNode]:
    """Turn cells that hold offered code into the generated cells they are, where they stand.

    Parameters
    ----------
    cells : list of NotebookNode
        The notebook's cells; they are changed.
    parent : str
        The id of the magic cell.
    wanted : mapping of str to mapping
        The cells that its record carries and that do not stand yet, by slot.

    Returns
    -------
    dict of str to NotebookNode
        The new cells by slot. Each holds the text as the person has it; the last of those that shared
        a cell has its outputs.
    """
    marks = {key: CellMark.from_metadata(spec["metadata"]) for key, spec in wanted.items()}
    known = {(key, mark.solve_id): mark for key, mark in marks.items() if mark is not None}
    adopted: dict[str, NotebookNode] = {}
    for cell in list(cells):
        parts = _parts(cell)
        keys = [part.key for part in parts]
        if (
            not parts
            or len(set(keys)) < len(keys)
            or not all((part.key, part.solve_id) in known and part.key not in adopted for part in parts)
        ):
            continue
        place = next(index for index, other in enumerate(cells) if other is cell)
        taken = {other["id"] for other in cells}
        pieces: list[NotebookNode] = []
        for part in parts:
            piece = copy.deepcopy(cell)
            mark = replace(known[part.key, part.solve_id], parent=parent)
            piece["metadata"].update(nbformat.from_dict(mark.to_metadata()))
            generated = wanted[part.key]["source"]
            # The blank lines between two parts are nobody's.
            piece["source"] = generated if part.source == generated.strip("\r\n") else part.source
            if pieces:
                piece["id"] = new_id(f"{parent}\n{part.key}", taken)
            pieces.append(piece)
            adopted[part.key] = piece
        for piece in pieces[:-1]:
            piece["outputs"], piece["execution_count"] = [], None
        cells[place : place + 1] = pieces
    return adopted


def _parts(cell: NotebookNode) -> list[OfferedPart]:
    metadata = cell["metadata"]
    if cell["cell_type"] != "code" or CellMark.from_metadata(metadata) is not None or is_fixed(metadata):
        return []
    return offered_parts(cell["source"])
