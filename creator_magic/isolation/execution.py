"""One execution in isolation, from the side that asked for it."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import socket
import time
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, cast, get_args

from creator_magic.errors import IsolationError
from creator_magic.feedback import error_output
from creator_magic.isolation import frames
from creator_magic.isolation.answers import ForeignAnswerError, load_answer
from creator_magic.isolation.endings import failure_of_ending
from creator_magic.isolation.supervisor import GRACE, LOADING
from creator_magic.kernel.interruption import uninterrupted
from creator_magic.ports import CellRun, Execution, Failure, FailureKind, Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from creator_magic.isolation.carrying import Carried
    from creator_magic.isolation.limits import IsolationLimits
    from creator_magic.isolation.orders import Job
    from creator_magic.ports import CodeCell, Output

_MEBIBYTE = 1 << 20
_MOST_TOLD = 256 * _MEBIBYTE
"""Bytes that a worker may say at once beside its answer; its outputs are limited far below."""

_PATIENCE = 5.0
"""Seconds for which a supervisor is given the time to do its work, before it is ended itself."""


@dataclass(slots=True, eq=False)
class IsolatedExecution:
    """An execution that has been ordered.

    Parameters
    ----------
    job : Job
        What runs.
    limits : IsolationLimits
        What it is held to.
    data, status : socket
        The lines to the worker and to its supervisor; closed in the end.
    on_output : callable
        Called when a cell's outputs changed, with its key and a function that returns them.
    """

    job: Job
    limits: IsolationLimits
    data: socket.socket
    status: socket.socket
    on_output: Callable[[str, Callable[[], tuple[Output, ...]]], None]
    _processes: list[int] = field(default_factory=list)
    _outputs: dict[int, tuple[Output, ...]] = field(default_factory=dict)
    _done: Execution | None = None
    _garbled: bool = False
    _began: float = field(default_factory=time.monotonic)

    def run(self, carried: Carried) -> Execution:
        """Send the job, and wait for what it comes to; no process of it is left then.

        Parameters
        ----------
        carried : Carried
            The variables that the job names.

        Raises
        ------
        KeyboardInterrupt
            If the person interrupted.
        IsolationError
            If its processes ended before they began.
        """
        ending: dict[str, Any] = {}
        try:
            with contextlib.suppress(OSError):  # what became of it, its supervisor tells
                frames.send(self.data, frames.JOB, pickle.dumps(self.job), carried.stream, *carried.buffers)
            ending = self._listen()
        finally:
            with uninterrupted():
                if not ending:
                    self._stop()
                self.data.close()
                self.status.close()
        if self._done is not None and not self._garbled:
            return self._done
        return self._broken_off({"stopped": "garbled"} if self._garbled else ending)

    def order_to_stop(self) -> None:
        """Let it be ended, with everything that it started. May be called from another thread."""
        with contextlib.suppress(OSError):
            self.status.shutdown(socket.SHUT_WR)

    def _stop(self) -> None:
        """End it now, and wait until it has."""
        self.order_to_stop()
        self.status.settimeout(_PATIENCE)
        with contextlib.suppress(OSError, EOFError, frames.UnreadableError):
            while frames.receive(self.status)[0] != frames.ENDED:
                pass

    def _listen(self) -> dict[str, Any]:
        lines = [self.data, self.status]
        limit = self.limits.timeout
        deadline = None if limit is None else time.monotonic() + LOADING + limit + GRACE + _PATIENCE
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            readable = wait(lines, left)
            if not readable:
                self._end_supervisor()
            if self.data in readable:
                if not self._hear_worker():
                    lines.remove(self.data)
                    deadline = time.monotonic() + _PATIENCE  # its supervisor knows it, too
            elif self.status in readable:
                ending = self._hear_supervisor()
                while self.data in lines and self._hear_worker():
                    pass
                return ending

    def _hear_worker(self) -> bool:
        """Take in what the worker says; return whether it may say more."""
        grown: int | None = None
        try:
            most = _MOST_TOLD + self.limits.carried * _MEBIBYTE if self.limits.carried else None
            kind, parts = frames.receive(self.data, most)
            if kind == frames.BEGUN and not self._processes:  # which comes before any code runs
                self._processes = [int(process) for process in json.loads(parts[0])]
            elif kind == frames.GROWTH:
                grown, outputs = json.loads(parts[0])
                self._outputs[range(len(self.job.cells))[grown]] = tuple(outputs)
            elif kind == frames.DONE:
                self._done = self._read(json.loads(parts[0]), bytes(parts[1]))
        except (EOFError, OSError):
            return False
        except (frames.UnreadableError, ValueError, TypeError, LookupError):
            # The code has found the line, and says things of its own.
            self._garbled = True
            self.order_to_stop()
            return False
        if grown is not None:
            self.on_output(self.job.cells[grown].key, lambda: self._outputs[grown])
        return True

    def _hear_supervisor(self) -> dict[str, Any]:
        """Return what the supervisor says of how it all ended."""
        try:
            _, parts = frames.receive(self.status, _MOST_TOLD)
        except (EOFError, OSError, frames.UnreadableError):
            self._end_supervisor()
            return {"stopped": "lost"}
        return dict(json.loads(parts[0]))

    def _end_supervisor(self) -> None:
        """End a supervisor that does not do its work any more, and its worker with it."""
        for process, end in zip(self._processes, (os.kill, os.killpg), strict=False):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                end(process, signal.SIGKILL)

    def _read(self, told: dict[str, Any], pickled: bytes) -> Execution:
        cells = self.job.cells
        runs = tuple(CellRun(cells[number], tuple(outputs)) for number, outputs in told["runs"])
        failure = _failure(told["failure"], cells)
        notices: tuple[str, ...] = ()
        answer = None
        if failure is None:
            try:
                answer = load_answer(pickled)
            except ForeignAnswerError:
                kind = str(told["answer"])[:100]
                notices = (
                    f"The answer, of type {kind}, cannot be brought back; its text is in the outputs.",
                )
        return Execution(runs, failure, answer, float(told["seconds"]), notices=notices)

    def _broken_off(self, ending: dict[str, Any]) -> Execution:
        if not self._processes:
            raise IsolationError(
                "The process for isolated code ended before it began; memory may be short. Try again."
            )
        cells = self.job.cells
        last = max(self._outputs, default=0)
        failure = failure_of_ending(ending, self.limits, cells, cells[last])
        runs = [CellRun(cells[number], self._outputs.get(number, ())) for number in range(last + 1)]
        runs[last] = CellRun(cells[last], (*runs[last].outputs, error_output(failure)))
        return Execution(tuple(runs), failure, None, time.monotonic() - self._began)


def _failure(told: dict[str, Any] | None, cells: Sequence[CodeCell]) -> Failure | None:
    if told is None:
        return None
    keys = {cell.key for cell in cells}
    if told["kind"] not in get_args(FailureKind) or told["key"] not in keys:
        raise ValueError
    return Failure(
        kind=cast("FailureKind", told["kind"]),
        name=str(told["name"]),
        message=str(told["message"]),
        key=told["key"],
        frames=tuple(
            Frame(str(level["key"]), int(level["line"]), str(level["function"]), str(level["text"]))
            for level in told["frames"]
        ),
        traceback=tuple(map(str, told["traceback"])),
        of_library=bool(told["of_library"]),
        missing=tuple(map(str, told["missing"])),
    )
