"""One run over a notebook's cells: which run, which are left to their magic cell, what came of each.

A magic cell runs its own generated cells. So a standing generated cell is told to the kernel with
the request of its magic cell, and passed over when its turn comes. So it is where the magic failed: it
may answer another question by now. Where the magic cell is gone, switched off, or ended well and
made no record, the generated cell runs as the ordinary cell it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
import uuid
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets import TraitError

from creator_magic.cells.generated import KEY, CellMark, SolveSummary, is_edited
from creator_magic.cells.notebook import offered_cells, standing_cells
from creator_magic.cells.protocol import MARKER
from creator_magic.cells.protocol import VERSION as PROTOCOL
from creator_magic.run_report import CellFailure, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jupyter_client.manager import KernelManager
    from nbformat import NotebookNode


APP = "creator-magic run"

_GRACE = 10.0
"""Seconds that a cell over its limit has to heed the interrupt before its kernel is ended."""

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class NotebookRun:
    """One run of a notebook: the cell at work, and what became of each.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook; its cells are changed as they run.
    path : Path
        Where it stands; the kernel works in that folder.
    kernel_name : str
        The kernel to run it in; empty for the one that the notebook names.
    allow_errors : bool
        Go on after a cell that failed.
    timeout : float or None
        Time limit for each cell, in seconds.
    """

    def __init__(
        self,
        notebook: NotebookNode,
        path: Path,
        kernel_name: str,
        *,
        allow_errors: bool,
        timeout: float | None,
    ) -> None:
        self.notebook = notebook
        self.ran = 0
        self.failures: list[CellFailure] = []
        self.interrupted = False
        self.died = False
        self.tell: Callable[[Progress], object] = lambda _: None
        self._standing = standing_cells(notebook)
        self._magics = {cell["id"] for cell in notebook.cells if _is_magic(cell)}
        self._generated = {id(cell): parent for parent, cells in self._standing.items() for cell in cells}
        self.total = sum(
            _runs(cell) and self._generated.get(id(cell)) not in self._magics for cell in notebook.cells
        )
        self._timeout = timeout
        self.client = NotebookClient(
            notebook,
            kernel_name=kernel_name,
            allow_errors=allow_errors,
            record_timing=False,  # the cells' own metadata stays as it is
            iopub_timeout=60,  # outputs that come late on a busy machine are worth waiting for
            resources={"metadata": {"path": str(path.resolve().parent)}},
            on_cell_execute=self._before_request,
            on_cell_complete=self._after_request,
            on_cell_error=self._on_error,
        )
        self.manager: KernelManager = self.client.create_kernel_manager()
        # Where jupyter-client and zmq have it; without, recent kernels warn on every start.
        with contextlib.suppress(TraitError, RuntimeError, ValueError):
            self.manager.set_trait("transport_encryption", "auto")
        self._marker = {
            "v": PROTOCOL,
            "client": uuid.uuid4().hex,
            "app": APP,
            "app_version": _own_version(),
            "path": path.name,
        }
        self._offered: dict[str, Mapping[str, Any]] = {}
        self._failed: set[str] = set()
        self._at_work = False
        self._over_limit = False
        self._reason = ""
        self._tasks: list[asyncio.Future[Any]] = []

    async def execute(self) -> None:
        """Run the cells that are to run, in the kernel of `client`."""
        for index, cell in enumerate(self.notebook.cells):
            if self.interrupted:
                return
            if not _runs(cell) or self._left_to_magic(cell):
                continue
            failed = await self._cell(cell, index)
            self._offered[cell["id"]] = offered_cells(cell)
            if failed or any(output["output_type"] == "error" for output in cell["outputs"]):
                self._failed.add(cell["id"])
            if self.died or (failed and not self.client.allow_errors):
                return

    def stop(self) -> None:
        """Interrupt the cell at work; a second time, end the kernel."""
        if self.interrupted:
            self._kill()
        self.interrupted = True
        self._interrupt()

    async def settle(self) -> None:
        """Wait for the interrupts and kills that were sent."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def solves(self) -> tuple[SolveSummary, ...]:
        """Return what the records of this run sum up, in notebook order."""
        records = [
            output.get("metadata", {}).get(KEY)
            for cell in self.notebook.cells
            if cell["id"] in self._offered
            for output in cell["outputs"]
        ]
        return tuple(
            SolveSummary.from_record(record["summary"])
            for record in records
            if isinstance(record, dict) and isinstance(record.get("summary"), dict)
        )

    async def _cell(self, cell: NotebookNode, index: int) -> bool:
        """Run one cell; return whether it failed."""
        self.ran += 1
        self.total = max(self.total, self.ran)
        title = _title(cell["source"])
        self.tell(Progress(self.ran, self.total, title))
        began = time.monotonic()
        self._reason, self._over_limit, self._at_work = "", False, True
        limits = self._set_limits()
        try:
            await self.client.async_execute_cell(cell, index)
        except CellExecutionError:
            pass  # the hook has told the reason
        except DeadKernelError:
            # nbclient says the same of a cancelled task.
            task = asyncio.current_task()
            self.interrupted = self.interrupted or (task is not None and task.cancelling() > 0)
            self.died = True
            self._reason = "the kernel ended"
        finally:
            self._at_work = False
            for limit in limits:
                limit.cancel()
        if self._over_limit:
            self._reason = f"it ran longer than {self._timeout:g} seconds"
        if self._reason and not self.interrupted:
            self.failures.append(CellFailure(self.ran, title, self._reason))
        self.tell(Progress(self.ran, self.total, title, time.monotonic() - began, bool(self._reason)))
        return bool(self._reason)

    def _left_to_magic(self, cell: NotebookNode) -> bool:
        """Tell whether a generated cell is its magic cell's affair in this pass."""
        parent = self._generated.get(id(cell))
        mark = CellMark.from_metadata(cell["metadata"])
        if parent is None or mark is None:
            return False
        offered = self._offered.get(parent)
        if offered is None or parent in self._failed:
            return parent in self._magics
        return bool(offered) and (mark.key in offered or not is_edited(mark, cell["source"]))

    def _before_request(self, cell: NotebookNode, cell_index: int) -> None:  # noqa: ARG002 - nbclient names them
        standing = [
            {"source": other["source"], "metadata": other["metadata"]}
            for other in self._standing.get(cell["id"], ())
        ]
        self._session_metadata(
            {**cell["metadata"], "cellId": cell["id"], MARKER: {**self._marker, "cells": standing}}
        )

    def _after_request(self, cell: NotebookNode, cell_index: int) -> None:  # noqa: ARG002 - nbclient names them
        self._session_metadata({})

    def _session_metadata(self, metadata: dict[str, Any]) -> None:
        # The session puts its default metadata on every message; nbclient sends nothing else
        # between its two hooks around an execute request.
        if self.client.kc is not None:
            self.client.kc.session.metadata = metadata

    def _on_error(self, cell: NotebookNode, cell_index: int, execute_reply: Mapping[str, Any]) -> None:  # noqa: ARG002
        content = execute_reply["content"]
        if "raises-exception" not in cell["metadata"].get("tags", []):
            self._reason = one_line(f"{content.get('ename', 'Error')}: {content.get('evalue', '')}")

    def _set_limits(self) -> list[asyncio.TimerHandle]:
        if not self._timeout:
            return []
        loop = asyncio.get_running_loop()
        return [
            loop.call_later(self._timeout, self._over),
            loop.call_later(self._timeout + _GRACE, self._kill),
        ]

    def _over(self) -> None:
        self._over_limit = True
        self._interrupt()

    def _interrupt(self) -> None:
        if self._at_work and self.manager.has_kernel:
            self._tasks.append(asyncio.ensure_future(ensure_async(self.manager.interrupt_kernel())))

    def _kill(self) -> None:
        if self.manager.provisioner is not None:
            self._tasks.append(asyncio.ensure_future(self.manager.provisioner.kill()))


def _runs(cell: NotebookNode) -> bool:
    return (
        cell["cell_type"] == "code"
        and bool(cell["source"].strip())
        and "skip-execution" not in cell["metadata"].get("tags", [])
    )


def _is_magic(cell: NotebookNode) -> bool:
    return _runs(cell) and cell["source"].lstrip().startswith("%%")


def _title(source: str) -> str:
    first, *rest = (line.strip() for line in source.strip().splitlines())
    second = next((line for line in rest if line), "")
    return _cut(f"{first} · {second}" if first.startswith("%%") and second else first, 72)


def one_line(text: str) -> str:
    """Return the first line of a message without colours, cut to a readable length.

    Parameters
    ----------
    text : str
        The message, as a kernel or a library gave it.

    Returns
    -------
    str
        It ends with an ellipsis if something was left out.
    """
    first, _, rest = _ANSI.sub("", text).strip().partition("\n")
    return _cut(f"{first} …" if rest else first, 240)


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _own_version() -> str:
    try:
        return version("creator-magic")
    except PackageNotFoundError:  # imported from a checkout that is not installed
        return "unknown"
