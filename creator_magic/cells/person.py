"""The person at the notebook, who can be asked, if one is there and no other cell waits.

A question in the middle of Run All would hold up what the person started and left. A front end that
sends the requests of several cells at once is seen by those that wait; one that sends a cell when the
one before has ended (VS Code) is not.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from creator_magic.policy.gate import CannotAskError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

_YES = frozenset({"y", "yes"})


class PersonAtShell:
    """Asks whoever sits before a shell.

    Parameters
    ----------
    shell : InteractiveShell or None
        The shell; None for a plain Python program.
    """

    def __init__(self, shell: InteractiveShell | None) -> None:
        self._shell = shell
        self._others_follow = False
        self._came_with_others = False

    def install(self) -> None:
        """Begin to watch which cells come together."""
        if self._shell is not None:
            self._shell.events.register("pre_run_cell", self._before_cell)
            self._shell.events.register("post_run_cell", self._after_cell)

    def uninstall(self) -> None:
        """Undo `install`."""
        if self._shell is not None:
            self._shell.events.unregister("pre_run_cell", self._before_cell)
            self._shell.events.unregister("post_run_cell", self._after_cell)

    def _before_cell(self, info: ExecutionInfo) -> None:  # noqa: ARG002 - IPython's signature
        self._came_with_others, self._others_follow = self._others_follow, False

    def _after_cell(self, result: ExecutionResult) -> None:  # noqa: ARG002 - IPython's signature
        self._others_follow = requests_wait(self._kernel)

    @property
    def _kernel(self) -> Any:
        return getattr(self._shell, "kernel", None)

    def check(self) -> None:
        """Raise if nobody can be asked now.

        Raises
        ------
        CannotAskError
            With the reason.
        """
        if self._kernel is None:
            if sys.stdin is None or not sys.stdin.isatty():
                raise CannotAskError("this program has no terminal to ask at")
        elif not self._kernel._allow_stdin:  # noqa: SLF001 - ipykernel says it nowhere else
            raise CannotAskError("this notebook runs without input")
        elif self._came_with_others or requests_wait(self._kernel):
            raise CannotAskError("other cells were sent to run with this one")

    def agrees(self, question: str) -> bool:
        """Ask a question of yes or no; see `creator_magic.policy.gate.Person`."""
        self.check()
        try:
            answer = input(question) if self._kernel is None else self._kernel.raw_input(question)
        except EOFError:
            answer = ""
        return answer.strip().lower() in _YES


def requests_wait(kernel: Any) -> bool:
    """Tell whether requests of a front end wait behind the one that is being executed.

    Parameters
    ----------
    kernel : ipykernel.kernelbase.Kernel or None
        The kernel; None outside one. Where it keeps its queue depends on its version; where that is
        unknown, nothing waits.
    """
    if kernel is None:
        return False
    import zmq

    thread = getattr(kernel, "shell_channel_thread", None)
    if thread is not None:
        pair = getattr(thread.manager, "_shell_channel_to_main", None)
        socket = getattr(pair, "to_socket", None)
        taken = _dispatches() > 1
    else:
        queue = getattr(kernel, "msg_queue", None)
        socket = getattr(getattr(kernel, "shell_stream", None), "socket", None)
        taken = queue is not None and queue.qsize() > 0
    return taken or (socket is not None and bool(socket.getsockopt(zmq.EVENTS) & zmq.POLLIN))


def _dispatches() -> int:
    """Return how many requests ipykernel has taken from its queue, that at work included."""
    loop = asyncio._get_running_loop()  # noqa: SLF001 - None, not an error, where there is none
    tasks = asyncio.all_tasks(loop) if loop is not None else ()
    return sum(getattr(task.get_coro(), "__name__", "") == "shell_main" for task in tasks)
