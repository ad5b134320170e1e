"""Generated cells in a notebook: taking them out, and completing it from its records.

A record is an output under a magic cell that carries the generated cells in its metadata.
`complete` turns what records carry into real cells. It works on copies; a cell that a person
wrote or edited, or that is fixed, is never lost, moved or changed.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import nbformat

from creator_magic.cells.adoption import adopt_offered
from creator_magic.cells.fixed_cells import is_fixed, place_below
from creator_magic.cells.generated import KEY, SKIP, VERSION, is_edited
from creator_magic.cells.notebook_file import give_ids, new_id
from creator_magic.cells.standing import mark_of, standing_slots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nbformat import NotebookNode


def without_generated(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook as it was before it was run: no generated cells, no outputs.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook; it is not changed.

    Returns
    -------
    NotebookNode
        A copy. Generated cells that are fixed, or whose magic cell is not in the notebook, stay, without
        outputs.
    """
    bare = copy.deepcopy(notebook)
    give_ids(bare.cells)
    ids = {cell["id"] for cell in bare.cells}
    bare.cells = [
        cell
        for cell in bare.cells
        if (mark := mark_of(cell)) is None or mark.parent not in ids or is_fixed(cell["metadata"])
    ]
    for cell in bare.cells:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return bare


def offered_cells(cell: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the generated cells that the records under a cell carry, by slot.

    Parameters
    ----------
    cell : mapping
        A cell that ran.

    Returns
    -------
    dict of str to dict
        The cells in their order; of two for the same slot the later. Empty if there is no record.
    """
    return {key: spec for _, cells in _records(cell, None) for key, spec in cells.items()}


def complete(notebook: NotebookNode, *, told: bool = False) -> NotebookNode:
    """Put the cells that records carry into the notebook, each once, and take them off the records.

    A cell for a slot that stands already is rewritten where it stands and keeps its id; one that
    was moved above its magic cell comes back below it; a new one goes directly under the magic
    cell, or below the group of fixed cells that this stands in, after the slot before it. A standing
    cell for a slot that a new solution no longer has goes, unless a person edited it. Completing twice
    changes nothing more.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook; it is not changed.
    told : bool
        True if the kernel knew the standing cells when it made the records. Then it has decided
        about cells that a person edited: it marks those to be kept with `"keep": true`. False
        for a file saved by a front end: there every edited cell is kept.

    Returns
    -------
    NotebookNode
        The completed copy.
    """
    done = copy.deepcopy(notebook)
    give_ids(done.cells)
    ids = {cell["id"] for cell in done.cells}
    standing = standing_slots(done.cells)
    for magic in list(done.cells):
        records = list(_records(magic, ids))
        if records:
            offer, here = _Offer(magic, records, told), standing.get(magic["id"], {})
            missing = {key: spec for key, spec in offer.cells.items() if key not in here}
            offer.adopted = adopt_offered(done.cells, magic["id"], missing)
            _fit(done.cells, offer, {**here, **offer.adopted})
            for record, _ in records:
                del record["cells"]
    return done


class _Offer:
    """What the records under one magic cell offer."""

    def __init__(
        self, magic: NotebookNode, records: list[tuple[dict[str, Any], dict[str, dict[str, Any]]]], told: bool
    ) -> None:
        self.magic = magic
        self.cells = {key: spec for _, cells in records for key, spec in cells.items()}
        summaries = [record.get("summary") for record, _ in records]
        self.solved = all(
            not isinstance(summary, dict) or summary.get("solved", True) for summary in summaries
        )
        self.told = told
        self.adopted: Mapping[str, NotebookNode] = {}

    def keeps(self, cell: NotebookNode, key: str) -> bool:
        """Tell whether a standing cell stays untouched."""
        mark = mark_of(cell)
        edited = mark is not None and is_edited(mark, cell["source"])
        spec = self.cells.get(key)
        if is_fixed(cell["metadata"]):
            return spec is None or spec["source"] != cell["source"]
        if spec is None:
            return edited or not self.solved or SKIP in cell["metadata"].get("tags", ())
        if spec.get("keep") is True:
            return True
        # Of an offered cell, the kernel knows no edit.
        known = self.told and key not in self.adopted
        return edited and not known and cell["source"] != spec["source"]


def _fit(cells: list[NotebookNode], offer: _Offer, standing: Mapping[str, NotebookNode]) -> None:
    """Make the generated cells of one magic cell what its records offer."""
    magic = offer.magic
    anchor = magic
    for key, spec in offer.cells.items():
        cell = standing.get(key)
        if cell is None:
            cell = _new_cell(magic["id"], key, spec, taken={other["id"] for other in cells})
        else:
            below = _position(cells, cell) > _position(cells, magic)
            kept = offer.keeps(cell, key)
            if not kept:
                _rewrite(cell, spec, magic["id"])
            if below:
                anchor = cell
            if kept or below or is_fixed(cell["metadata"]):
                continue
            del cells[_position(cells, cell)]
        cells.insert(place_below(cells, _position(cells, anchor)), cell)
        anchor = cell
    for key, cell in standing.items():
        if key not in offer.cells and not offer.keeps(cell, key):
            del cells[_position(cells, cell)]


def _rewrite(cell: NotebookNode, spec: Mapping[str, Any], parent: str) -> None:
    """Give a cell the content of `spec`; its id, and metadata that is not ours, stay."""
    fresh = nbformat.from_dict({name: copy.deepcopy(value) for name, value in spec.items()})
    for name in fresh.keys() & {"source", "outputs", "execution_count"}:
        cell[name] = fresh[name]
    if is_fixed(cell["metadata"]):
        return
    cell["metadata"].update(fresh["metadata"])
    mark = mark_of(fresh)
    if mark is not None:
        cell["metadata"].update(nbformat.from_dict(replace(mark, parent=parent).to_metadata()))


def _new_cell(parent: str, key: str, spec: Mapping[str, Any], taken: Iterable[str]) -> NotebookNode:
    # The id follows from the slot, so that a replay gives the same file.
    name = new_id(f"{parent}\n{key}", taken)
    cell: NotebookNode = nbformat.from_dict({"id": name, "cell_type": spec["cell_type"], "metadata": {}})
    _rewrite(cell, spec, parent)
    return cell


def _records(
    cell: Mapping[str, Any], ids: set[str] | None
) -> Iterator[tuple[dict[str, Any], dict[str, dict[str, Any]]]]:
    """Yield each record under a cell with the cells it carries, by slot.

    A record that names another cell of the notebook belongs to that one: a person copied a magic
    cell with its outputs.
    """
    for output in cell.get("outputs", ()):
        record = output.get("metadata", {}).get(KEY)
        if (
            not isinstance(record, dict)
            or record.get("v") != VERSION
            or not isinstance(record.get("cells"), list)
        ):
            continue
        if ids is not None and record.get("parent") in ids - {cell["id"]}:
            continue
        marked = ((mark_of(spec), spec) for spec in record["cells"] if _is_cell(spec))
        carried = {mark.key: spec for mark, spec in marked if mark is not None}
        if carried:
            yield record, carried


def _is_cell(spec: Any) -> bool:
    if (
        not isinstance(spec, dict)
        or not isinstance(spec.get("source"), str)
        or not isinstance(spec.get("metadata"), dict)
    ):
        return False
    code = (
        spec.get("cell_type") == "code"
        and isinstance(spec.get("outputs"), list)
        and "execution_count" in spec
    )
    return code or (spec.get("cell_type") == "markdown" and not {"outputs", "execution_count"} & spec.keys())


def _position(cells: list[NotebookNode], cell: NotebookNode) -> int:
    # By identity: two cells of a person's may be equal.
    return next(index for index, other in enumerate(cells) if other is cell)
