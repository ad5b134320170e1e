"""What goes on after the code has ended: timers and tasks are cancelled, the rest is named."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.process_state.contents import Contents
from creator_magic.kernel.process_state.interpreter import bindings
from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from creator_magic.kernel.process_state.saver import Restore

_A_MOMENT = 0.05
"""Seconds that all threads together get to end."""


@saver("`threading.Timer`s that wait are cancelled; other threads that go on are named")
def threads() -> Restore:
    """Save which threads there are."""
    before = set(threading.enumerate())

    def restore() -> Iterable[str]:
        new = [each for each in threading.enumerate() if each not in before and not _ours(each)]
        for thread in new:
            if isinstance(thread, threading.Timer):
                thread.cancel()
        for thread in new:
            with contextlib.suppress(Exception):
                # One that Python did not start cannot be waited for.
                thread.join(_A_MOMENT / len(new))
            if thread.is_alive():
                yield f"a thread that the code started goes on: {thread.name}"

    return restore


def _ours(thread: threading.Thread) -> bool:
    return thread.name.startswith("creator-magic") or thread is threading.current_thread()


@saver("`asyncio` tasks on the kernel's event loop are cancelled", needs="asyncio")
def tasks() -> Restore:
    """Save which tasks the running loop has."""
    import asyncio

    loop = asyncio._get_running_loop()  # noqa: SLF001 - documented for event loops, which this is about
    before = asyncio.all_tasks(loop) if loop is not None else set()

    def restore() -> None:
        if loop is not None:
            for task in asyncio.all_tasks(loop) - before:
                # It has not begun, since the loop waits for this cell, and now never will.
                task.cancel()

    return restore


@saver("`asyncio`'s event loop policy and current loop", needs="asyncio.events")
def current_loop() -> Restore:
    """Save what `set_event_loop_policy` and `set_event_loop` set."""
    events: Any = sys.modules["asyncio.events"]
    policy = bindings([(events, "_event_loop_policy")])
    # There is no public way to ask that makes no loop where there is none.
    own = getattr(getattr(events, "_event_loop_policy", None), "_local", None)
    loop = Contents([vars(own)] if own is not None else [])

    def restore() -> None:
        policy()
        loop()

    return restore


@saver("child processes that go on are named")
def processes() -> Restore:
    """Save which processes there are."""
    began, before = time.time(), _numbers()

    def restore() -> Iterable[str]:
        # Only now: loading it takes longer than everything else here.
        import psutil

        tracker = getattr(sys.modules.get("multiprocessing.resource_tracker"), "_resource_tracker", None)
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                older = str(child.pid) in before if before else child.create_time() < began
                ended = child.status() == psutil.STATUS_ZOMBIE
                if not older and not ended and child.pid != getattr(tracker, "_pid", None):
                    yield f"a process that the code started goes on: {child.name()}, number {child.pid}"

    return restore


def _numbers() -> frozenset[str]:
    """Return the numbers of all processes, where the system tells at once; Linux knows no exact times."""
    try:
        return frozenset(os.listdir("/proc"))  # noqa: PTH208 - a path for each would take ten times as long
    except OSError:
        return frozenset()
