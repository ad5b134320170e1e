"""One run over a notebook's cells: progress, limits, interrupts, and what came of each cell."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets import TraitError

from creator_magic.cells.generated import KEY, SolveSummary
from creator_magic.notebook_pass import NotebookPass, PassClient, runs
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
        self._pass = NotebookPass(notebook, APP, path.name)
        self.total = self._pass.total
        self._timeout = timeout
        self.client = PassClient(
            notebook,
            kernel_name=kernel_name,
            allow_errors=allow_errors,
            record_timing=False,  # the cells' own metadata stays as it is
            iopub_timeout=60,  # outputs that come late on a busy machine are worth waiting for
            resources={"metadata": {"path": str(path.resolve().parent)}},
            on_cell_error=self._on_error,
        )
        self.client.notebook_pass = self._pass
        self.manager: KernelManager
        self.prepare_kernel()
        self._at_work = False
        self._over_limit = False
        self._reason = ""
        self._tasks: list[asyncio.Future[Any]] = []

    def prepare_kernel(self) -> None:
        """Have a kernel, with connections of its own, that can be started."""
        self.manager = self.client.create_kernel_manager()
        # Where jupyter-client and zmq have it; without, recent kernels warn on every start.
        with contextlib.suppress(TraitError, RuntimeError, ValueError):
            self.manager.set_trait("transport_encryption", "auto")

    async def execute(self) -> None:
        """Run the cells that are to run, in the kernel of `client`."""
        for index, cell in enumerate(self.notebook.cells):
            if self.interrupted:
                return
            if not runs(cell) or self._pass.leaves_to_magic(cell):
                continue
            failed = await self._cell(cell, index)
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
            if self._pass.ran(cell)
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
        title = title_of(cell["source"])
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


def title_of(source: str) -> str:
    """Return a cell's first line; for a magic cell its first line of text too."""
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
