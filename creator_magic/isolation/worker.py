"""The process in which somebody's code runs: surroundings it was given, limits, and a line home."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import pickle
import resource
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from creator_magic.isolation import frames
from creator_magic.isolation.process_tree import address_space, die_with_parent
from creator_magic.isolation.supervisor import READY

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from creator_magic.isolation.limits import IsolationLimits
    from creator_magic.isolation.surroundings import Surroundings

MEBIBYTE = 1 << 20
_RESERVE = 64 * MEBIBYTE
"""Kept back from the code, to tell of it."""


@dataclass(slots=True)
class Worker:
    """The worker of one execution, which is this process.

    Parameters
    ----------
    line : socket
        Where the job comes from, and what it comes to goes.
    limits : IsolationLimits
        Enforced from inside, as far as that goes.
    ready : int
        Where the supervisor is told that time begins.
    stack : file
        Takes the stack if the process crashes.
    """

    line: socket.socket
    limits: IsolationLimits
    ready: int
    stack: IO[bytes]
    _process: int = field(default_factory=os.getpid)

    def prepare(self) -> Sequence[bytearray]:
        """Take up the job: enter its surroundings, and return what else was sent of it."""
        die_with_parent(os.getppid())
        self.tell(frames.BEGUN, json.dumps([os.getppid(), os.getpid()]).encode())
        _first_to_go_where_memory_ends()
        _without_a_terminal()
        _, (around, *job) = frames.receive(self.line)
        surroundings: Surroundings = pickle.loads(around)  # noqa: S301 - from the process that started ours
        surroundings.enter()
        if "numpy.random" in sys.modules:
            sys.modules["numpy.random"].seed()  # or every fork would draw the same numbers
        return job

    def begin(self) -> None:
        """Hold what follows to the limits; its time begins."""
        _limit(self.limits)
        faulthandler.enable(self.stack, all_threads=False)
        os.write(self.ready, READY)

    def tell(self, kind: bytes, *parts: bytes) -> None:
        """Send a message to whoever asked."""
        if os.getpid() != self._process:
            _leave(0)  # the code has forked, and this is not who is listened to
        frames.send(self.line, kind, *parts)


_leave = os._exit  # before any code could put something in its place


def free_reserve(error: BaseException) -> None:
    """Let there be memory to tell of it, if memory is what ended the code."""
    if isinstance(error, MemoryError):
        with contextlib.suppress(ValueError, OSError):
            most = resource.getrlimit(resource.RLIMIT_AS)[1]
            resource.setrlimit(resource.RLIMIT_AS, (most, most))


def too_much(message: str, limits: IsolationLimits) -> str:
    """Say that code asked for more memory than there is for it.

    Parameters
    ----------
    message : str
        What was said of it; may be empty.
    limits : IsolationLimits
        What it is held to.
    """
    asked = f"more than the {limits.memory:,} MiB that it may take" if limits.memory else "too much memory"
    return f"it asked for {asked}{f': {message}' if message else ''}"


def _limit(limits: IsolationLimits) -> None:
    """Let the system refuse what the code may not have; the supervisor ends what gets around it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    space = address_space()
    if limits.memory and space is not None:
        _lower(resource.RLIMIT_AS, space + limits.memory * MEBIBYTE, reserve=_RESERVE)
    if limits.timeout is not None:
        # Threads share it; the wall time is the supervisor's, this one holds if the supervisor is gone.
        _lower(resource.RLIMIT_CPU, int(limits.timeout + 10) * (os.cpu_count() or 1))


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
