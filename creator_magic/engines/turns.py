"""Turns: of the threads of a process one works, while others wait for a model or for code that runs.

Python does one thing at a time anyway, and what is done here is not made for threads: `ast.parse` fails now
and then if another thread parses too (CPython's issue 106905, "AST constructor recursion depth mismatch"),
and `warnings.catch_warnings` changes what all threads share. A unit must not come out otherwise since
another one was worked on beside it.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from creator_magic.toolbox.executor import SeparateProcess

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from creator_magic.toolbox.executor import Job, Report

turn = threading.Lock()
"""Held by who works."""


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_slots = threading.BoundedSemaphore(2 * _processors())
"""With many units in flight, each execution still finds a processor: its time limit is wall time."""


@contextmanager
def others_turn() -> Iterator[None]:
    """Let others work while this thread, whose turn it is, waits."""
    turn.release()
    try:
        yield
    finally:
        turn.acquire()


@contextmanager
def code_runs() -> Iterator[None]:
    """Let others work while code runs in a process of its own, as soon as there is room for it."""
    with others_turn(), _slots:
        yield


class SeparateProcessMeanwhile(SeparateProcess):
    """Runs the cases of tools, and lets others work meanwhile."""

    def run(self, jobs: Sequence[Job], timeout: float) -> Iterator[Report]:
        """Run each job; see `creator_magic.toolbox.executor.Executor.run`."""
        with others_turn():
            reports = list(super().run(jobs, timeout))
        yield from reports
