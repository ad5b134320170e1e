"""Cells that a course or a person has fixed: they are never rewritten, and nothing is put between them.

Three kinds of metadata fix a cell: nbgrader's (the cell is graded, an answer, locked or a task), Jupyter's
own `deletable` and `editable`, and otter-grader's tags of cells for answers. Fixed cells that belong together
are a group: a task, its answer and its tests; so is what stands between otter-grader's lines BEGIN QUESTION
and END QUESTION.

`labextension/static/fixed.js` tells the same of the same cells.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from creator_magic.cells.generated import CellMark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_GRADED = ("grade", "solution", "locked", "task")
_ANSWER_TAGS = {"otter_answer_cell", "otter_assign_solution_cell"}
_FENCE = re.compile(r"^(?:# |<!-- )(BEGIN|END) QUESTION\b", re.MULTILINE)

Kind = Literal["answer", "code", "text"]


def is_fixed(metadata: Mapping[str, Any]) -> bool:
    """Tell whether a cell is one that must stay as it is.

    Parameters
    ----------
    metadata : mapping
        The whole metadata of the cell.

    Returns
    -------
    bool
        True for an answer that will be graded too: it is the student's to write.
    """
    locked = metadata.get("deletable") is False or metadata.get("editable") is False
    graded = any(_nbgrader(metadata).get(name) is True for name in _GRADED)
    return locked or graded or is_answer(metadata)


def is_answer(metadata: Mapping[str, Any]) -> bool:
    """Tell whether a cell is one for a student's answer.

    Parameters
    ----------
    metadata : mapping
        The whole metadata of the cell.
    """
    tags = metadata.get("tags")
    tagged = isinstance(tags, list) and any(tag in _ANSWER_TAGS for tag in tags if isinstance(tag, str))
    return tagged or _nbgrader(metadata).get("solution") is True


def place_below(cells: Sequence[Mapping[str, Any]], index: int) -> int:
    """Return where a new cell goes that belongs below another.

    Parameters
    ----------
    cells : sequence of dict
        The notebook's cells, of nbformat 4.5.
    index : int
        The position of the cell that it belongs below.

    Returns
    -------
    int
        The position that the new cell gets: directly below, or if that would be inside a group, below the
        group and the generated cells there that belong to cells above.
    """
    for start, end in _groups(cells):
        if start <= index <= end:
            above = {cell.get("id") for cell in cells[start : index + 1]}
            place = end + 1
            while place < len(cells) and _parent(cells[place]) in above:
                place += 1
            return place
    return index + 1


def _groups(cells: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last position of each group."""
    fenced = list(_fenced(cells))
    kinds = [_kind(cell) for cell in cells]
    for start, end in fenced:
        kinds[start : end + 1] = [None] * (end + 1 - start)
    yield from fenced
    start = end = -1
    answered = False
    for index, kind in enumerate(kinds):
        if kind is None:
            continue
        if start < 0 or not _joins(kinds, end, index, answered=answered):
            if start >= 0:
                yield start, end
            start, answered = index, False
        end, answered = index, answered or kind == "answer"
    if start >= 0:
        yield start, end


def _joins(kinds: Sequence[Kind | None], end: int, index: int, *, answered: bool) -> bool:
    """Tell whether the fixed cell at `index` belongs to the group that so far ends at `end`."""
    kind = kinds[index]
    if index > end + 1:
        # What a student put between an answer and its tests takes neither from the other.
        return kinds[end] == "answer" and kind == "code"
    if not answered:
        return True
    if kind == "answer":
        return kinds[end] == "answer"
    rest = (later for later in kinds[index:] if later != "text")
    return next(rest, None) == "code"


def _fenced(cells: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int]]:
    """Yield what stands between lines that begin and end a question; a cell may end one and begin another."""
    start = None
    for index, cell in enumerate(cells):
        fences = _FENCE.findall(cell["source"]) if cell["cell_type"] != "code" else []
        if not fences:
            continue
        if fences[-1] == "BEGIN":
            start = index if start is None or fences[0] == "BEGIN" else start
        elif start is not None:
            yield start, index
            start = None


def _kind(cell: Mapping[str, Any]) -> Kind | None:
    if not is_fixed(cell["metadata"]):
        return None
    if is_answer(cell["metadata"]):
        return "answer"
    return "code" if cell["cell_type"] == "code" else "text"


def _nbgrader(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    told = metadata.get("nbgrader")
    return told if isinstance(told, dict) else {}


def _parent(cell: Mapping[str, Any]) -> str | None:
    mark = CellMark.from_metadata(cell["metadata"])
    return mark.parent if mark is not None else None
