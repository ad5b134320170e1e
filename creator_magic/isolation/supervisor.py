"""The process above a worker: it enforces the limits, and leaves nothing running.

It forks the worker, adopts whatever that starts, and waits for one of: the worker's end, its limits, the
order to stop. An order is the end of the line to whoever asked, so that their death is one too.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
import time
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, Literal

from creator_magic.isolation import frames
from creator_magic.isolation.process_tree import adopt_orphans, descendants, end_all, resident

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from creator_magic.isolation.limits import IsolationLimits

Stopped = Literal["", "loading", "timeout", "memory", "processes", "order"]
"""Why a supervisor ended its worker, if it did."""

GRACE = 1.0
"""Seconds beyond the time limit, in which code that can be stopped inside its process is."""

LOADING = 120.0
"""Seconds that unpickling the variables may take, with the imports that it needs."""

READY = b"r"
"""What the worker says down its pipe when it has loaded its variables: its time begins."""

_TICK = 0.1
_LAST_WORDS = 0.5
_MEBIBYTE = 1 << 20
_STACK = 64 * 1024


def supervise(
    status: socket.socket,
    data: socket.socket,
    limits: IsolationLimits,
    work: Callable[[int, IO[bytes]], None],
) -> None:
    """Fork a worker that calls `work`, see it to its end, and tell how that was.

    Parameters
    ----------
    status : socket
        The line to whoever asked.
    data : socket
        The worker's own line to them, which ends with it.
    limits : IsolationLimits
        What is enforced.
    work : callable
        Runs in the worker; told where to say that it is ready, and where to leave its stack if it crashes.
    """
    above = os.getppid()
    adopt_orphans()
    ready, say_ready = os.pipe()
    os.set_blocking(ready, False)
    os.set_blocking(say_ready, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(say_ready, warn_on_full_buffer=False)
    with _file_without_a_name() as stack:
        worker = os.fork()
        if not worker:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            status.close()
            work(say_ready, stack)
            os._exit(0)
        data.close()
        watch = _Watch(worker, above, status, ready, limits)
        stopped = watch.until_ended()
        if stopped in ("timeout", "loading"):
            _ask_for_last_words(worker)
        code = _end(worker)
        told = {"stopped": stopped, "code": code, "stack": _read(stack)}
    with contextlib.suppress(OSError):
        frames.send(status, frames.ENDED, json.dumps(told).encode())


def _file_without_a_name() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stack"), "w+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


@dataclass(slots=True)
class _Watch:
    worker: int
    above: int
    status: socket.socket
    ready: int
    limits: IsolationLimits

    def until_ended(self) -> Stopped:
        """Wait until the worker has ended, or has to; return why it has to."""
        ours = resident(os.getpid())
        deadline, running = time.monotonic() + LOADING, False
        look = time.monotonic() + _TICK
        while True:
            readable = frames.readable([self.status, self.ready], _TICK)
            if _has_ended(self.worker):
                return ""
            if self.status in readable or os.getppid() != self.above:
                return "order"
            if self.ready in readable and READY in os.read(self.ready, 4096) and not running:
                running = True
                limit = self.limits.timeout
                deadline = float("inf") if limit is None else time.monotonic() + limit + GRACE
            now = time.monotonic()
            if running and now >= min(look, deadline):
                look = now + _TICK
                beyond = self.beyond(ours)
                if beyond:
                    return beyond
            if now >= deadline:
                return "timeout" if running else "loading"

    def beyond(self, ours: int) -> Stopped:
        """Tell which limit all processes of the worker together have passed.

        What they share with this process, as forks of one another, is not counted.
        """
        started = list(islice(descendants(self.worker), self.limits.processes))
        if len(started) >= self.limits.processes:
            return "processes"
        if started and self.limits.memory:
            taken = sum(max(0, resident(process) - ours) for process in (self.worker, *started))
            if taken > self.limits.memory * _MEBIBYTE:
                return "memory"
        return ""


def _has_ended(worker: int) -> bool:
    # Left unreaped, so that its id stays its own until its group has been killed.
    return os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _ask_for_last_words(worker: int) -> None:
    """Let `faulthandler` write where the code is, also in a call into C that never returns."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker, signal.SIGABRT)
    deadline = time.monotonic() + _LAST_WORDS
    while not _has_ended(worker) and time.monotonic() < deadline:
        time.sleep(0.005)


def _end(worker: int) -> int:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker, signal.SIGKILL)  # before it had a group of its own
    code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    end_all(worker)
    return code


def _read(stack: IO[bytes]) -> str:
    stack.seek(0)
    return stack.read(_STACK).decode("utf-8", "replace")
