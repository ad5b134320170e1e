"""The process that forks a supervisor for each execution, and does nothing else.

It has one thread and runs no code but ours, so that forking it is safe. IPython is imported and a shell
made once; so is what `WARM` lists, when an execution's variables or code may need it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
import warnings
from typing import IO, TYPE_CHECKING, Any

from creator_magic.isolation.limits import IsolationLimits
from creator_magic.isolation.supervisor import supervise
from creator_magic.isolation.worker import work

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

WARM = ("numpy", "pandas", "scipy", "sympy", "matplotlib", "matplotlib.pyplot")
"""Libraries that are slow to import and safe to fork once imported; all others a worker imports itself."""

_LENGTH = struct.Struct("!I")
_TICK = 1.0


def send_order(control: socket.socket, limits: dict[str, Any], warm: list[str], lines: list[int]) -> None:
    """Ask the server at the other end of `control` for an execution.

    Parameters
    ----------
    control : socket
        The line to the server.
    limits : dict
        The fields of `IsolationLimits`.
    warm : list of str
        What of `WARM` to import beforehand.
    lines : list of int
        Two open file descriptors: the worker's end of its line, and the supervisor's of its own.
    """
    order = json.dumps({"limits": limits, "warm": warm}).encode()
    socket.send_fds(control, [_LENGTH.pack(len(order))], lines)
    control.sendall(order)


def serve(control_fd: int) -> None:
    """Fork a supervisor for each order, until the process that started this one is gone.

    Parameters
    ----------
    control_fd : int
        An inherited socket, over which orders come.
    """
    # An interrupt in a terminal is for the process that waits for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    above = os.getppid()
    control = socket.socket(fileno=control_fd)
    shell = _shell()
    _keep_out_of_collection()
    while os.getppid() == above:
        if not select.select([control], [], [], _TICK)[0]:
            continue
        order = _order(control)
        if order is None:
            return
        limits, warm, (data_fd, status_fd) = order
        _import(warm)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # newer Pythons warn of threads, such as those of a BLAS
            forked = os.fork()
        if not forked:
            control.close()
            _run(shell, limits, data_fd, status_fd)
        os.close(data_fd)
        os.close(status_fd)


def _order(control: socket.socket) -> tuple[IsolationLimits, list[str], list[int]] | None:
    head, lines, _, _ = socket.recv_fds(control, _LENGTH.size, 2)
    if len(head) < _LENGTH.size or len(lines) != 2:  # noqa: PLR2004 - a worker's and a supervisor's
        return None
    (length,) = _LENGTH.unpack(head)
    order = json.loads(control.recv(length, socket.MSG_WAITALL))
    return IsolationLimits(**order["limits"]), order["warm"], lines


def _run(shell: InteractiveShell, limits: IsolationLimits, data_fd: int, status_fd: int) -> None:
    """Be a supervisor, and end as one."""
    try:
        data = socket.socket(fileno=data_fd)

        def in_worker(ready: int, stack: IO[bytes]) -> None:
            work(shell, data, limits, ready, stack)

        supervise(socket.socket(fileno=status_fd), data, limits, in_worker)
    finally:
        os._exit(0)


def _shell() -> InteractiveShell:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    quiet = Config()
    # No history: it would be the person's own file, and a thread.
    quiet.HistoryManager.enabled = False
    quiet.HistoryManager.hist_file = ":memory:"
    quiet.InteractiveShell.colors = "NoColor"
    return InteractiveShell.instance(config=quiet)


def _import(names: list[str]) -> None:
    missing = [name for name in names if name in WARM and name not in sys.modules]
    for name in missing:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if missing:
        _keep_out_of_collection()


def _keep_out_of_collection() -> None:
    """Let no collection in a fork touch what is shared, since what is touched is copied."""
    gc.collect()
    gc.freeze()
