"""Executions in isolation, many in flight."""

from __future__ import annotations

import atexit
import functools
import os
import pickle
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self, TypeVar

from creator_magic.feedback import error_output
from creator_magic.isolation.call import IsolatedCall
from creator_magic.isolation.limits import IsolationLimits
from creator_magic.isolation.server_process import ServerProcess
from creator_magic.isolation.surroundings import elsewhere, here
from creator_magic.ports import CellRun, Execution, Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future
    from types import TracebackType

    from creator_magic.isolation.carrying import Carried
    from creator_magic.isolation.supervised import Supervised
    from creator_magic.isolation.surroundings import Surroundings
    from creator_magic.ports import CodeCell, Output

    OnOutput = Callable[[str, Callable[[], tuple[Output, ...]]], None]

T = TypeVar("T")
_LIMITS = IsolationLimits()


def _unheard(_key: str, _outputs: Callable[[], tuple[Output, ...]]) -> None:
    """Let outputs grow; they are in the execution."""


@functools.cache
def shared_executor() -> IsolatedExecutor:
    """Return the one executor of this process, which ends with it.

    Raises
    ------
    IsolationError
        If this system has no processes that fork.
    """
    executor = IsolatedExecutor()
    atexit.register(executor.shutdown, kill=True)
    return executor


class IsolatedExecutor:
    """Runs cells, or calls functions, each in a process of its own.

        with IsolatedExecutor() as executor:
            future = executor.submit([CodeCell("decision", "decision", "sum(prices)")], {"prices": [1, 2]})
            future.result().answer
            executor.submit_call(statistics.mean, [1, 2]).result()

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
        self._running: set[Supervised[Any]] = set()
        self._lock = threading.Lock()
        self._ends = False

    def warm_up(self) -> None:
        """Begin to start what an execution of cells needs, without waiting for it."""
        self._server.prepare("cells")

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
        from creator_magic.isolation.carrying import carry

        given = dict(variables or {})
        carried = carry(given, given, limits.carried)
        if carried.uncarried:
            return self._threads.submit(lambda: not_carried(cells, carried))
        return self._threads.submit(self.run, cells, carried, limits)

    def run(
        self,
        cells: Sequence[CodeCell],
        carried: Carried | None = None,
        limits: IsolationLimits = _LIMITS,
        on_output: OnOutput = _unheard,
        *,
        surroundings: Surroundings | None = None,
        warm: Sequence[str] = (),
    ) -> Execution:
        """Run `cells` now, and wait.

        Parameters
        ----------
        cells, limits
            As for `submit`.
        carried : Carried or None
            The variables, if there are any.
        on_output : callable
            Called in this thread when a cell's outputs changed, with its key and a function that
            returns them.
        surroundings : Surroundings or None
            What they find around them; None for what there is here.
        warm : sequence of str
            As for `call`.

        Raises
        ------
        KeyboardInterrupt
            If the person interrupted; the code has been ended.
        IsolationError
            If no process can be started.
        """
        from creator_magic.isolation.carrying import Carried
        from creator_magic.isolation.execution import IsolatedExecution

        carried = carried or Carried()
        job = pickle.dumps((tuple(cells), carried.names))
        execution = IsolatedExecution(cells, on_output, limits, *self._server.order("cells", limits, warm))
        return self._watched(execution, surroundings or here(), job, carried.stream, *carried.buffers)

    def submit_call(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        limits: IsolationLimits = _LIMITS,
        warm: Sequence[str] = (),
    ) -> Future[Any]:
        """Call `function` when there is room for it; see `call`.

        Returns
        -------
        Future
            It raises what `call` raises.
        """
        return self._threads.submit(self.call, function, *arguments, limits=limits, warm=warm)

    def call(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        limits: IsolationLimits = _LIMITS,
        warm: Sequence[str] = (),
    ) -> Any:
        """Call `function` now, in a fresh process without a shell, and wait for what it returns.

        It finds an empty folder, which is removed afterwards, and what it prints or draws goes nowhere.

        Parameters
        ----------
        function : callable
            Of a module that can be imported.
        arguments
            What it is called with; they must pickle.
        limits : IsolationLimits
            What it is held to.
        warm : sequence of str
            Libraries that it will import; those that are safe to fork are imported once for all calls.

        Returns
        -------
        object
            Plain data: Python's own values, NumPy's, pandas'.

        Raises
        ------
        CallError
            If it raised, returned something else, or was ended.
        KeyboardInterrupt
            If the person interrupted; the call has been ended.
        IsolationError
            If no process can be started.
        """
        job = pickle.dumps((function, arguments))
        with tempfile.TemporaryDirectory(prefix="creator-", ignore_cleanup_errors=True) as folder:
            ordered = self._server.order("call", limits, (str(function.__module__), *warm))
            returned, error = self._watched(IsolatedCall(limits, *ordered), elsewhere(folder), job)
        if error is not None:
            raise error
        return returned

    def _watched(self, job: Supervised[T], surroundings: Surroundings, *parts: bytes | memoryview) -> T:
        """Run a job that has been ordered, so that `shutdown` finds it."""
        with self._lock:
            self._running.add(job)
            if self._ends:
                job.order_to_stop()
        try:
            return job.run(surroundings, *parts)
        finally:
            with self._lock:
                self._running.discard(job)

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
                for job in self._running:
                    job.order_to_stop()
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
