"""The fork server as seen from the process that starts it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from creator_magic.errors import IsolationError
from creator_magic.isolation.limits import IsolationLimits
from creator_magic.isolation.orders import WARM, Order, send_order
from creator_magic.isolation.surroundings import environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creator_magic.isolation.orders import Program

_ROOT = Path(__file__).parents[2]
# Not `-m`: the folder of the notebook must not come first where modules are looked for.
_START = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from creator_magic.isolation.fork_server import serve; serve(int(sys.argv[2]))"
)


class ServerProcess:
    """A fork server, started with the first execution and again if it is gone; for many threads.

    Raises
    ------
    IsolationError
        If this system has no processes that fork.
    """

    def __init__(self) -> None:
        if not hasattr(os, "fork") or not hasattr(socket, "send_fds"):
            raise IsolationError(
                "Isolation, of tools too, needs Linux or macOS; leave out --isolate on this system."
            )
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0

    def prepare(self, program: Program) -> None:
        """Begin to start it, and to make it ready for a program; nothing is waited for.

        Raises
        ------
        IsolationError
            If it cannot be started.
        """
        with self._lock:
            self._send(Order(program, IsolationLimits(), _warm()))

    def order(
        self, program: Program, limits: IsolationLimits, warm: Sequence[str] = ()
    ) -> tuple[socket.socket, socket.socket]:
        """Begin an execution; return the line to its worker and the one to its supervisor.

        Parameters
        ----------
        program : {"cells", "call"}
            What the worker runs.
        limits : IsolationLimits
            What it is held to.
        warm : sequence of str
            What the server imports first, beside the libraries that this process has imported.

        Raises
        ------
        IsolationError
            If no server can be started.
        """
        with ExitStack() as ours:
            data, workers = map(ours.enter_context, socket.socketpair())
            status, supervisors = map(ours.enter_context, socket.socketpair())
            with self._lock, workers, supervisors:
                lines = workers.fileno(), supervisors.fileno()
                self._send(Order(program, limits, (*_warm(), *warm), lines))
            ours.pop_all()
        return data, status

    def stop(self) -> None:
        """End it; what it has forked ends by itself when its lines are closed."""
        with self._lock:
            self._forget()

    def _send(self, order: Order) -> None:
        try:
            send_order(self._started(), order)
        except OSError:  # it has been killed
            self._forget()
            try:
                send_order(self._started(), order)
            except OSError as error:
                raise IsolationError("The process for isolated code cannot be started.") from error

    def _started(self) -> socket.socket:
        if self._control is not None and self._owner == os.getpid():
            return self._control
        control, servers = socket.socketpair()
        with servers:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter
                    [sys.executable, "-P", "-c", _START, str(_ROOT), str(servers.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=[servers.fileno()],
                    env=dict(environment()),
                    cwd=tempfile.gettempdir(),
                    start_new_session=True,
                )
            except OSError as error:
                control.close()
                raise IsolationError(f"The process for isolated code cannot be started: {error}") from error
        self._control, self._owner = control, os.getpid()
        return control

    def _forget(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
        self._control = self._process = None


def _warm() -> tuple[str, ...]:
    return tuple(name for name in WARM if name in sys.modules)
