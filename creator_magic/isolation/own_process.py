"""While code runs in a worker: it may signal what it started itself, and nothing else of the person's.

A guard against accidents, such as a tool that ends "all processes" or its parent, the notebook server.
Whoever wants to get around it can.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from creator_magic.isolation.process_tree import descendants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def only_its_own() -> Iterator[None]:
    """Refuse, inside the `with`, signals to processes that this one did not start."""
    worker, kill, killpg = os.getpid(), os.kill, os.killpg

    def refuse_others(process: int, act: Callable[[], None]) -> None:
        # `0` is the own group, which is this process's; other negative numbers are groups, or everybody.
        if process not in (0, worker) and process not in set(descendants(worker)):
            message = f"in isolation, code may not signal process {process}, which it did not start"
            raise PermissionError(message)
        act()

    def guarded_kill(process: int, number: int, /) -> None:
        refuse_others(abs(process) if process < -1 else process, lambda: kill(process, number))

    def guarded_killpg(group: int, number: int, /) -> None:
        refuse_others(group, lambda: killpg(group, number))

    os.kill, os.killpg = guarded_kill, guarded_killpg
    try:
        yield
    finally:
        os.kill, os.killpg = kill, killpg
