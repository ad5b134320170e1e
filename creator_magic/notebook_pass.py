"""One pass over a notebook's cells, whoever makes it: what each request says, which cells it passes over.

A magic cell runs its own generated cells. So a standing generated cell is told to the kernel with
the request of its magic cell, and passed over when its turn comes. So it is where the magic failed: it
may answer another question by now. Where the magic cell is gone, switched off, or ended well and
made no record, the generated cell runs as the ordinary cell it is.
"""

from __future__ import annotations

import uuid
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from nbclient import NotebookClient
from nbclient.util import run_sync

from creator_magic.cells.generated import SKIP, CellMark, is_edited
from creator_magic.cells.notebook import offered_cells
from creator_magic.cells.protocol import MARKER
from creator_magic.cells.protocol import VERSION as PROTOCOL
from creator_magic.cells.standing import standing_cells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode


class NotebookPass:
    """One pass over the cells of a notebook, from the first to the last.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook as it stands before the pass.
    app : str
        Who runs it, as the kernel is told.
    path : str
        Where the notebook stands, as the kernel is told; empty if that is not known.
    """

    def __init__(self, notebook: NotebookNode, app: str, path: str) -> None:
        self._standing = standing_cells(notebook.cells)
        self._magics = {cell["id"] for cell in notebook.cells if runs(cell) and _is_magic(cell)}
        self._generated = {id(cell): parent for parent, cells in self._standing.items() for cell in cells}
        self._marker = {
            "v": PROTOCOL,
            "client": uuid.uuid4().hex,
            "app": app,
            "app_version": _own_version(),
            "path": path,
        }
        self._offered: dict[str, Mapping[str, Any]] = {}
        self._failed: set[str] = set()
        self.total = sum(
            runs(cell) and self._generated.get(id(cell)) not in self._magics for cell in notebook.cells
        )

    def leaves_to_magic(self, cell: NotebookNode) -> bool:
        """Tell whether a cell is its magic cell's affair in this pass, so that it is not to be run."""
        parent = self._generated.get(id(cell))
        mark = CellMark.from_metadata(cell["metadata"])
        if parent is None or mark is None:
            return False
        offered = self._offered.get(parent)
        if offered is None or parent in self._failed:
            return parent in self._magics
        return bool(offered) and (mark.key in offered or not is_edited(mark, cell["source"]))

    def request_metadata(self, cell: NotebookNode) -> dict[str, Any]:
        """Return the metadata of the request that runs `cell`."""
        standing = [
            {"source": other["source"], "metadata": other["metadata"]}
            for other in self._standing.get(cell["id"], ())
        ]
        return {**cell["metadata"], "cellId": cell["id"], MARKER: {**self._marker, "cells": standing}}

    def has_run(self, cell: NotebookNode, *, failed: bool) -> None:
        """Take note that a cell was run."""
        self._offered[cell["id"]] = offered_cells(cell)
        if failed or any(output["output_type"] == "error" for output in cell["outputs"]):
            self._failed.add(cell["id"])

    def ran(self, cell: NotebookNode) -> bool:
        """Tell whether a cell was run in this pass."""
        return cell["id"] in self._offered


class PassClient(NotebookClient):
    """An nbclient that runs cells as `notebook_pass` says, and tells the kernel what it says.

    Whoever uses it sets `notebook_pass` before the first cell.
    """

    notebook_pass: NotebookPass

    async def async_execute_cell(
        self,
        cell: NotebookNode,
        cell_index: int,
        execution_count: int | None = None,
        store_history: bool = True,
    ) -> NotebookNode:
        """Run one cell; arguments, result and errors are nbclient's."""
        if self.notebook_pass.leaves_to_magic(cell):
            return cell
        if self.kc is None or not runs(cell):
            return await super().async_execute_cell(cell, cell_index, execution_count, store_history)
        failed = True
        session = self.kc.session
        try:
            # The session puts its default metadata on every message, and nbclient has no other way in.
            session.metadata = self.notebook_pass.request_metadata(cell)
            done = await super().async_execute_cell(cell, cell_index, execution_count, store_history)
            failed = False
        finally:
            session.metadata = {}
            self.notebook_pass.has_run(cell, failed=failed)
        return done

    execute_cell = run_sync(async_execute_cell)


def runs(cell: NotebookNode) -> bool:
    """Tell whether there is anything to run in a cell, and nobody tagged it to be skipped."""
    return (
        cell["cell_type"] == "code"
        and bool(cell["source"].strip())
        and SKIP not in cell["metadata"].get("tags", [])
    )


def _is_magic(cell: NotebookNode) -> bool:
    return bool(cell["source"].lstrip().startswith("%%"))


def _own_version() -> str:
    try:
        return version("creator-magic")
    except PackageNotFoundError:  # imported from a checkout that is not installed
        return "unknown"
