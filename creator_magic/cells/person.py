"""The person at the notebook, who can be asked, if one is there and no other cell waits.

A question in the middle of Run All would hold up what the person started and left. A front end that
sends the requests of several cells at once is seen by those that wait, and by when they were sent; one
that sends a cell when the one before has ended (VS Code) is not.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from creator_magic.cells.request import current_request
from creator_magic.policy.person import CannotAskError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

_YES = frozenset({"y", "yes"})
_DISPATCHERS = frozenset({"shell_main", "run_in_context"})
"""What ipykernel calls the coroutines that bring a request to its handler, one within the other."""


class PersonAtShell:
    """Asks whoever sits before a shell.

    Parameters
    ----------
    shell : InteractiveShell or None
        The shell; None for a plain Python program.
    behind : callable
        Returns by how much the clock of whoever sends requests is behind this one.
    """

    def __init__(self, shell: InteractiveShell | None, behind: Callable[[], timedelta]) -> None:
        self._shell = shell
        self._behind = behind
        self._ended: datetime | None = None
        self._waited = False

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
        sent = current_request(self._shell).sent
        self._waited = sent is not None and self._ended is not None and sent + self._behind() < self._ended

    def _after_cell(self, result: ExecutionResult) -> None:  # noqa: ARG002 - IPython's signature
        self._ended = datetime.now(UTC)

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
        elif self.runs_many:
            raise CannotAskError("other cells were sent to run with this one")

    @property
    def runs_many(self) -> bool:
        """Whether the cell that runs was sent together with others, as in Run All."""
        return self._kernel is not None and (self._waited or requests_wait(self._kernel))

    def agrees(self, question: str) -> bool:
        """Ask a question of yes or no; see `creator_magic.policy.person.Person`."""
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
    kernel : ipykernel.kernelbase.Kernel
        The kernel. Where it keeps its queue depends on its version; where that is unknown, nothing
        waits as far as anybody can tell.
    """
    if threading.current_thread() is not threading.main_thread():
        # A subshell, which has a queue of its own.
        return False
    import zmq

    thread = getattr(kernel, "shell_channel_thread", None)
    pair = getattr(getattr(thread, "manager", None), "_shell_channel_to_main", None)
    stream = kernel.shell_stream if thread is None else getattr(pair, "to_stream", None)
    if stream is not None:
        # Has the kernel take what has arrived into its queue. To only look at the socket would make it
        # miss that there is something to take.
        stream.flush(zmq.POLLIN)
    queue = getattr(kernel, "msg_queue", None)
    if queue is not None:
        return bool(queue.qsize() > 0)
    loop = asyncio._get_running_loop()  # noqa: SLF001 - None, not an error, where there is none
    names = [getattr(task.get_coro(), "__name__", "") for task in asyncio.all_tasks(loop)] if loop else []
    return any(names.count(name) > 1 for name in _DISPATCHERS)
