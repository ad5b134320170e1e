"""Executions in isolation, many in flight."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self

from creator_magic.feedback import error_output
from creator_magic.isolation.carrying import Carried, carry
from creator_magic.isolation.execution import IsolatedExecution
from creator_magic.isolation.limits import IsolationLimits
from creator_magic.isolation.orders import Job
from creator_magic.isolation.server_process import ServerProcess
from creator_magic.isolation.surroundings import environment, folder, path
from creator_magic.ports import CellRun, Execution, Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future
    from types import TracebackType

    from creator_magic.ports import CodeCell, Output

    OnOutput = Callable[[str, Callable[[], tuple[Output, ...]]], None]


_LIMITS, _NOTHING = IsolationLimits(), Carried()


def _unheard(_key: str, _outputs: Callable[[], tuple[Output, ...]]) -> None:
    """Let outputs grow; they are in the execution."""


class IsolatedExecutor:
    """Runs cells in processes of their own, each execution in a fresh namespace.

        with IsolatedExecutor() as executor:
            future = executor.submit([CodeCell("decision", "decision", "sum(prices)")], {"prices": [1, 2]})
            future.result().answer

    Parameters
    ----------
    jobs : int or None
        Executions at a time; as many as processors if None.

    Raises
    ------
    IsolationError
        If this system has no processes that fork.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self._server = ServerProcess()
        self._threads = ThreadPoolExecutor(jobs or os.cpu_count() or 1, thread_name_prefix="isolation")
        self._running: set[IsolatedExecution] = set()
        self._lock = threading.Lock()
        self._ends = False

    def warm_up(self) -> None:
        """Begin to start what an execution needs, without waiting for it."""
        self._server.start()

    def submit(
        self,
        cells: Sequence[CodeCell],
        variables: Mapping[str, Any] | None = None,
        limits: IsolationLimits = _LIMITS,
    ) -> Future[Execution]:
        """Run `cells` when there is room for it.

        Parameters
        ----------
        cells : sequence of CodeCell
            What runs, in order, until one fails.
        variables : mapping
            What they find in their namespace, pickled now. If one cannot be, the execution fails
            with a failure of kind "isolation", and nothing is run.
        limits : IsolationLimits
            What it is held to, from when it begins.

        Returns
        -------
        Future of Execution
            Failures of the code are in it, never raised.
        """
        given = dict(variables or {})
        carried = carry(given, given, limits.carried)
        if carried.uncarried:
            return self._threads.submit(lambda: not_carried(cells, carried))
        return self._threads.submit(self.run, cells, carried, limits)

    def run(
        self,
        cells: Sequence[CodeCell],
        carried: Carried = _NOTHING,
        limits: IsolationLimits = _LIMITS,
        on_output: OnOutput = _unheard,
    ) -> Execution:
        """Run `cells` now, and wait.

        Parameters
        ----------
        cells, limits
            As for `submit`.
        carried : Carried
            The variables.
        on_output : callable
            Called in this thread when a cell's outputs changed, with its key and a function that
            returns them.

        Raises
        ------
        KeyboardInterrupt
            If the person interrupted; the code has been ended.
        IsolationError
            If no process can be started.
        """
        job = Job(tuple(cells), carried.names, folder(), path(), environment())
        execution = IsolatedExecution(job, limits, *self._server.order(limits), on_output)
        with self._lock:
            self._running.add(execution)
            if self._ends:
                execution.order_to_stop()
        try:
            return execution.run(carried)
        finally:
            with self._lock:
                self._running.discard(execution)

    def shutdown(self, *, kill: bool = False) -> None:
        """Wait for what was submitted, and end the processes.

        Parameters
        ----------
        kill : bool
            Whether to end what runs, and forget what waits, instead.
        """
        if kill:
            self._threads.shutdown(wait=False, cancel_futures=True)
            with self._lock:
                self._ends = True
                for execution in self._running:
                    execution.order_to_stop()
        self._threads.shutdown(wait=True)
        self._server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown(kill=kind is not None)


def not_carried(cells: Sequence[CodeCell], carried: Carried) -> Execution:
    """Return the execution that was not begun, since variables it needs cannot be carried.

    Parameters
    ----------
    cells : sequence of CodeCell
        What was to run.
    carried : Carried
        With at least one that could not be.
    """
    named = "; ".join(map(str, carried.uncarried))
    said = f"it needs what cannot be carried into a separate process: {named}"
    failure = Failure("isolation", "NotCarried", said, cells[-1].key)
    runs = [CellRun(cell) for cell in cells[:-1]]
    return Execution((*runs, CellRun(cells[-1], (error_output(failure),))), failure)
