"""The process that forks a supervisor for each execution, and does nothing else.

It runs no code but ours and keeps to one thread, so that forking it is safe. What executions need is
imported once: for cells IPython, with a shell; for calls what they name of this package; and what of `WARM`
the process that asks has imported itself.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
import warnings
from typing import IO, TYPE_CHECKING

from creator_magic.isolation.call_worker import run_call
from creator_magic.isolation.frames import readable
from creator_magic.isolation.orders import receive_order
from creator_magic.isolation.supervisor import supervise
from creator_magic.isolation.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from creator_magic.isolation.limits import IsolationLimits
    from creator_magic.isolation.orders import Order, Program

_TICK = 1.0


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
    programs: dict[Program, Callable[[Worker], None]] = {"call": run_call}
    _keep_out_of_collection()
    while os.getppid() == above:
        if not readable([control], _TICK):
            continue
        order = receive_order(control)
        if order is None:
            return
        _make_ready(order, programs)
        if order.lines is None:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # newer Pythons warn of threads, such as those of a BLAS
            forked = os.fork()
        if not forked:
            control.close()
            _be_supervisor(programs[order.program], order.limits, *order.lines)
        for line in order.lines:
            os.close(line)


def _be_supervisor(
    program: Callable[[Worker], None], limits: IsolationLimits, data_fd: int, status_fd: int
) -> None:
    """Be a supervisor, and end as one."""
    try:
        data = socket.socket(fileno=data_fd)

        def in_worker(ready: int, stack: IO[bytes]) -> None:
            program(Worker(data, limits, ready, stack))

        supervise(socket.socket(fileno=status_fd), data, limits, in_worker)
    finally:
        os._exit(0)


def _make_ready(order: Order, programs: dict[Program, Callable[[Worker], None]]) -> None:
    """Import what the order needs, if that has not been done."""
    known = len(sys.modules)
    if order.program not in programs:
        from creator_magic.isolation.cell_worker import prepared

        programs["cells"] = prepared()
    for name in order.warm:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if len(sys.modules) > known:
        _keep_out_of_collection()


def _keep_out_of_collection() -> None:
    """Let no collection in a fork touch what is shared, since what is touched is copied."""
    gc.collect()
    gc.freeze()
