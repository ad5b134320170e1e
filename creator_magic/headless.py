"""Running a notebook file: every cell in a fresh kernel, generated cells put into the file.

A magic cell runs its own generated cells. So a standing generated cell is told to the kernel with
the request of its magic cell, and passed over when its turn comes; where its magic cell is gone,
switched off or made no record, it runs as the ordinary cell it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import signal
import time
import uuid
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets import TraitError

from creator_magic.cells.generated import KEY, CellMark, SolveSummary, is_edited
from creator_magic.cells.notebook import (
    complete,
    offered_cells,
    read_notebook,
    standing_cells,
    write_notebook,
)
from creator_magic.cells.request import MARKER
from creator_magic.errors import NotebookError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jupyter_client.manager import KernelManager
    from nbformat import NotebookNode


FRONTEND_VERSION = 1
APP = "creator-magic run"

_GRACE = 10.0
"""Seconds that a cell over its limit has to heed the interrupt before its kernel is ended."""

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Progress:
    """A cell that begins or has ended.

    Parameters
    ----------
    number : int
        Which one, counted from 1 over the cells that run.
    total : int
        How many will run, as far as is known.
    title : str
        The cell's first line; for a magic cell its first line of text too.
    seconds : float or None
        How long it ran; None when it begins.
    failed : bool
        Whether it ended with an error.
    """

    number: int
    total: int
    title: str
    seconds: float | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class CellFailure:
    """A cell that failed.

    Parameters
    ----------
    number : int
        Which one, counted from 1 over the cells that ran.
    title : str
        As in `Progress`.
    reason : str
        The error's type and message, in one line.
    """

    number: int
    title: str
    reason: str

    def __str__(self) -> str:
        return f"cell {self.number} ({self.title}): {self.reason}"


@dataclass(frozen=True, slots=True)
class RunReport:
    """What running a notebook came to.

    Parameters
    ----------
    output : Path
        The file that was written.
    ran : int
        How many cells ran.
    total : int
        How many cells should have run.
    failures : tuple of CellFailure
        The cells that failed, apart from those tagged `raises-exception`.
    interrupted : bool
        Whether a person stopped the run.
    solves : tuple of SolveSummary
        What the records of this run say.
    seconds : float
        Wall time, with the start of the kernel.
    notices : tuple of str
        What the person should know, in a sentence each.
    """

    output: Path
    ran: int
    total: int
    failures: tuple[CellFailure, ...]
    interrupted: bool
    solves: tuple[SolveSummary, ...]
    seconds: float
    notices: tuple[str, ...]


class KernelDiedError(NotebookError):
    """The kernel ended in the middle of a run; what ran was written.

    Parameters
    ----------
    message : str
        Which cell it ended in.
    report : RunReport
        What the run came to until then.
    """

    def __init__(self, message: str, report: RunReport) -> None:
        super().__init__(message)
        self.report = report

    def __reduce__(self) -> tuple[type[KernelDiedError], tuple[str, RunReport]]:
        return type(self), (self.message, self.report)


def run_notebook(  # noqa: PLR0913 - each is an option of the command line
    path: Path,
    output: Path | None = None,
    *,
    allow_errors: bool = False,
    kernel_name: str | None = None,
    timeout: float | None = None,
    env: Mapping[str, str | None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> RunReport:
    """Run a notebook file in a fresh kernel and write it with its generated cells.

    Parameters
    ----------
    path : Path
        The notebook. The kernel works in its folder.
    output : Path, optional
        Where the result goes; without it, into `path` itself. No cell's text is lost by that: only
        outputs and generated cells that nobody edited are rewritten. Should `path` change on disk
        during the run, the result goes beside it.
    allow_errors : bool, optional
        Go on after a cell that failed.
    kernel_name : str, optional
        The kernel to start instead of the one that the notebook names.
    timeout : float, optional
        Time limit for each cell, in seconds.
    env : mapping, optional
        Changes to the kernel's environment; None takes a variable out.
    on_progress : callable, optional
        Called as each cell begins and ends.

    Returns
    -------
    RunReport
        What came of it; a cell that failed is in `failures`.

    Raises
    ------
    NotebookError
        If the notebook cannot be read or written or its kernel does not start; then nothing was
        written.
    KernelDiedError
        If the kernel ended; what ran until then was written.
    """
    began = time.monotonic()
    target = output or path
    _check_writable(target)
    before = _stamp(path)
    notebook, notices = read_notebook(path)
    run = _Run(complete(notebook), path, kernel_name or "", allow_errors=allow_errors, timeout=timeout)
    run.tell = on_progress or run.tell
    changed = {**os.environ, **(env or {})}
    asyncio.run(run.whole({name: value for name, value in changed.items() if value is not None}))
    if target.resolve() == path.resolve() and _stamp(path) != before:
        target = _free_name(path)
        notices = (*notices, f"{path} was changed during the run, so the result is in {target}")
    write_notebook(complete(run.notebook, told=True), target)
    report = RunReport(
        output=target,
        ran=run.ran,
        total=run.total,
        failures=tuple(run.failures),
        interrupted=run.interrupted,
        solves=run.solves(),
        seconds=time.monotonic() - began,
        notices=notices,
    )
    if run.died and not run.interrupted:
        raise KernelDiedError(f"{run.failures[-1]}; what ran until then is in {target}", report)
    return report


class _Run:
    """One run of a notebook: its kernel, the cell at work, and what became of each."""

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
        self._path = path
        self._timeout = timeout
        self._client = NotebookClient(
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
        self._manager: KernelManager = self._client.create_kernel_manager()
        # Where jupyter-client and zmq have it; without, recent kernels warn on every start.
        with contextlib.suppress(TraitError, RuntimeError, ValueError):
            self._manager.set_trait("transport_encryption", "auto")
        self._marker = {
            "v": FRONTEND_VERSION,
            "client": uuid.uuid4().hex,
            "app": APP,
            "app_version": _own_version(),
            "path": path.name,
        }
        self._offered: dict[str, Mapping[str, Any]] = {}
        self._at_work = False
        self._over_limit = False
        self._reason = ""
        self._tasks: list[asyncio.Future[Any]] = []

    async def whole(self, env: Mapping[str, str]) -> None:
        """Start the kernel, run the cells, end the kernel."""
        loop = asyncio.get_running_loop()
        signals = [signal.SIGINT, signal.SIGTERM]
        # Windows has no such handlers: there an interrupt cancels this task, which `_cell` sees.
        with contextlib.suppress(RuntimeError, ValueError):
            for number in signals:
                loop.add_signal_handler(number, self._stop)
        try:
            await self._start(env)
            await self._cells()
        finally:
            with contextlib.suppress(RuntimeError, ValueError):
                for number in signals:
                    loop.remove_signal_handler(number)
            await self._end()

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

    async def _start(self, env: Mapping[str, str]) -> None:
        try:
            await self._client.async_start_new_kernel(env=env)
            channels = await self._client.async_start_new_kernel_client()
            info = await self._client.async_wait_for_reply(channels.kernel_info())
        except NoSuchKernel as error:
            raise NotebookError(
                f"{self._path}: its kernel {error.name!r} is not installed here; name another with `--kernel`"
            ) from error
        except (RuntimeError, OSError) as error:
            if not self.interrupted:
                raise NotebookError(
                    f"{self._path}: its kernel did not start ({_one_line(str(error))})"
                ) from error
        else:
            if info is not None and "language_info" in info["content"]:
                self.notebook.metadata["language_info"] = info["content"]["language_info"]

    async def _cells(self) -> None:
        for index, cell in enumerate(self.notebook.cells):
            if self.interrupted:
                return
            if not _runs(cell) or self._done_by_magic(cell):
                continue
            failed = await self._cell(cell, index)
            self._offered[cell["id"]] = offered_cells(cell)
            if self.died or (failed and not self._client.allow_errors):
                return

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
            await self._client.async_execute_cell(cell, index)
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

    def _done_by_magic(self, cell: NotebookNode) -> bool:
        """Tell whether a generated cell has been run by its magic cell, or will be."""
        parent = self._generated.get(id(cell))
        mark = CellMark.from_metadata(cell["metadata"])
        if parent is None or mark is None:
            return False
        offered = self._offered.get(parent)
        if offered is None:
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
        if self._client.kc is not None:
            self._client.kc.session.metadata = metadata

    def _on_error(self, cell: NotebookNode, cell_index: int, execute_reply: Mapping[str, Any]) -> None:  # noqa: ARG002
        content = execute_reply["content"]
        if "raises-exception" not in cell["metadata"].get("tags", []):
            self._reason = _one_line(f"{content.get('ename', 'Error')}: {content.get('evalue', '')}")

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

    def _stop(self) -> None:
        """Interrupt the cell at work; a second time, end the kernel."""
        if self.interrupted:
            self._kill()
        self.interrupted = True
        self._interrupt()

    def _interrupt(self) -> None:
        if self._at_work and self._manager.has_kernel:
            self._tasks.append(asyncio.ensure_future(ensure_async(self._manager.interrupt_kernel())))

    def _kill(self) -> None:
        if self._manager.provisioner is not None:
            self._tasks.append(asyncio.ensure_future(self._manager.provisioner.kill()))

    async def _end(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client.kc is not None:
            self._client.kc.stop_channels()
        if await ensure_async(self._manager.is_alive()):
            await ensure_async(self._manager.shutdown_kernel(now=self.died))
        await ensure_async(self._manager.cleanup_resources())


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


def _one_line(text: str) -> str:
    first, _, rest = _ANSI.sub("", text).strip().partition("\n")
    return _cut(f"{first} …" if rest else first, 240)


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _own_version() -> str:
    try:
        return version("creator-magic")
    except PackageNotFoundError:  # imported from a checkout that is not installed
        return "unknown"


def _check_writable(target: Path) -> None:
    if target.is_dir():
        raise NotebookError(f"cannot write {target}: it is a directory")
    if not target.resolve().parent.is_dir():
        raise NotebookError(f"cannot write {target}: its folder does not exist")
    for place in (target.resolve().parent, target):
        if place.exists() and not os.access(place, os.W_OK):
            raise NotebookError(f"cannot write {target}: no permission")


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.stem}.run{number or ''}{path.suffix}") for number in itertools.count())
    return next(name for name in names if not name.exists())
