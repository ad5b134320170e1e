"""What runs in a supervised process, from the side that asked for it."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import socket
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from creator_magic.errors import IsolationError
from creator_magic.isolation import frames
from creator_magic.isolation.supervisor import GRACE, LOADING
from creator_magic.kernel.interruption import uninterrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from creator_magic.isolation.limits import IsolationLimits
    from creator_magic.isolation.surroundings import Surroundings

T = TypeVar("T")
_MEBIBYTE = 1 << 20
_MOST_TOLD = 256 * _MEBIBYTE
"""Bytes that a worker may say at once beside its answer; its outputs are limited far below."""

_PATIENCE = 5.0
"""Seconds for which a supervisor is given the time to do its work, before it is ended itself."""


class Supervised(ABC, Generic[T]):
    """A job that has been ordered.

    Parameters
    ----------
    limits : IsolationLimits
        What it is held to.
    data, status : socket
        The lines to the worker and to its supervisor; closed in the end.
    """

    def __init__(self, limits: IsolationLimits, data: socket.socket, status: socket.socket) -> None:
        self.limits = limits
        self.data = data
        self.status = status
        self._processes: list[int] = []
        self._done: tuple[T] | None = None
        self._garbled = False

    @abstractmethod
    def read(self, told: bytearray, pickled: bytes) -> T:
        """Read what the worker says that the job came to.

        Raises
        ------
        ValueError, TypeError, LookupError
            If no worker of ours says that: the code has found the line.
        """

    @abstractmethod
    def broken_off(self, ending: Mapping[str, Any]) -> T:
        """Return what it came to, where the worker has not lived to say it.

        Parameters
        ----------
        ending : mapping
            What its supervisor told: why it was stopped, its exit code, and the stack that it left.
        """

    def grown(self, told: bytearray) -> Callable[[], None]:  # noqa: ARG002 - for those that grow
        """Read what the worker says while it runs; return what is then to be done.

        Raises
        ------
        ValueError, TypeError, LookupError
            As for `read`.
        """
        raise ValueError

    def run(self, surroundings: Surroundings, *job: bytes | memoryview) -> T:
        """Send the job, and wait for what it comes to; no process of it is left then.

        Parameters
        ----------
        surroundings : Surroundings
            What the worker finds around it.
        job : buffers
            What its program runs.

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
                frames.send(self.data, frames.JOB, pickle.dumps(surroundings), *job)
            ending = self._listen()
        finally:
            with uninterrupted():
                if not ending:
                    self._stop()
                self.data.close()
                self.status.close()
        if self._done is not None and not self._garbled:
            return self._done[0]
        if not self._processes:
            raise IsolationError(
                "The process for isolated code ended before it began; memory may be short. Try again."
            )
        return self.broken_off({"stopped": "garbled"} if self._garbled else ending)

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
            readable = frames.readable(lines, left)
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
        react = None
        try:
            most = _MOST_TOLD + self.limits.carried * _MEBIBYTE if self.limits.carried else None
            kind, parts = frames.receive(self.data, most)
            if kind == frames.BEGUN and not self._processes:  # which comes before any code runs
                self._processes = [int(process) for process in json.loads(parts[0])]
            elif kind == frames.GROWTH:
                react = self.grown(parts[0])
            elif kind == frames.DONE:
                self._done = (self.read(parts[0], bytes(parts[1])),)
        except (EOFError, OSError):
            return False
        except (frames.UnreadableError, ValueError, TypeError, LookupError):
            # The code has found the line, and says things of its own.
            self._garbled = True
            self.order_to_stop()
            return False
        if react is not None:
            react()
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
