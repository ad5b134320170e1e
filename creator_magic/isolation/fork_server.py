"""The process that forks a supervisor for each execution, and does nothing else.

It runs no code but ours and keeps to one thread, so that forking it is safe. IPython is imported and a
shell made once; so is what of `WARM` the process that asks has imported itself.
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
from multiprocessing.connection import wait
from typing import IO, TYPE_CHECKING

from creator_magic.isolation.orders import receive_order
from creator_magic.isolation.supervisor import supervise
from creator_magic.isolation.worker import work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.isolation.orders import Order

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
    shell = _shell()
    _keep_out_of_collection()
    while os.getppid() == above:
        if not wait([control], _TICK):
            continue
        order = receive_order(control)
        if order is None:
            return
        _import(order.warm)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # newer Pythons warn of threads, such as those of a BLAS
            forked = os.fork()
        if not forked:
            control.close()
            _be_supervisor(shell, order)
        os.close(order.data)
        os.close(order.status)


def _be_supervisor(shell: InteractiveShell, order: Order) -> None:
    """Be a supervisor, and end as one."""
    try:
        data = socket.socket(fileno=order.data)

        def in_worker(ready: int, stack: IO[bytes]) -> None:
            work(shell, data, order.limits, ready, stack)

        supervise(socket.socket(fileno=order.status), data, order.limits, in_worker)
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


def _import(names: Sequence[str]) -> None:
    missing = [name for name in names if name not in sys.modules]
    for name in missing:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if missing:
        _keep_out_of_collection()


def _keep_out_of_collection() -> None:
    """Let no collection in a fork touch what is shared, since what is touched is copied."""
    gc.collect()
    gc.freeze()
