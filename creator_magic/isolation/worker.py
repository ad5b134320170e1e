"""The process in which the cells run: a namespace of its own, the variables it was given, and limits."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import pickle
import resource
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from creator_magic.feedback import error_output
from creator_magic.isolation import frames
from creator_magic.isolation.carrying import LoadingError, load
from creator_magic.isolation.own_process import only_its_own
from creator_magic.isolation.process_tree import address_space, die_with_parent
from creator_magic.isolation.supervisor import READY
from creator_magic.kernel.interruption import Interruption
from creator_magic.kernel.outcome import filename_of, outcome
from creator_magic.kernel.outputs import Outputs
from creator_magic.ports import Failure

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.isolation.limits import IsolationLimits
    from creator_magic.isolation.orders import Job
    from creator_magic.ports import Output

_MEBIBYTE = 1 << 20
_RESERVE = 64 * _MEBIBYTE
"""Kept back from the code, to tell of it."""

_PAUSE = 0.1
_INLINE = "module://matplotlib_inline.backend_inline"


def work(
    shell: InteractiveShell, line: socket.socket, limits: IsolationLimits, ready: int, stack: IO[bytes]
) -> None:
    """Be the worker of one execution.

    Parameters
    ----------
    shell : InteractiveShell
        Fresh; what is run finds its namespace.
    line : socket
        Where the job comes from, and what it comes to goes.
    limits : IsolationLimits
        Enforced from inside, as far as that goes.
    ready : int
        Where the supervisor is told that time begins.
    stack : file
        Takes the stack if the process crashes.
    """
    die_with_parent(os.getppid())
    frames.send(line, frames.BEGUN, json.dumps([os.getppid(), os.getpid()]).encode())
    _first_to_go_where_memory_ends()
    _without_a_terminal()
    _, (told, stream, *buffers) = frames.receive(line)
    job: Job = pickle.loads(told)  # noqa: S301 - from the process that started ours
    try:
        _surround(job)
        with shell.builtin_trap:
            load(job.names, bytes(stream), buffers, shell.user_ns)
            _limit(limits)
            faulthandler.enable(stack, all_threads=False)
            os.write(ready, READY)
            run = _Run(shell, line, limits, job)
            try:
                run.run()
            except MemoryError as error:
                _free_reserve(error)
                run.give_up_for_memory()
    except LoadingError as error:
        lost = error.uncarried
        failure = Failure("isolation", "NotCarried", f"`{lost.name}`: {lost.reason}", job.cells[0].key)
        frames.send(line, frames.DONE, _told([(0, [error_output(failure)])], failure, 0.0, ""), b"")


class _Run:
    def __init__(
        self, shell: InteractiveShell, line: socket.socket, limits: IsolationLimits, job: Job
    ) -> None:
        self.shell = shell
        self.line = line
        self.limits = limits
        self.job = job
        self._process = os.getpid()
        self._leave = os._exit
        self._grown = 0.0
        self._number = 0

    def run(self) -> None:
        """Run the cells, and tell what they came to."""
        began = time.monotonic()
        files = {filename_of(cell): cell.key for cell in self.job.cells}
        runs: list[tuple[int, tuple[Output, ...]]] = []
        answer: Any = None
        failure: Failure | None = None
        with only_its_own(), Interruption(self.limits.timeout) as interruption:
            for number, cell in enumerate(self.job.cells):
                self._number = number
                outputs = Outputs(lambda now, number=number: self._grow(number, now))  # type: ignore[misc]
                self._tell_growth(number, outputs.now)
                answer, failure = outcome(
                    cell,
                    outputs,
                    files,
                    interruption,
                    namespace=self.shell.user_ns,
                    shell=self.shell,
                    count=None,
                    on_error=_free_reserve,
                )
                shown = outputs.now()
                if failure is not None and failure.name in ("MemoryError", "_ArrayMemoryError"):
                    failure = replace(failure, kind="memory", message=_too_much(failure.message, self.limits))
                    shown = (*shown[:-1], error_output(failure))
                runs.append((number, shown))
                if failure is not None:
                    break
        seconds = time.monotonic() - began
        pickled, kind = _pickled(answer, self.limits) if failure is None else (b"", "")
        self._tell(frames.DONE, _told(runs, failure, seconds, kind), pickled)

    def give_up_for_memory(self) -> None:
        """Tell that what the code left does not even allow to tell more."""
        said = _too_much("", self.limits)
        failure = Failure("memory", "MemoryError", said, self.job.cells[self._number].key)
        before: list[Any] = [[] for _ in range(self._number)]
        runs = list(enumerate([*before, [error_output(failure)]]))
        self._tell(frames.DONE, _told(runs, failure, 0.0, ""), b"")

    def _grow(self, number: int, outputs: Callable[[], tuple[Output, ...]]) -> None:
        # A message for each print would cost more than the printing.
        if time.monotonic() - self._grown >= _PAUSE:
            self._tell_growth(number, outputs)
            self._grown = time.monotonic()

    def _tell_growth(self, number: int, outputs: Callable[[], tuple[Output, ...]]) -> None:
        self._tell(frames.GROWTH, json.dumps([number, outputs()]).encode())

    def _tell(self, kind: bytes, *parts: bytes) -> None:
        if os.getpid() != self._process:
            self._leave(0)  # the code has forked, and this is not who is listened to
        frames.send(self.line, kind, *parts)


def _told(runs: list[Any], failure: Failure | None, seconds: float, answer: str) -> bytes:
    """Put into JSON what an execution came to: whoever reads it must not trust us."""
    said = asdict(failure) if failure is not None else None
    return json.dumps({"runs": runs, "failure": said, "seconds": seconds, "answer": answer}).encode()


def _pickled(answer: Any, limits: IsolationLimits) -> tuple[bytes, str]:
    """Return the answer as a pickle, empty if it has none, and the name of its type."""
    kind = type(answer).__qualname__
    try:
        pickled = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except BaseException:  # noqa: BLE001 - whatever the answer's own code raises
        return b"", kind
    room = limits.carried * _MEBIBYTE or sys.maxsize
    return (pickled if len(pickled) <= room else b""), kind


def _too_much(message: str, limits: IsolationLimits) -> str:
    asked = f"more than the {limits.memory:,} MiB that it may take" if limits.memory else "too much memory"
    return f"it asked for {asked}{f': {message}' if message else ''}"


def _surround(job: Job) -> None:
    """Make this process look like the one that the variables come from, as far as code can tell."""
    os.environ.clear()
    os.environ.update(job.environment)
    # There is no front end here; figures become outputs.
    os.environ["MPLBACKEND"] = _INLINE
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].rcParams["backend"] = _INLINE
    sys.path[:] = job.path
    sys.argv[:] = [""]
    with contextlib.suppress(OSError):  # it may have been removed, which the code finds out as in a notebook
        os.chdir(job.folder)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # or every fork would draw the same numbers


def _limit(limits: IsolationLimits) -> None:
    """Let the system refuse what the code may not have; the supervisor ends what gets around it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    space = address_space()
    if limits.memory and space is not None:
        _lower(resource.RLIMIT_AS, space + limits.memory * _MEBIBYTE, reserve=_RESERVE)
    if limits.timeout is not None:
        # Threads share it; the wall time is the supervisor's, this one holds if the supervisor is gone.
        _lower(resource.RLIMIT_CPU, int(limits.timeout + 10) * (os.cpu_count() or 1))


def _free_reserve(error: BaseException) -> None:
    if isinstance(error, MemoryError):
        with contextlib.suppress(ValueError, OSError):
            most = resource.getrlimit(resource.RLIMIT_AS)[1]
            resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _lower(what: int, limit: int, reserve: int = 0) -> None:
    _, most = resource.getrlimit(what)
    if most != resource.RLIM_INFINITY:
        limit, reserve = min(limit, most), 0
    resource.setrlimit(what, (limit, limit + reserve))


def _first_to_go_where_memory_ends() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def _without_a_terminal() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
