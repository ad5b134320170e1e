"""Kernels that start at once: each is forked from a process that has imported what kernels come to import.

Starting Python and importing ipykernel, the extension and the client of a model takes more than a second
of a processor, and hundreds of tests have a kernel of their own. That process has imported modules and
done nothing else: no loop, no socket of a kernel, no extension loaded. What a test says of imports, it
must say of a kernel that is started as ever (`LiveNotebook(cold=True)`).
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

MODULES = (
    "ipykernel.kernelapp",
    "openai.resources.chat.completions",
    "creator_magic.magics",
    "creator_magic.magic_cell",
    "creator_magic.session",
    "creator_magic.solver",
    "creator_magic.policy",
    "creator_magic.kernel.live",
    "creator_magic.cells.notebook",
    "creator_magic.model.endpoint",
    "creator_magic.toolbox.places",
    "creator_magic.toolbox.reuse",
)
_HERE = __name__ == "__main__"

if TYPE_CHECKING or not _HERE:
    from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_client.manager import KernelManager


def warm_up(manager: KernelManager, env: Mapping[str, str]) -> None:
    """Let a manager's kernel be forked, where this system can and its Python is to be as this one.

    Parameters
    ----------
    manager : KernelManager
        Whose kernel is not started yet.
    env : mapping of str to str
        The environment that the kernel will have.
    """
    of_python = {name for name in (*env, *os.environ) if name.startswith("PYTHON")}
    if not hasattr(os, "pidfd_open") or any(env.get(name) != os.environ.get(name) for name in of_python):
        return
    entry = EntryPoint("warm", f"{__name__}:WarmProvisioner", KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.instance().provisioners["warm"] = entry
    assert manager.kernel_spec is not None
    manager.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": "warm"}


def serve(connection: socket.socket) -> None:
    """Fork a kernel for each line that comes; end with the process that asks."""
    sys.path[:] = sys.path[1:]  # the folder of this file, which no kernel has
    for name in MODULES:
        importlib.import_module(name)
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
    app: Any = importlib.import_module("ipykernel.kernelapp")
    app.launch_new_instance()


class ForkedProcess:
    """A process that another one forked, with as much of `subprocess.Popen` as a provisioner needs."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._ends: int | None = os.pidfd_open(pid)
        except ProcessLookupError:
            self._ends = None

    def poll(self) -> int | None:
        """Return 0 if it has ended, however it did, else None."""
        if self._ends is not None and select.select([self._ends], [], [], 0)[0]:
            os.close(self._ends)
            self._ends = None
        return 0 if self._ends is None else None

    def wait(self) -> int:
        """Wait until it has ended."""
        if self._ends is not None:
            select.select([self._ends], [], [])
        return self.poll() or 0

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


class _Nursery:
    """The process that kernels are forked from."""

    def __init__(self, flags: Sequence[str]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            subprocess.Popen(
                [sys.executable, *flags, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._lines = ours.makefile("rw")

    def fork(self, command: Sequence[str], env: Mapping[str, str], cwd: str) -> ForkedProcess:
        """Fork a kernel."""
        print(json.dumps({"command": command, "env": dict(env), "cwd": cwd}), file=self._lines, flush=True)
        return ForkedProcess(int(self._lines.readline()))


@functools.cache
def _nursery(flags: tuple[str, ...]) -> _Nursery:
    return _Nursery(flags)


if TYPE_CHECKING or not _HERE:

    class WarmProvisioner(LocalProvisioner):
        """Has a kernel forked."""

        async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
            """Have it forked, to run what `cmd` would."""
            _, *flags, option, module, named, file = cmd
            assert (option, module, named) == ("-m", "ipykernel_launcher", "-f"), cmd
            process = _nursery(tuple(flags)).fork([module, named, file], kwargs["env"], kwargs["cwd"])
            self.process = process
            self.pid = self.pgid = process.pid
            return dict(self.connection_info)

        async def wait(self) -> int | None:
            """Wait until it has ended, and not until somebody looks whether it has."""
            if self.process is not None:
                self.process.wait()
                self.process = None
            return 0


if _HERE:
    serve(socket.socket(fileno=int(sys.argv[1])))
