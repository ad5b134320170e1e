"""Kernels that start at once: each is forked from a process that has imported what kernels come to import.

Starting Python and importing ipykernel, the extension and the client of a model takes more than a second
of a processor, and hundreds of tests have a kernel of their own. That process has imported modules and
done nothing else: no loop, no socket of a kernel, no extension loaded. What a test says of imports, it
must say of a kernel that is started as ever (`LiveNotebook(cold=True)`).
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import socket
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jupyter_client.connect import KernelConnectionInfo
    from jupyter_client.manager import KernelManager

NURSERY = Path(__file__).with_name("kernel_nursery.py")


def warm_provisioners() -> KernelProvisionerFactory:
    """Return what makes this process's kernels, which knows now how to have one forked: `warm`."""
    entry = EntryPoint("warm", f"{__name__}:WarmProvisioner", KernelProvisionerFactory.GROUP_NAME)
    factory = KernelProvisionerFactory.instance()
    factory.provisioners["warm"] = entry
    return factory


def can_fork() -> bool:
    """Tell whether this system can have kernels forked, and follow them."""
    return hasattr(os, "pidfd_open")


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
    if not can_fork() or any(env.get(name) != os.environ.get(name) for name in of_python):
        return
    warm_provisioners()
    assert manager.kernel_spec is not None
    manager.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": "warm"}


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
    """The process that kernels are forked from; it ends with this one."""

    def __init__(self, flags: Sequence[str]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # It leaves a process of its own behind: some tests look at the children of this one.
            subprocess.run(
                [sys.executable, *flags, str(NURSERY), str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                check=True,
            )
        with ours:
            self.lines = ours.makefile("rw")

    def fork(self, command: Sequence[str], env: Mapping[str, str], cwd: str) -> ForkedProcess:
        """Fork a kernel."""
        print(json.dumps({"command": command, "env": dict(env), "cwd": cwd}), file=self.lines, flush=True)
        return ForkedProcess(int(self.lines.readline()))


@functools.cache
def _nursery(flags: tuple[str, ...]) -> _Nursery:
    nursery = _Nursery(flags)
    atexit.register(nursery.lines.close)
    return nursery


class WarmProvisioner(LocalProvisioner):
    """Has a kernel forked."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Have it forked, to run what `cmd` would."""
        place = cmd.index("-m")
        flags, command = cmd[1:place], cmd[place + 1 :]
        assert command[:2] == ["ipykernel_launcher", "-f"], cmd
        process = _nursery(tuple(flags)).fork(command, kwargs["env"], kwargs["cwd"])
        self.process = process  # type: ignore[assignment]
        self.pid = self.pgid = process.pid
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait until it has ended, and not until somebody looks whether it has."""
        if self.process is not None:
            self.process.wait()
            self.process = None
        return 0
