"""The process that kernels of tests are forked from: a program of its own, which imports no test.

    python tests/kernel_nursery.py FD

leaves a process that reads from the socket FD a line for each kernel, and tells the number of its
process; see `tests.warm_kernels`.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Any

MODULES = (
    "openai.resources.chat.completions",
    "creator_magic.magics",
    "creator_magic.magic_cell",
    "creator_magic.session",
    "creator_magic.solver",
    "creator_magic.policy.analysis",
    "creator_magic.kernel.live",
    "creator_magic.cells.notebook",
    "creator_magic.model.endpoint",
    "creator_magic.toolbox.places",
    "creator_magic.toolbox.reuse",
)


def serve(connection: socket.socket) -> None:
    """Fork a kernel for each line that comes; end with the process that asks."""
    sys.path[:] = sys.path[1:]  # the folder of this file, which no kernel has
    app: Any = importlib.import_module("ipykernel.kernelapp")
    # A kernel changes `pdb` before anybody imports `doctest`, which derives from what it finds there.
    app.IPKernelApp.init_pdb(None)
    for name in MODULES:
        importlib.import_module(name)
    # What is imported outlives every kernel: collecting garbage, at their end too, need not go through it.
    gc.collect()
    gc.freeze()
    # Kernels that have ended are not waited for here.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with connection, connection.makefile("rw") as lines:
        for line in lines:
            wanted = json.loads(line)
            pid = os.fork()
            if not pid:
                break
            print(pid, file=lines, flush=True)
        else:
            return
    parent = os.getppid()
    os.setsid()
    os.chdir(wanted["cwd"])
    os.environ.clear()
    os.environ.update(wanted["env"], JPY_PARENT_PID=str(parent))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # What it has from the environment otherwise was read when it was imported.
    sys.argv = [*wanted["command"], f"--IPKernelApp.parent_handle={parent}"]
    app.launch_new_instance()


if __name__ == "__main__" and not os.fork():
    serve(socket.socket(fileno=int(sys.argv[1])))
