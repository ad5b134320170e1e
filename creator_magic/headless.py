"""Running a notebook file: a fresh kernel is started and ended, generated cells go into the file."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import os
import signal
import time
from typing import TYPE_CHECKING

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import ensure_async

from creator_magic.cells.notebook import complete
from creator_magic.cells.notebook_file import read_notebook, write_notebook
from creator_magic.errors import NotebookError
from creator_magic.file_lock import locked_path
from creator_magic.notebook_run import NotebookRun, one_line
from creator_magic.run_report import KernelDiedError, RunReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from jupyter_client.client import KernelClient

    from creator_magic.run_report import Progress


def run_notebook(
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
    before = _content(path)
    notebook, notices = read_notebook(path)
    run = NotebookRun(complete(notebook), path, kernel_name or "", allow_errors=allow_errors, timeout=timeout)
    run.tell = on_progress or run.tell
    changed = {**os.environ, **(env or {})}
    asyncio.run(_in_kernel(run, path, {name: value for name, value in changed.items() if value is not None}))
    ran = complete(run.notebook, told=True)
    with _alone_at(target):
        # Not by the time of the last change, which says little where a clock was set.
        if target.resolve() == path.resolve() and _content(path) != before:
            target = _free_name(path)
            notices = (*notices, f"{path} was changed during the run, so the result is in {target}")
        write_notebook(ran, target)
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


async def _in_kernel(run: NotebookRun, path: Path, env: Mapping[str, str]) -> None:
    """Start the kernel, run the cells, end the kernel."""
    loop = asyncio.get_running_loop()
    signals = [signal.SIGINT, signal.SIGTERM]
    # Windows has no such handlers: there an interrupt cancels this task, which the run sees.
    with contextlib.suppress(RuntimeError, ValueError):
        for number in signals:
            loop.add_signal_handler(number, run.stop)
    try:
        await start_kernel(run, path, env)
        await run.execute()
    finally:
        with contextlib.suppress(RuntimeError, ValueError):
            for number in signals:
                loop.remove_signal_handler(number)
        await end_kernel(run)


async def start_kernel(run: NotebookRun, path: Path, env: Mapping[str, str]) -> None:
    """Start the kernel of a run.

    Raises
    ------
    NotebookError
        If it does not start.
    """
    try:
        try:
            channels = await _connected(run, env)
        except RuntimeError:
            if run.interrupted:
                raise
            # Another program may have taken a port between its being chosen and the kernel's start.
            run.prepare_kernel()
            channels = await _connected(run, env)
        info = await run.client.async_wait_for_reply(channels.kernel_info())
    except NoSuchKernel as error:
        raise NotebookError(
            f"{path}: its kernel {error.name!r} is not installed here; name another with `--kernel`"
        ) from error
    except (RuntimeError, OSError) as error:
        if not run.interrupted:
            raise NotebookError(f"{path}: its kernel did not start ({one_line(str(error))})") from error
    else:
        if info is not None and "language_info" in info["content"]:
            run.notebook.metadata["language_info"] = info["content"]["language_info"]


async def _connected(run: NotebookRun, env: Mapping[str, str]) -> KernelClient:
    await run.client.async_start_new_kernel(env=env)
    return await run.client.async_start_new_kernel_client()


async def end_kernel(run: NotebookRun) -> None:
    """End the kernel of a run, whatever state it is in."""
    await run.settle()
    if run.client.kc is not None:
        run.client.kc.stop_channels()
    if await ensure_async(run.manager.is_alive()):
        await ensure_async(run.manager.shutdown_kernel(now=run.died))
    await ensure_async(run.manager.cleanup_resources())


def _check_writable(target: Path) -> None:
    if target.is_dir():
        raise NotebookError(f"cannot write {target}: it is a directory")
    if not target.resolve().parent.is_dir():
        raise NotebookError(f"cannot write {target}: its folder does not exist")
    for place in (target.resolve().parent, target):
        if place.exists() and not os.access(place, os.W_OK):
            raise NotebookError(f"cannot write {target}: no permission")


def _content(path: Path) -> bytes | None:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None


@contextlib.contextmanager
def _alone_at(target: Path) -> Iterator[None]:
    """Let no other run write into the folder of `target` meanwhile, where it can be locked."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            stack.enter_context(locked_path(target.resolve().parent))
        yield


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.stem}.run{number or ''}{path.suffix}") for number in itertools.count())
    return next(name for name in names if not name.exists())
